timelocker::backup_profile! {
    pub static HOME = {
        targets: ["/b", "/a" => { exclude: ["!*.tmp"] }], exclude: ["*.tmp"], assert: { "x.tmp" => excluded },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
