timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: ["build/"],
        assert: { "build" => excluded },
    }
}

fn main() {
    let _ = HOME.name();
}
