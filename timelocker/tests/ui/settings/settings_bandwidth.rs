timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        settings: { bandwidth: "10 MiB" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
