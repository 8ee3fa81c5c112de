timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        hooks: { success: required "sync" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
