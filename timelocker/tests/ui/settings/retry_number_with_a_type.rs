timelocker::backup_profile! {
    pub static HOME = {
        targets: ["~"],
        retry: { factor: 2.0f32 },
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
