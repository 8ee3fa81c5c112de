timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "a" => include },
    }
}

fn main() {
    let _ = HOME.name();
}
