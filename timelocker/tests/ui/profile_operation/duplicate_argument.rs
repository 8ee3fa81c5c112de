use timelocker::profile_operation;

#[profile_operation("read", files = 1_u32, files = 2_u32)]
fn read() {}

fn main() {
    read();
}
