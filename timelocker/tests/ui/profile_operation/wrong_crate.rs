use timelocker::profile_operation;

#[profile_operation("read", crate = "timelocker")]
fn read() {}

fn main() {
    read();
}
