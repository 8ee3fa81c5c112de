timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        repository: "s3:https://s3.example/",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
