timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: ["*.tmp"],
        assert: {
            "a.tmp" => included,
            "b.tmp" => excluded,
            "a" => excluded,
        },
    }
}

fn main() {
    let _ = HOME.name();
}
