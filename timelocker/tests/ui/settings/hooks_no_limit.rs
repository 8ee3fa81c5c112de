timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        hooks: { before: "sync" within "0s" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
