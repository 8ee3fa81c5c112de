timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        surprise: 3.0,
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
