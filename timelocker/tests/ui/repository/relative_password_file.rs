timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        password: file "password.txt",
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
