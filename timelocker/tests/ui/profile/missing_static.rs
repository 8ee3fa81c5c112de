timelocker::backup_profile! {
    pub HOMES = {
        targets: ["~/Documents"],
    }

    static HOME = {
        targets: ["/etc"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
