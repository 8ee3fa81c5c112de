use timelocker::profile_operation;

#[profile_operation("", file = 3, errors = maybe)]
const fn read() {}

fn main() {
    read();
}
