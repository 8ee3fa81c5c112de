//! A backup of which the profile says everything: from where and to where, by which password, how
//! often it is tried, what runs before, and who is told.
//!
//! ```text
//! TREE=~/Documents REPOSITORY=/tmp/repository BACKUP_PASSWORD=secret cargo run --release --example profile
//! ```

#![allow(clippy::print_stderr, clippy::print_stdout)]

use std::error::Error;
use std::io;
use std::process::ExitCode;

use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::monitoring::{StatusReporter, TextLines};
use timelocker::repository::{Location, Repository};

timelocker::backup_profile! {
    /// What I write myself.
    pub static NOTES = {
        targets: ["$TREE"],
        repository: "$REPOSITORY",
        password: env "BACKUP_PASSWORD",
        exclude: [group temporary_files, "!precious.tmp"],
        exclude_caches: true,
        tags: ["notes"],
        keep_daily: 7,
        keep_weekly: 5,
        schedule: "daily 03:30",
        retry: { retries: 5, pause: "2s", max_pause: "1m", deadline: "1h" },
        verify: "5%",
        on_surprise: "warn",
        surprise: { more: 3.0, less: 0.5 },
        hooks: { before: required "test -d \"$TREE\"" within "10s" },
        notify: { desktop: false },
        settings: { compression: 7, bandwidth: "100 MiB/s", timeout: "1m" },
        assert: { "a.tmp" => excluded, "precious.tmp" => included },
    }
}

fn main() -> ExitCode {
    match back_up() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn back_up() -> Result<(), Box<dyn Error>> {
    let profile = &NOTES;
    let location = profile.resolved_repository()?.ok_or("the profile names no repository")?;
    let location = profile.limited(location.parse::<Location>()?);
    let password = profile.password().ok_or("the profile names no password")?.read()?;
    let repository = match Repository::open_at(&location, &password) {
        Err(error) if error.is_repository_missing() => {
            Repository::init_at(&location, &password, &profile.settings())?
        }
        opened => opened?,
    };
    let reporter = StatusReporter::builder().handler(TextLines::new(io::stderr()));
    let reporter = profile.notifications().add_to(reporter)?.build()?;
    let request = BackupRequest::of(profile)?;
    let outcome = reporter.run("backup", profile.name(), &profile.hooks(), |operation| {
        let manager = BackupManager::new(repository).observer(operation.observer());
        manager.execute_backup_with_retry(&request, &profile.retry())
    })?;
    for error in outcome.report().unread() {
        println!("not saved: {error}");
    }
    println!("snapshot {}", outcome.report().snapshot().short_id());
    Ok(())
}
