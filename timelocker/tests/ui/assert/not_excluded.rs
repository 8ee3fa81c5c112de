timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: ["*.tmp"],
        assert: { "a.bak" => excluded },
    }
}

fn main() {
    let _ = HOME.name();
}
