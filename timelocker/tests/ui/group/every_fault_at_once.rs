timelocker::pattern_group! {
    static MY_JUNK = ["*.tmp", "a//b"];
}

timelocker::backup_profile! {
    static HOME = {
        targets: ["~", "x"],
        exclude: [group MY_JUNK, "[", group media],
        tags: ["a,b"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
