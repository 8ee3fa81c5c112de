timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        retry: { retries: x, pause: "1x", jitter: 7 }, verify: "all", hooks: { before: ["", 7] }, schedule: "",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
