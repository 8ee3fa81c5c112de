#![deny(deprecated)]

timelocker::backup_profile! {
    #[allow(deprecated)]
    static SILENT = { targets: ["~"], exclude: ["*.tmp", "*.tmp"] }

    static HEARD = { targets: ["/etc"], exclude: ["*.tmp", "*.tmp"] }

    #[cfg(any())]
    static ABSENT = { targets: ["/srv"], exclude: ["*.tmp", "*.tmp"] }
}

fn main() {
    let _ = (&SILENT, &HEARD);
}
