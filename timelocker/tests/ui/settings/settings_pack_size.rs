timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        settings: { pack_size: "5 GiB" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
