use timelocker::profile_operation;

#[profile_operation("read\nwrite")]
fn read() {}

fn main() {
    read();
}
