timelocker::backup_profile! {
    static RESTIC = {
        targets: ["/"],
        exclude: restic [
            // exclude go-files
            "*.go",
            // exclude foo/x/y/z/bar foo/x/bar foo/bar
            "foo/**/bar",
            "/home/ada/*",
            "!/home/ada/Documents",
            "/x",
            "*~",
            "node_modules",
        ],
    }
}
