timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        retry: { deadline: "0s" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
