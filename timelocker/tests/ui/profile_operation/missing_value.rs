use timelocker::profile_operation;

#[profile_operation("read", files)]
fn read() {}

fn main() {
    read();
}
