//! What monitoring systems read: a status file in JSON, and metrics in Prometheus' text format, for
//! the textfile collector of its node exporter.
//!
//! Both are rewritten as a whole when a backup begins and when it ends. A run that fails changes what
//! is said of the last run alone: when the last good one was stays. One that is killed leaves
//! `running` behind, with the time it began.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::failure::{Failure, Result};

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Monitoring")]
pub(crate) struct Files {
    /// Keep how the last backups went in this file, in JSON
    #[arg(long, value_name = "FILE")]
    status_file: Option<PathBuf>,
    /// The same as metrics for Prometheus, for the textfile collector of its node exporter
    #[arg(long, value_name = "FILE.prom")]
    metrics_file: Option<PathBuf>,
}

/// What a file says. Times are in seconds since 1970.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Status {
    version: u32,
    profiles: BTreeMap<String, State>,
}

/// How the backups of a profile went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// `running`, `complete`, `incomplete`, `cancelled` or `failed`.
    pub(crate) state: String,
    started: u64,
    ended: Option<u64>,
    /// Of the last run that ended.
    exit_code: Option<u8>,
    duration: Option<f64>,
    error: Option<String>,
    /// Of the last runs that have a snapshot.
    last_snapshot: Option<u64>,
    last_complete: Option<u64>,
    snapshot: Option<String>,
    files: Option<u64>,
    bytes: Option<u64>,
    bytes_added: Option<u64>,
    unread: Option<u64>,
    /// Runs since the last one with a snapshot.
    failures: u64,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) state: &'static str,
    pub(crate) exit_code: u8,
    pub(crate) error: Option<String>,
    pub(crate) saved: Option<Saved>,
}

/// What a run saved.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) snapshot: String,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) bytes_added: u64,
    pub(crate) unread: u64,
}

impl Files {
    /// Says that a backup has begun.
    pub(crate) fn begin(&self, profile: &str) -> Result<()> {
        self.update(profile, |state| {
            state.state = "running".to_owned();
            state.started = now();
            state.ended = None;
        })
    }

    /// Says how it ended.
    pub(crate) fn end(&self, profile: &str, took: Duration, ended: &Ended) -> Result<()> {
        self.update(profile, |state| {
            let now = now();
            state.state = ended.state.to_owned();
            state.ended = Some(now);
            state.exit_code = Some(ended.exit_code);
            state.duration = Some(took.as_secs_f64());
            state.error.clone_from(&ended.error);
            let Some(saved) = &ended.saved else {
                state.failures += 1;
                return;
            };
            state.failures = 0;
            state.last_snapshot = Some(now);
            if ended.state == "complete" {
                state.last_complete = Some(now);
            }
            state.snapshot = Some(saved.snapshot.clone());
            state.files = Some(saved.files);
            state.bytes = Some(saved.bytes);
            state.bytes_added = Some(saved.bytes_added);
            state.unread = Some(saved.unread);
        })
    }

    /// Tells of what could not be written, which stops no backup.
    pub(crate) fn tell(context: &Context<'_>, written: Result<()>) {
        if let Err(failure) = written
            && !context.output.json
        {
            let _ = context.output.failure(&context.command, &failure);
        }
    }

