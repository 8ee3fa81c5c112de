timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        verify: 5,
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
