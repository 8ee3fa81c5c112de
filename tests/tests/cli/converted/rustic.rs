timelocker::backup_profile! {
    static RUSTIC = {
        targets: ["/"],
        include: nocase [
            // of these only
            "*.txt",
            "/home/*/Documents/**",
        ],
        exclude: nocase [
            ".snapshots/*",
            "*.o",
            "*.obj",
            // of these only
            "!*.txt",
            "!/home/*/Documents/**",
            "old",
        ],
    }
}
