timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "a" => },
    }
}

fn main() {
    let _ = HOME.name();
}
