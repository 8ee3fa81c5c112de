timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        retry: { retries: 5, retries: 6 },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
