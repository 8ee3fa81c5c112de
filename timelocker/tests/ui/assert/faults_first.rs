timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: ["*.tmp", "["],
        assert: { "a.tmp" => included, "a//b" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
