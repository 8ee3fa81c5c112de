timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_larger_than: "large",
    }
}

fn main() {
    let _ = HOME.name();
}
