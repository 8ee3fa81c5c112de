timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "a/../b" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
