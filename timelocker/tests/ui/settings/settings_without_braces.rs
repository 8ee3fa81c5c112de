timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        settings: 7,
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
