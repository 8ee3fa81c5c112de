timelocker::backup_profile! {
    pub static HOME = {
        targets: ["/a" => { exclude: ["[", 7], tag: 1 }, "x" => { include: ["a//b"] }], exclude: ["]", "a//b"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
