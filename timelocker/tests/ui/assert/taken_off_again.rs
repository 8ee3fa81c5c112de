timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: ["*.tmp", "!keep.tmp"],
        assert: { "keep.tmp" => excluded },
    }
}

fn main() {
    let _ = HOME.name();
}
