use timelocker::profile_operation;

#[profile_operation("read", name = "write")]
fn read() {}

fn main() {
    read();
}
