timelocker::backup_profile! {
    static GITIGNORE = {
        targets: ["/srv"],
        exclude: [
            // Compiled
            "*.o",
            "/build/",
            "*.log",
            "!important.log",
            r"\#note\ ",
        ],
    }
}
