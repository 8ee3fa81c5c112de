timelocker::backup_profile! {
    static BORG_EXCLUDES = {
        targets: ["/"],
        exclude: [
            // borg docs
            "/home/*/**/.cache/*",
            "*.tmp",
            "/aa:something/*",
            regex r"^home/[^/]+\.tmp/",
            "/home/*/.thumbnails",
            "/some file with spaces.txt",
            "/var/lib/docker*/**/devicemapper",
            r"/srv/a\[1]",
            regex r"^(?s-u:.)*/\.Trash\-(?s:.)(?:/|$)",
        ],
    }
}
