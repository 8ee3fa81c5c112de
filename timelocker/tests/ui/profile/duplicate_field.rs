timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~/Documents"],
        exclude: ["*.tmp"],
        exclude: ["*.bak"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
