timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "a": included },
    }
}

fn main() {
    let _ = HOME.name();
}
