timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        on_surprise: "warn", surprise: { slack: -1 },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
