timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_larger_than: "1.5 GiB",
    }
}

fn main() {
    let _ = HOME.name();
}
