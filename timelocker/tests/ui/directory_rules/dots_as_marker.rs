timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_if_present: [".."],
    }
}

fn main() {
    let _ = HOME.name();
}
