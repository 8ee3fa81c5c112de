//! What monitoring systems read: how the last backup of each profile went, in a file of JSON and in
//! Prometheus' text format.
//!
//! A file holds several profiles, of several runs and programs. Whoever writes takes turns, keeps what
//! is there of others, and replaces the file at once, so that nobody reads half of it. What was known
//! of the last success stays when a later backup fails.

mod metrics;
mod status;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

pub(crate) use self::status::Figures;
use self::status::{Attempt, ProfileStatus, State, Status, Success};
use super::context::{Context, absolute};
use super::failure::Result;
use super::output::{Page, Style, put};
use super::time;
use crate::json_lines::private;
use crate::quoted::Quoted;

/// The files that monitoring systems read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Monitoring")]
pub(crate) struct Files {
    /// Keep in this file, as JSON, how the last backup of each profile went
    #[arg(long, value_name = "FILE")]
    status_file: Option<PathBuf>,
    /// The same in Prometheus' text format, for the textfile collector of node_exporter: a FILE that
    /// ends in .prom
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
}

impl Files {
    /// The arguments that make a later run of the program, from any directory, keep the same files.
    pub(crate) fn for_later(&self) -> Result<Vec<OsString>> {
        let mut arguments = Vec::new();
        let files = [("--status-file", &self.status_file), ("--metrics-file", &self.metrics_file)];
        for (name, file) in files {
            if let Some(file) = file {
                arguments.extend([name.into(), absolute(file)?.into()]);
            }
        }
        Ok(arguments)
    }

    /// Where they lie.
    pub(crate) fn directories(&self) -> Vec<PathBuf> {
        let files = self.status_file.iter().chain(&self.metrics_file);
        let directory = |file: &PathBuf| absolute(file).ok()?.parent().map(Path::to_path_buf);
        files.filter_map(directory).collect()
    }
}

/// How a backup ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    pub(crate) exit_code: u8,
    pub(crate) is_complete: bool,
    pub(crate) repository: Option<String>,
    pub(crate) snapshot: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) figures: Option<Figures>,
}

/// Keeps the files.
#[derive(Debug)]
pub(crate) struct Monitor {
    files: Vec<(PathBuf, Format)>,
    program: String,
    /// The profiles of the program, which come first and in this order.
    order: Vec<&'static str>,
    /// Those that say when they are to be backed up: that one never was is to be seen.
    expected: Vec<&'static str>,
    coloured: bool,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Json,
    Prometheus,
}

impl Monitor {
    pub(crate) fn new(files: &Files, context: &Context<'_>) -> Self {
        let json = files.status_file.iter().map(|path| (path.clone(), Format::Json));
        let metrics = files.metrics_file.iter().map(|path| (path.clone(), Format::Prometheus));
        Self {
            files: json.chain(metrics).collect(),
            program: context.program.clone(),
            order: context.profiles.iter().map(|profile| profile.name()).collect(),
            expected: context
                .profiles
                .iter()
                .filter(|profile| profile.schedule().is_some())
                .map(|profile| profile.name())
                .collect(),
            coloured: context.output.colour.is_on(&io::stderr()),
        }
    }

    /// A backup of a profile begins.
    pub(crate) fn started(&self, profile: &str) {
        let now = time::now();
        self.update(profile, |status| {
            status.state = State::Running;
            status.running_since = Some(now.clone());
        });
    }

    /// It has ended.
    pub(crate) fn ended(&self, profile: &str, ended: &Ended) {
        let now = time::now();
        self.update(profile, |status| {
            status.state = match (ended.is_complete, &ended.snapshot) {
                (true, _) => State::Ok,
                (false, Some(_)) => State::Incomplete,
                (false, None) => State::Failed,
            };
            let started = status.running_since.take().unwrap_or_else(|| now.clone());
            if ended.repository.is_some() {
                status.repository.clone_from(&ended.repository);
            }
            if ended.is_complete {
                status.last_success =
                    Some(Success { time: now.clone(), snapshot: ended.snapshot.clone() });
            }
            status.last_attempt = Some(Attempt {
                duration: time::between(&started, &now),
                started,
                ended: now.clone(),
                state: status.state,
                exit_code: ended.exit_code,
                error: ended.error.clone(),
                snapshot: ended.snapshot.clone(),
                figures: ended.figures.clone(),
            });
        });
    }

    fn update(&self, profile: &str, change: impl Fn(&mut ProfileStatus)) {
        for (path, format) in &self.files {
            if let Err(error) = self.write(path, *format, profile, &change) {
                // The backup is what matters, and a file that gets old is noticed.
                let mut page = Page::new(self.coloured);
                page.styled(Style::Notable, "warning:");
                page.line(format_args!(" could not write {}: {error}", Quoted::path(path)));
                let _ = put(io::stderr().lock(), page.as_bytes());
            }
        }
    }

