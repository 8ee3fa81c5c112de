timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        retry: { pause: "10 sec" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
