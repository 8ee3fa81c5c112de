use timelocker::profile_operation;

#[profile_operation(files = 1_u32, "read")]
fn read() {}

fn main() {
    read();
}
