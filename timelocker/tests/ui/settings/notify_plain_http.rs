timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        notify: { ping: "http://host/1" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
