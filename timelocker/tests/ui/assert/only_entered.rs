timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        include: ["*.odt"],
        assert: { "Documents/" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
