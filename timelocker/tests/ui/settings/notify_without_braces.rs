timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        notify: "https://hc-ping.com/1",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
