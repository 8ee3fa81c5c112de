use timelocker::profile_operation;

#[profile_operation("read", sample = 0)]
fn read() {}

fn main() {
    read();
}
