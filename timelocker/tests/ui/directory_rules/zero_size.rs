timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_larger_than: "0",
    }
}

fn main() {
    let _ = HOME.name();
}
