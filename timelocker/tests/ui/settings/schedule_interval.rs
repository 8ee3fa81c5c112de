timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        schedule: "every 90s",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
