timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        repository: "$HOME/${XDG_DATA_HOME:-x}/backups",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
