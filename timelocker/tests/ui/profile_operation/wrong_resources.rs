use timelocker::profile_operation;

#[profile_operation("read", resources = memory)]
fn read() {}

fn main() {
    read();
}
