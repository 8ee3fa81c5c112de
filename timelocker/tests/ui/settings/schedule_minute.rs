timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        schedule: "hourly :60",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
