timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: [
            "build/",
            "!build/keep.txt",
        ],
    }
}

fn main() {}
