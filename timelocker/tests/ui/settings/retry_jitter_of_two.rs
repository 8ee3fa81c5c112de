timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        retry: { jitter: 2 },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
