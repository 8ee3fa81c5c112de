timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        ignore_files: ".gitignore",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
