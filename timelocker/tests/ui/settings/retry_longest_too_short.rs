timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        retry: { pause: "2m", max_pause: "1m" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
