timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_beside: ["target"],
    }
}

fn main() {
    let _ = HOME.name();
}
