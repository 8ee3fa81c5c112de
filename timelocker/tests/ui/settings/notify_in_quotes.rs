timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        notify: { desktop: "yes" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
