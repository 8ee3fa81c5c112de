use timelocker::profile_operation;

#[profile_operation("read", bytes = || 3_u32)]
fn read() {}

fn main() {
    read();
}
