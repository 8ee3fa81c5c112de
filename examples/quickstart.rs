//! Backs up a directory, restores it beside, and proves the two equal.
//!
//! ```text
//! cargo run --release --example quickstart [-- PATH [REPOSITORY]]
//! ```
//!
//! Without arguments it backs up this project's own checkout into a repository below `target/`. The
//! password is that of `TIMELOCKER_PASSWORD` or `TIMELOCKER_PASSWORD_FILE`; without either it is
//! `quickstart`, which is good for trying and for nothing else.
#![allow(clippy::print_stderr)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use tempfile::TempDir;
use timelocker::CancelToken;
use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::performance::{self, Level};
use timelocker::profile_operation;
use timelocker::repository::{
    BackupOutcome, Password, Progress, Repository, RestoreOptions, Stage,
};
use timelocker::retry::RetryPolicy;
use timelocker_examples::compare;

timelocker::backup_profile! {
    static SOURCES = {
        targets: ["~"],
        exclude: [
            "target/",
            "node_modules/",
            "__pycache__/",
            "*.o",
            "*.tmp",
            "!keep.tmp",
            "*~",
        ],
        tags: ["quickstart"],
    }
}

/// Prints a line. Whoever read the output may have gone; the backup goes on.
macro_rules! say {
    ($($text:tt)*) => {{
        let _ = writeln!(io::stdout(), $($text)*);
    }};
}

