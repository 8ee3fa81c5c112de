//! The same in Prometheus'
//! [text format](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).

use std::fmt::{self, Write as _};

use super::status::{Attempt, Figures, ProfileStatus, State, Status};
use crate::cli::time;

/// The beginning of the comment, which Prometheus skips, that holds the whole status: what is known
/// of the last success has to outlive a backup that fails, and not all of it is a number.
const KEPT: &str = "# timelocker ";

/// The metrics of these profiles. What is not known of one is left out, and not 0.
pub(crate) fn render(status: &Status) -> serde_json::Result<String> {
    let mut text = String::new();
    for metric in METRICS {
        metric.write(&status.profiles, &mut text);
    }
    text.push_str(KEPT);
    text.push_str(&status.to_short_json()?);
    text.push('\n');
    Ok(text)
}

/// The status that such a text was made of.
pub(crate) fn status_in(text: &str) -> Option<Status> {
    text.lines().find_map(|line| line.strip_prefix(KEPT)).and_then(Status::of_json)
}

/// Values of the label, and of the metric there, if that is known.
type Samples = Vec<(&'static str, Option<f64>)>;

struct Metric {
    name: &'static str,
    help: &'static str,
    /// The label beside that of the profile.
    label: Option<&'static str>,
    samples: fn(&ProfileStatus) -> Samples,
}

/// All are gauges: each is of the last backup, and may be less than before.
const METRICS: [Metric; 10] = [
    Metric {
        name: "timelocker_backup_running",
        help: "Whether a backup of the profile is running.",
        label: None,
        samples: |profile| one(Some(f64::from(u8::from(profile.state == State::Running)))),
    },
    Metric {
        name: "timelocker_backup_last_start_timestamp_seconds",
        help: "When the last backup began, in seconds since 1970.",
        label: None,
        samples: |profile| {
            let ended = profile.last_attempt.as_ref().map(|attempt| &attempt.started);
            one(profile.running_since.as_ref().or(ended).and_then(|text| time::seconds(text)))
        },
    },
    Metric {
        name: "timelocker_backup_last_end_timestamp_seconds",
        help: "When the last backup that has ended did so, however it went, in seconds since 1970.",
        label: None,
        samples: |profile| of_attempt(profile, |attempt| time::seconds(&attempt.ended)),
    },
    Metric {
        name: "timelocker_backup_last_success_timestamp_seconds",
        help: "When the last complete backup ended, in seconds since 1970.",
        label: None,
        samples: |profile| {
            let success = profile.last_success.as_ref();
            one(success.and_then(|success| time::seconds(&success.time)))
        },
    },
    Metric {
        name: "timelocker_backup_last_outcome",
        help: "1 for how the last backup that has ended went, 0 for how it did not.",
        label: Some("outcome"),
        samples: |profile| {
            let Some(attempt) = &profile.last_attempt else { return Vec::new() };
            let sample = |(name, state)| (name, Some(f64::from(u8::from(attempt.state == state))));
            let outcomes =
                [("ok", State::Ok), ("incomplete", State::Incomplete), ("failed", State::Failed)];
            outcomes.map(sample).into()
        },
    },
    Metric {
        name: "timelocker_backup_last_exit_code",
        help: "What the last backup ended with: 0 complete, 3 incomplete, anything else a failure.",
        label: None,
        samples: |profile| of_attempt(profile, |attempt| Some(attempt.exit_code.into())),
    },
    Metric {
        name: "timelocker_backup_last_duration_seconds",
        help: "How long the last backup took.",
        label: None,
        samples: |profile| of_attempt(profile, |attempt| attempt.duration),
    },
    Metric {
        name: "timelocker_backup_last_files",
        help: "The files of the last snapshot.",
        label: Some("state"),
        samples: |profile| {
            of_figures(profile, |figures| {
                vec![
                    ("new", figures.files_new),
                    ("changed", figures.files_changed),
                    ("unmodified", figures.files_unmodified),
                ]
            })
        },
    },
    Metric {
        name: "timelocker_backup_last_bytes",
        help: "The bytes of the last snapshot: of its files, of what was new, and of that as stored.",
        label: Some("kind"),
        samples: |profile| {
            of_figures(profile, |figures| {
                vec![
                    ("processed", figures.bytes_processed),
                    ("added", figures.data_added),
                    ("stored", figures.data_added_packed),
                ]
            })
        },
    },
    Metric {
        name: "timelocker_backup_last_unread",
        help: "How much of what was selected could not be read for the last snapshot.",
        label: None,
        samples: |profile| of_figures(profile, |figures| vec![("", figures.unread)]),
    },
];

fn one(value: Option<f64>) -> Samples {
    vec![("", value)]
}

fn of_attempt(profile: &ProfileStatus, value: fn(&Attempt) -> Option<f64>) -> Samples {
    one(profile.last_attempt.as_ref().and_then(value))
}

fn of_figures(
    profile: &ProfileStatus,
    values: fn(&Figures) -> Vec<(&'static str, u64)>,
) -> Samples {
    let figures = profile.last_attempt.as_ref().and_then(|attempt| attempt.figures.as_ref());
    let values = figures.map(values).unwrap_or_default();
    // Exact up to 2^53, as all numbers of Prometheus are.
    values.into_iter().map(|(label, value)| (label, Some(value as f64))).collect()
}

impl Metric {
    fn write(&self, profiles: &[ProfileStatus], text: &mut String) {
        let Self { name, help, label, samples } = self;
        let mut lines = String::new();
        for profile in profiles {
            for (value_of_label, value) in samples(profile) {
                let Some(value) = value else { continue };
                let _ = write!(lines, "{name}{{profile=\"{}\"", Escaped(&profile.profile));
                if let Some(label) = label {
                    let _ = write!(lines, ",{label}=\"{}\"", Escaped(value_of_label));
                }
                let _ = writeln!(lines, "}} {value}");
            }
        }
        if !lines.is_empty() {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{lines}");
        }
    }
}

/// The value of a label.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str(r"\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str(r"\n")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::status::Success;
    use super::*;

    fn attempt(state: State) -> Attempt {
        Attempt {
            started: "2026-01-01T03:30:00Z".to_owned(),
            ended: "2026-01-01T03:31:01.5Z".to_owned(),
            duration: Some(61.5),
            state,
            exit_code: if state == State::Ok { 0 } else { 12 },
            error: None,
            snapshot: None,
            figures: None,
        }
    }

    fn status() -> Status {
        let mut status = Status::default();
        "backups".clone_into(&mut status.program);
        let odd = status.profile("a\"b\\c\nd");
        odd.state = State::Failed;
        odd.last_attempt =
            Some(Attempt { error: Some("wrong\npassword".to_owned()), ..attempt(State::Failed) });
        odd.last_success =
            Some(Success { time: "2025-12-31T03:31:00Z".to_owned(), snapshot: None });
        let good = status.profile("home");
        good.state = State::Ok;
        let figures =
            Figures { files_new: 2, bytes_processed: 5_000_000_000, ..Figures::default() };
        good.last_attempt = Some(Attempt { figures: Some(figures), ..attempt(State::Ok) });
        good.last_success =
            Some(Success { time: "2026-01-01T03:31:01Z".to_owned(), snapshot: None });
        let first = status.profile("first");
        first.state = State::Running;
        first.running_since = Some("2026-01-01T04:00:00Z".to_owned());
        status
    }

    #[test]
    fn failures_are_seen_and_the_last_success_stays() {
        insta::assert_snapshot!(render(&status()).unwrap());
    }

    #[test]
    fn the_status_comes_back() {
        let read = status_in(&render(&status()).unwrap()).unwrap();
        assert_eq!(read.profiles, status().profiles);
        assert_eq!(Status::of_json(&read.to_json().unwrap()).unwrap().profiles, read.profiles);
        assert_eq!(Status::of_json(r#"{"version": 2, "program": "", "profiles": []}"#), None);
        assert_eq!(status_in("node_load1 0.5\n"), None);
    }
}
