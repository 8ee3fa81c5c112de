timelocker::backup_profile! {
    static BORG_PATTERNS = {
        targets: ["/"],
        include: restic [
            // Explicitly include everything in /home
            "/home",
            "/root",
            "/etc",
        ],
        exclude: [
            // Explicitly exclude some directories without recursing into them
            regex "^(dev|proc|run|sys|tmp)",
            restic "!/home",
            "/home/*/.cache",
            restic "!/root",
            restic "!/etc",
            "*.iso",
        ],
    }
}
