timelocker::backup_profile! {
    pub static HOME = {
        targets: ["/a" => { exclude: ["target/"], assert: { "target/x" => included } }],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
