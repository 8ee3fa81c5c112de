use timelocker::profile_operation;

#[profile_operation("read")]
fn read() -> u32 {
    "three"
}

fn main() {
    read();
}
