timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        include: ["*.odt"],
        assert: { "a.txt" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
