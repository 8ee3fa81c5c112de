use timelocker::profile_operation;

#[profile_operation("x")]
const fn read() -> u32 {
    3
}

fn main() {
    read();
}
