timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~/Documents"],
        keep_within: "7d1y",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
