timelocker::backup_profile! {
    static HOME = { targets: ["~"], ignore_files: [".gitignore", "config/ignore"] }
}

fn main() {}
