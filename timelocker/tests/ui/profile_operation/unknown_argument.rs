use timelocker::profile_operation;

#[profile_operation("read", file = 3)]
fn read() {}

fn main() {
    read();
}
