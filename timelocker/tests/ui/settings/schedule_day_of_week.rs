timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        schedule: "weekly mno 03:30",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
