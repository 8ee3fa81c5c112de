timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
