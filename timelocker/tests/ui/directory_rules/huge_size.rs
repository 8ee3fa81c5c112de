timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_larger_than: "16 EiB",
    }
}

fn main() {
    let _ = HOME.name();
}
