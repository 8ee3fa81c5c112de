timelocker::backup_profile! {
    pub static HOME = {
        targets: ["/a" => { exclude: ["*.o", "*.o"], deny: [duplicate] }, "/b"],
        exclude: ["*.tmp"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
