timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "a" => included "b" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
