timelocker::backup_profile! {
    pub static HOME = {
        targets: ["/a" => { exclude: ["[a-"] }], exclude: ["*.tmp"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
