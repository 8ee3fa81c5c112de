timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_if_present: [".nobackup", ".nobackup"],
    }
}

fn main() {
    let _ = HOME.name();
}
