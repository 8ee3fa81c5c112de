timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        notify: { mail: "ada@example.org" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
