use timelocker::profile_operation;

#[profile_operation("read", level = deep)]
fn read() {}

fn main() {
    read();
}