fn main() -> ExitCode {
    performance::enable_level(Level::Fine);
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("quickstart: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (target, location) = (arguments.next(), arguments.next());
    let is_option = |path: &PathBuf| path.as_os_str().as_encoded_bytes().starts_with(b"-");
    if arguments.next().is_some() || target.as_ref().is_some_and(is_option) {
        return Err("usage: quickstart [PATH [REPOSITORY]]".into());
    }
    let target = target.unwrap_or_else(|| project.clone());
    let target = fs::canonicalize(&target).map_err(|error| at(&target, error))?;
    if !target.is_dir() {
        return Err(format!("{}: not a directory", target.display()).into());
    }
    let location = match location {
        Some(location) => std::path::absolute(location)?,
        None => fs::canonicalize(&project)?.join("target/quickstart/repository"),
    };
    // The profile leaves `target/` out. Anywhere else the backup would leave out the repository, and the
    // comparison miss it.
    if let Ok(inside) = location.strip_prefix(&target)
        && !inside.starts_with("target")
    {
        return Err("the repository lies in what is backed up: give it another place".into());
    }

    let cancel = cancelled_by_signals()?;
    let manager = BackupManager::new(open_or_init(&location)?);
    say!("{} -> {}", target.display(), manager.repository().location());

    let outcome = back_up(&manager, &target, &cancel)?;
    print_outcome(&outcome);

    let parent = location.parent().unwrap_or(Path::new("."));
    let beside = DecryptedCopy::new(parent)?;
    restore(&manager, &outcome, &target, &beside.restored(), &cancel)?;
    let equal = prove_equal(&outcome, &beside.restored(), &target)?;
    // If it can't be removed, that has to be known.
    beside.remove()?;
    if cancel.is_cancelled() {
        return Err("it was cancelled".into());
    }

    say!("\n{}", performance::report());
    let picture = parent.join("quickstart.svg");
    let file = File::create(&picture).map_err(|error| at(&picture, error))?;
    performance::report().write_flame_graph("TimeLocker: quickstart", file)?;
    say!("\nwhere the time went: {}", picture.display());
    say!("Run it again: only what has changed since is read.");
    Ok(if equal && outcome.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn at(path: &Path, error: io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// On the first Ctrl-C, or the first request to end, all comes to an orderly end, and on the second
/// to any.
fn cancelled_by_signals() -> io::Result<CancelToken> {
    let token = CancelToken::new();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn({
        let token = token.clone();
        move || {
            for signal in signals.forever() {
                if token.is_cancelled() {
                    let _ = low_level::emulate_default_handler(signal);
                }
                token.cancel();
            }
        }
    });
    Ok(token)
}

/// What is restored is not encrypted, and so does not outlive the program.
struct DecryptedCopy(Option<TempDir>);

impl DecryptedCopy {
    fn new(parent: &Path) -> Result<Self, String> {
        let directory = tempfile::tempdir_in(parent).map_err(|error| at(parent, error))?;
        Ok(Self(Some(directory)))
    }

    fn restored(&self) -> PathBuf {
        self.0.as_ref().map(|directory| directory.path().join("restored")).unwrap_or_default()
    }

    fn remove(mut self) -> Result<(), String> {
        self.remove_now()
    }

    fn remove_now(&mut self) -> Result<(), String> {
        let Some(directory) = self.0.take() else { return Ok(()) };
        let path = directory.path().to_path_buf();
        let removed = make_removable(&path).and_then(|()| directory.close());
        removed.map_err(|error| at(&path, error))
    }
}

impl Drop for DecryptedCopy {
    fn drop(&mut self) {
        if let Err(error) = self.remove_now() {
            eprintln!("quickstart: a copy that is not encrypted was left behind: {error}");
        }
    }
}

/// Makes directories writable that were restored as read-only.
fn make_removable(directory: &Path) -> io::Result<()> {
    let mut pending = vec![directory.to_path_buf()];
    while let Some(directory) = pending.pop() {
        let mut permissions = fs::symlink_metadata(&directory)?.permissions();
        permissions.set_mode(permissions.mode() | 0o700);
        fs::set_permissions(&directory, permissions)?;
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    Ok(())
}

#[profile_operation("open")]
fn open_or_init(location: &Path) -> Result<Repository, Box<dyn Error>> {
    let password = match Password::from_env() {
        Err(error) if error.is_no_password() => Password::new("quickstart"),
        password => password?,
    };
    match Repository::open(location, &password) {
        Err(error) if error.is_repository_missing() => {
            fs::create_dir_all(location).map_err(|error| at(location, error))?;
            Ok(Repository::init(location, &password)?)
        }
        opened => Ok(opened?),
    }
}

#[profile_operation("back up")]
fn back_up(
    manager: &BackupManager,
    target: &Path,
    cancel: &CancelToken,
) -> Result<BackupOutcome, Box<dyn Error>> {
    let request = BackupRequest::of(&SOURCES)?
        .targets([target])
        .progress(Arc::new(Bar::new()))
        .cancel_token(cancel.clone());
    let outcome = manager.execute_backup_with_retry(&request, &RetryPolicy::new())?;
    let walked = outcome.report().walked();
    performance::add_files(walked.files);
    performance::add_bytes(walked.bytes);
    Ok(outcome)
}

#[profile_operation("restore")]
fn restore(
    manager: &BackupManager,
    outcome: &BackupOutcome,
    target: &Path,
    destination: &Path,
    cancel: &CancelToken,
) -> Result<(), Box<dyn Error>> {
    let snapshot = outcome.report().snapshot();
    let options = RestoreOptions::new()
        .path(target)
        .progress(Arc::new(Bar::new()))
        .cancel_token(cancel.clone());
    let report = manager.repository().restore(snapshot, destination, &options)?;
    for failure in report.failures() {
        eprintln!("  not restored: {failure}");
    }
    performance::add_files(report.files());
    performance::add_bytes(report.bytes());
    Ok(())
}

#[profile_operation("compare")]
fn prove_equal(
    outcome: &BackupOutcome,
    restored: &Path,
    target: &Path,
) -> Result<bool, Box<dyn Error>> {
    let (files, differences) = compare(restored, target)?;
    performance::add_files(files);
    for difference in &differences {
        say!("  {} {}", difference.path.display(), difference.what);
    }
    let selected = outcome.report().walked().files;
    let equal = differences.is_empty() && files == selected;
    say!(
        "restored   {} of {} files beside it: {}",
        HumanCount(files),
        HumanCount(selected),
        if equal { "equal" } else { "NOT equal" }
    );
    Ok(equal)
}

fn print_outcome(outcome: &BackupOutcome) {
    let report = outcome.report();
    let (walked, summary) = (report.walked(), report.summary());
    say!(
        "selected   {} files in {} directories, {}",
        HumanCount(walked.files),
        HumanCount(walked.directories),
        HumanBytes(walked.bytes)
    );
    say!(
        "excluded   {} one by one; directories never opened: {}",
        HumanCount(walked.excluded),
        HumanCount(walked.pruned)
    );
    say!(
        "snapshot   {} ({})",
        report.snapshot().short_id(),
        match report.snapshot().parent() {
            Some(parent) => format!("since {}", &parent[..parent.len().min(8)]),
            None => "the first".to_owned(),
        }
    );
    say!(
        "           {} new, {} changed, {} unmodified; {} files read, {} added",
        HumanCount(summary.files_new),
        HumanCount(summary.files_changed),
        HumanCount(summary.files_unmodified),
        HumanCount(report.files_opened()),
        HumanBytes(summary.data_added_packed)
    );
    for error in report.unread() {
        say!("  not saved: {error}");
    }
    for note in report.notes() {
        say!("  note: {note}");
    }
}

/// A bar on a terminal; nothing elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar =
            if io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = "{prefix:<9} {wide_bar} {binary_bytes}/{binary_total_bytes} {elapsed}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }
}

impl Progress for Bar {
    fn total_bytes(&self, _stage: Stage, bytes: u64) {
        self.0.set_length(bytes);
        if let Ok(style) = ProgressStyle::with_template(
            "{prefix:<9} {wide_bar} {binary_bytes}/{binary_total_bytes} {elapsed}",
        ) {
            self.0.set_style(style);
        }
    }

    fn bytes(&self, stage: Stage, more: u64) {
        self.0.set_prefix(match stage {
            Stage::Backup => "back up",
            Stage::Restore => "restore",
            _ => "",
        });
        self.0.inc(more);
    }

    fn finished(&self, _stage: Stage) {
        self.0.finish_and_clear();
    }
}
