timelocker::pattern_group! {
    pub static MY_JUNK = ["*.tmp", "[", "*.bak"];
}

fn main() {
    let _ = MY_JUNK.name();
    let _ = timelocker::patterns!["*.o", group MY_JUNK];
}
