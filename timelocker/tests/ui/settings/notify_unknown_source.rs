timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        notify: { ping: evn "PING_URL" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
