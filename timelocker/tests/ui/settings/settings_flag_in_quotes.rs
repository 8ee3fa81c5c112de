timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        settings: { verify_writes: "no", append_only: 1 },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
