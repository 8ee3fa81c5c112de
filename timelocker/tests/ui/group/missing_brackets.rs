timelocker::pattern_group! {
    static MY_JUNK = "*.tmp";
}

fn main() {
    let _ = MY_JUNK.name();
    let _ = timelocker::patterns!["*.o", group MY_JUNK];
}
