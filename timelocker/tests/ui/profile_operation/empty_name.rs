use timelocker::profile_operation;

#[profile_operation("  ")]
fn read() {}

fn main() {
    read();
}