    fn update(&self, profile: &str, change: impl Fn(&mut State)) -> Result<()> {
        type Render = fn(&Status) -> io::Result<String>;
        let files: [(Option<&PathBuf>, Render); 2] = [
            (self.status_file.as_ref(), |status| Ok(serde_json::to_string_pretty(status)? + "\n")),
            (self.metrics_file.as_ref(), metrics),
        ];
        for (path, render) in files {
            let Some(path) = path else { continue };
            let updated = locked(path, || {
                let mut status = read(path)?;
                change(status.profiles.entry(profile.to_owned()).or_default());
                replace(path, &render(&status)?)
            });
            updated.map_err(|error| Failure::at("update", path, &error))?;
        }
        Ok(())
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// One process after the other: several profiles may share a file.
fn locked<T>(path: &Path, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let lock = File::create(beside(path, ".lock"))?;
    lock.lock()?;
    work()
}

/// In a file of metrics, a comment holds the same that is in a status file.
const COMMENT: &str = "# timelocker: ";

/// What the file says by now. One that is not ours is not overwritten.
fn read(path: &Path) -> io::Result<Status> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    if text.trim().is_empty() {
        return Ok(Status { version: super::output::VERSION, ..Status::default() });
    }
    let json = text.lines().find_map(|line| line.strip_prefix(COMMENT)).unwrap_or(&text);
    serde_json::from_str(json).map_err(|error| {
        let why = format!("it is not a file of this program's ({error}): remove it first");
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

/// Nobody sees a half of a file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, ".new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// A metric: its name, what it is, and its value for a profile, where that is known.
type Metric = (&'static str, &'static str, fn(&State) -> Option<f64>);

const METRICS: [Metric; 12] = [
    ("running", "Whether a backup runs, or was killed.", |state| {
        Some(f64::from(u8::from(state.state == "running")))
    }),
    ("success", "Whether the last run made a snapshot.", |state| {
        state.exit_code.map(|code| f64::from(u8::from(matches!(code, 0 | 3))))
    }),
    ("complete", "Whether the last run saved all that was selected.", |state| {
        state.exit_code.map(|code| f64::from(u8::from(code == 0)))
    }),
    ("exit_code", "The exit code of the last run.", |state| state.exit_code.map(f64::from)),
    ("consecutive_failures", "Runs since the last one with a snapshot.", |state| {
        Some(state.failures as f64)
    }),
    ("start_timestamp_seconds", "When the last run began.", |state| Some(state.started as f64)),
    ("last_snapshot_timestamp_seconds", "When the last run with a snapshot ended.", |state| {
        state.last_snapshot.map(|time| time as f64)
    }),
    ("last_complete_timestamp_seconds", "When the last complete run ended.", |state| {
        state.last_complete.map(|time| time as f64)
    }),
    ("duration_seconds", "How long the last run took.", |state| state.duration),
    ("files", "Files in the last snapshot.", |state| state.files.map(|files| files as f64)),
    ("bytes", "The size of the files in the last snapshot.", |state| {
        state.bytes.map(|bytes| bytes as f64)
    }),
    ("added_bytes", "What the repository grew by with the last snapshot.", |state| {
        state.bytes_added.map(|bytes| bytes as f64)
    }),
];

fn metrics(status: &Status) -> io::Result<String> {
    let mut text = format!("{COMMENT}{}\n", serde_json::to_string(status)?);
    for (name, help, value) in METRICS {
        let mut values = String::new();
        for (profile, state) in &status.profiles {
            if let Some(value) = value(state) {
                // The names of profiles need no escapes.
                let _ =
                    writeln!(values, "timelocker_backup_{name}{{profile=\"{profile}\"}} {value}");
            }
        }
        if !values.is_empty() {
            let _ = write!(
                text,
                "# HELP timelocker_backup_{name} {help}\n# TYPE timelocker_backup_{name} gauge\n{values}"
            );
        }
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ended(state: &'static str, exit_code: u8, files: Option<u64>) -> Ended {
        let saved = files.map(|files| Saved {
            snapshot: "4bb4d19e".to_owned(),
            files,
            bytes: 2000,
            bytes_added: 100,
            unread: 0,
        });
        let error = saved.is_none().then(|| "the disk is gone".to_owned());
        Ended { state, exit_code, error, saved }
    }

    #[test]
    fn a_failure_leaves_the_last_success() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(directory.path().join(name));
        let files = Files { status_file: path("status.json"), metrics_file: path("x.prom") };
        let state = || {
            let status = read(files.status_file.as_ref().unwrap()).unwrap();
            let metrics = read(files.metrics_file.as_ref().unwrap()).unwrap();
            let same = serde_json::to_string(&metrics.profiles["home"].state).unwrap();
            assert_eq!(same, serde_json::to_string(&status.profiles["home"].state).unwrap());
            status.profiles["home"].clone()
        };
        files.begin("home").unwrap();
        assert_eq!((&*state().state, state().exit_code), ("running", None));
        files.end("home", Duration::from_secs(2), &ended("complete", 0, Some(10))).unwrap();
        let good = state();
        assert_eq!((&*good.state, good.files, good.failures), ("complete", Some(10), 0));
        assert!(good.last_complete.is_some());

        files.begin("home").unwrap();
        // What was is still there while it runs.
        assert_eq!((state().exit_code, state().ended), (Some(0), None));
        files.end("home", Duration::from_secs(1), &ended("failed", 1, None)).unwrap();
        files.begin("other").unwrap();
        let bad = state();
        assert_eq!((&*bad.state, bad.exit_code, bad.failures), ("failed", Some(1), 1));
        assert_eq!((bad.last_complete, bad.files), (good.last_complete, Some(10)));
        assert_eq!(bad.error.as_deref(), Some("the disk is gone"));

        let metrics = fs::read_to_string(files.metrics_file.as_ref().unwrap()).unwrap();
        for line in [
            "timelocker_backup_success{profile=\"home\"} 0",
            "timelocker_backup_files{profile=\"home\"} 10",
            "timelocker_backup_running{profile=\"home\"} 0",
            "timelocker_backup_running{profile=\"other\"} 1",
            "# TYPE timelocker_backup_success gauge",
        ] {
            assert!(metrics.lines().any(|known| known == line), "{line}\n{metrics}");
        }
        assert!(!metrics.contains("success{profile=\"other\"}"), "{metrics}");

        files.end("home", Duration::from_secs(1), &ended("incomplete", 3, Some(9))).unwrap();
        assert_eq!((state().failures, state().last_complete), (0, good.last_complete));
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notes");
        fs::write(&path, "my notes").unwrap();
        let files = Files { status_file: Some(path.clone()), metrics_file: None };
        assert!(files.begin("home").is_err());
        assert_eq!(fs::read_to_string(path).unwrap(), "my notes");
    }
}
