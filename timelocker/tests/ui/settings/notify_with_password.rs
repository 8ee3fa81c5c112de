timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        notify: { webhook: "https://me:secret@host/hook" },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
