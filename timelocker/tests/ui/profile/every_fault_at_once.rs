timelocker::backup_profile! {
    /// Faults in each field.
    pub static HOME = {
        name: "",
        targets: ["src", "~", "~/"],
        exclude: ["[", r"x\"],
        include: ["a//b"],
        tags: ["a,b"],
        hosts: "nas",
    }

    static OTHER = {
        tag: ["x"],
    }
}

fn main() {
    // The static is there in spite of the fault.
    let _ = HOME.name();
}