    fn write(
        &self,
        path: &Path,
        format: Format,
        profile: &str,
        change: impl Fn(&mut ProfileStatus),
    ) -> io::Result<()> {
        let _turn = turn(path)?;
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // What is not ours, or of a later version, is begun anew.
        let read = match format {
            Format::Json => Status::of_json(&text),
            Format::Prometheus => metrics::status_in(&text),
        };
        let mut status = read.unwrap_or_default();
        for expected in &self.expected {
            status.profile(expected);
        }
        change(status.profile(profile));
        status.updated = Some(time::now());
        status.program.clone_from(&self.program);
        status.sort(&self.order);
        let text = match format {
            Format::Json => status.to_json()?,
            Format::Prometheus => metrics::render(&status)?,
        };
        replace(path, text.as_bytes(), format)
    }
}

/// Waits for the turn of this process, which lasts until the file is dropped.
fn turn(path: &Path) -> io::Result<File> {
    let path = beside(path, ".lock");
    let mut options = OpenOptions::new();
    let file = private(options.write(true).create(true).truncate(false)).open(path)?;
    file.lock()?;
    Ok(file)
}

/// Puts a file in the place of another, whole or not at all.
fn replace(path: &Path, contents: &[u8], format: Format) -> io::Result<()> {
    // Not with the file's own ending: the collector would read it.
    let new = beside(path, ".new");
    let mut options = OpenOptions::new();
    let mut file = private(options.write(true).create(true).truncate(true)).open(&new)?;
    let mode = match format {
        Format::Json => 0o600,
        // The collector runs as another user.
        Format::Prometheus => 0o644,
    };
    let permissions = fs::metadata(path).map(|metadata| metadata.permissions());
    file.set_permissions(permissions.unwrap_or(Permissions::from_mode(mode)))?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(suffix);
    path.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ran_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let [json, metrics] =
            ["status.json", "backups.prom"].map(|name| directory.path().join(name));
        let monitor = Monitor {
            files: vec![(json.clone(), Format::Json), (metrics.clone(), Format::Prometheus)],
            program: "backups".to_owned(),
            order: vec!["home", "by_hand", "system"],
            expected: vec!["home", "system"],
            coloured: false,
        };
        monitor.started("system");
        monitor.ended("system", &Ended { is_complete: true, ..Ended::default() });
        let status = Status::of_json(&fs::read_to_string(json).unwrap()).unwrap();
        let states: Vec<_> =
            status.profiles.iter().map(|profile| (&*profile.profile, profile.state)).collect();
        assert_eq!(states, [("home", State::Never), ("system", State::Ok)]);
        let text = fs::read_to_string(metrics).unwrap();
        assert!(text.contains("\ntimelocker_backup_running{profile=\"home\"} 0\n"), "{text}");
        // A time that is not known is not there: so the alert finds it.
        assert!(!text.contains("last_success_timestamp_seconds{profile=\"home\"}"), "{text}");
    }

    /// Both formats are read back by the next run: each has to hold all that it knew.
    #[test]
    fn an_incomplete_backup_is_no_success_and_a_failure_forgets_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let files = [("status.json", Format::Json), ("backups.prom", Format::Prometheus)];
        for (name, format) in files {
            let path = directory.path().join(name);
            let monitor = Monitor {
                files: vec![(path.clone(), format)],
                program: "backups".to_owned(),
                order: vec!["home"],
                expected: Vec::new(),
                coloured: false,
            };
            let home = || {
                let text = fs::read_to_string(&path).unwrap();
                let status = match format {
                    Format::Json => Status::of_json(&text),
                    Format::Prometheus => metrics::status_in(&text),
                };
                status.unwrap().profile("home").clone()
            };
            let ended = |is_complete, snapshot: Option<&str>, repository: Option<&str>| Ended {
                is_complete,
                snapshot: snapshot.map(str::to_owned),
                repository: repository.map(str::to_owned),
                ..Ended::default()
            };
            monitor.started("home");
            monitor.ended("home", &ended(false, Some("half"), Some("/mnt/backups")));
            let first = home();
            assert_eq!(first.state, State::Incomplete);
            assert!(first.last_success.is_none(), "{name}");
            monitor.ended("home", &ended(true, Some("whole"), Some("/mnt/backups")));
            monitor.ended("home", &ended(false, Some("half"), Some("/mnt/backups")));
            let success = home().last_success.unwrap();
            assert_eq!(success.snapshot.as_deref(), Some("whole"), "{name}");
            // It failed before it knew of a repository.
            monitor.started("home");
            monitor.ended("home", &ended(false, None, None));
            let failed = home();
            assert_eq!(failed.state, State::Failed);
            assert_eq!(failed.repository.as_deref(), Some("/mnt/backups"), "{name}");
            assert_eq!(failed.last_success.unwrap().snapshot.as_deref(), Some("whole"), "{name}");
        }
    }
}
