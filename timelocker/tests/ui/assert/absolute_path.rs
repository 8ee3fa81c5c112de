timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "/home/ada/a.tmp" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
