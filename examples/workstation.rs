//! A complete backup program: three profiles, and `timelocker::cli` around them.
//!
//! ```text
//! cargo run --release --example workstation -- --help
//! ```
use std::process::ExitCode;

timelocker::backup_profile! {
    /// What I would miss of my home directory.
    static HOME = {
        targets: ["~"],
        exclude: [
            group temporary_files,
            "/.cache/",
            "/.local/share/Trash/",
            "/Downloads/*.iso",
            "/src/",
            "*~",
        ],
        exclude_caches: true,
        one_file_system: true,
        tags: ["home"],
        keep_daily: 7,
        keep_weekly: 5,
        keep_monthly: 12,
        on_surprise: "warn",
        retry: { retries: 5, max_pause: "10m" },
        verify: "5%",
        schedule: "daily 12:30",
        notify: { desktop: true },
        assert: {
            "Documents/letter.odt" => included,
            ".cache/thumbnails/1.png" => excluded,
        },
    }
}

timelocker::backup_profile! {
    /// How this machine is set up.
    static SYSTEM = {
        targets: ["/etc", "/usr/local"],
        exclude: ["*.lock", "/ssl/certs/", "*.dpkg-*"],
        tags: ["system"],
        keep_last: 3,
        keep_monthly: 6,
        schedule: "weekly sun 03:00",
    }
}

timelocker::backup_profile! {
    /// The source trees, without what is built from them.
    static SOURCES = {
        targets: ["~/src"],
        exclude: ["target/", "node_modules/", "__pycache__/", "*.o", "*.swp"],
        ignore_files: [".gitignore"],
        tags: ["sources"],
        keep_hourly: 24,
        keep_daily: 14,
        schedule: "hourly",
    }
}

fn main() -> ExitCode {
    timelocker::cli::run(&[&HOME, &SYSTEM, &SOURCES])
}
