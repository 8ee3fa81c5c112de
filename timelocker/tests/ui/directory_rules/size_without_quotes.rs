timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_larger_than: 100,
    }
}

fn main() {
    let _ = HOME.name();
}
