timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        assert: { "~/a.tmp" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
