timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        exclude_if_present: ".nobackup",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
