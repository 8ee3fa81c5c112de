timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        schedule: "monthly 31 03:30",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
