use timelocker::profile_operation;

#[profile_operation("read", errors = false)]
fn read() {}

fn main() {
    read();
}
