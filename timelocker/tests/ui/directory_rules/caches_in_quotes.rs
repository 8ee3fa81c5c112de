timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_caches: "true",
    }
}

fn main() {
    let _ = HOME.name();
}
