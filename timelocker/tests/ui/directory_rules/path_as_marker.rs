timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_if_present: [".nobackup", "a/b"],
    }
}

fn main() {
    let _ = HOME.name();
}
