timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "a" => kept },
    }
}

fn main() {
    let _ = HOME.name();
}
