timelocker::backup_profile! {
    static HOME = {
        targets: ["~/Documents"],
    }

    static LAPTOP = {
        name: "home",
        targets: ["/etc"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
