timelocker::pattern_group! {
    static OTHER = ["*.bak"];
    static MY_JUNK = ["*.tmp", group OTHER];
}

fn main() {
    let _ = MY_JUNK.name();
    let _ = timelocker::patterns!["*.o", group MY_JUNK];
}
