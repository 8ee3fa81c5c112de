timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~/Documents"],
        on_surprise: "panic",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
