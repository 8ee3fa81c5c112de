use timelocker::profile_operation;

const NAME: &str = "read";

#[profile_operation(name = NAME)]
fn read() {}

fn main() {
    read();
}
