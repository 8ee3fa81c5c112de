use timelocker::profile_operation;

#[profile_operation("read", bytes = text)]
fn read(text: &str) -> usize {
    text.len()
}

fn main() {
    read("");
}
