//! A service and its timer, for `systemd`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Job, Result, Scope, Unit, home};
use crate::Schedule;

/// What a service that only reads files and writes a repository can do without. There is no
/// `PrivateTmp`, `PrivateDevices`, `ProtectKernelModules` and the like: they hide files, and a backup
/// would be without them and say nothing.
const CONFINED: &str = "\
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
";

/// What takes root, or name spaces that not every system gives its users.
const CONFINED_SYSTEM: &str = "\
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
UMask=0077
";

pub(super) fn units(job: &Job) -> Result<Vec<Unit>> {
    let directory = match job.scope {
        Scope::System => PathBuf::from("/etc/systemd/system"),
        Scope::User => match std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()) {
            Some(path) => PathBuf::from(path).join("systemd/user"),
            None => home(".config/systemd/user")?,
        },
    };
    let unit = |ending: &str, contents| {
        let name = format!("{}.{ending}", job.name);
        let path = directory.join(&name);
        Unit::new(name, Some(&path), contents)
    };
    Ok(vec![unit("service", service(job)), unit("timer", timer(job))])
}

fn service(job: &Job) -> String {
    let mut text = format!("[Unit]\nDescription={}\n", escaped(&job.description));
    if job.scope == Scope::System {
        text.push_str("Wants=network-online.target\nAfter=network-online.target\n");
    }
    text.push_str("\n[Service]\nType=oneshot\nExecStart=");
    let words: Vec<String> = job.command.iter().map(|word| quoted(word)).collect();
    text.push_str(&words.join(" "));
    // Writing to a string can't fail.
    let _ = writeln!(
        text,
        "\n# TIMELOCKER_PASSWORD=.. and the like; a file for its owner alone.\n\
         EnvironmentFile=-%E/timelocker/{}.env\n\
         Nice=10\nIOSchedulingClass=best-effort\nIOSchedulingPriority=7",
        job.program
    );
    if job.runs_commands {
        text.push_str("# Not confined: what the profile's commands need is not known.\n");
        return text;
    }
    text.push_str(CONFINED);
    if job.scope == Scope::System {
        text.push_str(CONFINED_SYSTEM);
        for path in &job.writes {
            // `-`: it may be mounted later.
            let _ = writeln!(text, "ReadWritePaths=-{}", quoted(&path.to_string_lossy()));
        }
    }
    text
}

fn timer(job: &Job) -> String {
    let mut text = format!("[Unit]\nDescription={}\n\n[Timer]\n", escaped(&job.description));
    for time in times(job.when) {
        let _ = writeln!(text, "{time}");
    }
    text.push_str("\n[Install]\nWantedBy=timers.target\n");
    text
}

/// The settings of the timer. One that was missed while the machine was off runs at once.
fn times(when: Schedule) -> Vec<String> {
    let (calendar, delay) = match when {
        Schedule::Hourly { minute } => (format!("*-*-* *:{minute:02}:00"), "5min"),
        Schedule::Daily { hour, minute } => (format!("*-*-* {hour:02}:{minute:02}:00"), "15min"),
        Schedule::Weekly { day, hour, minute } => {
            (format!("{} *-*-* {hour:02}:{minute:02}:00", day.abbreviation()), "15min")
        }
        Schedule::Monthly { day, hour, minute } => {
            (format!("*-*-{day:02} {hour:02}:{minute:02}:00"), "15min")
        }
        Schedule::Every { minutes } if minutes < 60 && 60 % minutes == 0 => {
            (format!("*-*-* *:00/{minutes}:00"), "1min")
        }
        Schedule::Every { minutes } if minutes % 60 == 0 && 24 * 60 % minutes == 0 => {
            (format!("*-*-* 00/{}:00:00", minutes / 60), "5min")
        }
        // No calendar has this; it counts from the last run, and Persistent= would not matter.
        Schedule::Every { minutes } => {
            return vec![
                "OnBootSec=15min".to_owned(),
                format!("OnUnitActiveSec={minutes}min"),
                "RandomizedDelaySec=1min".to_owned(),
            ];
        }
    };
    vec![
        format!("OnCalendar={calendar}"),
        "Persistent=true".to_owned(),
        format!("RandomizedDelaySec={delay}"),
    ]
}

/// A word of a command line: `%` begins a specifier, and `$` a variable.
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '%' | '$' => quoted.extend([c, c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The rest of a line.
fn escaped(text: &str) -> String {
    text.replace('%', "%%").replace(char::is_control, " ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Weekday;

    fn job(when: Schedule) -> Job {
        Job {
            name: "backups-home".to_owned(),
            description: "Backup of 100% by backups".to_owned(),
            command: ["/usr/bin/backups", "backup", "home"].map(str::to_owned).into(),
            when,
            writes: vec!["/mnt/my backups".into()],
            program: "backups".to_owned(),
            scope: Scope::System,
            asks_for_the_password: false,
            runs_commands: false,
        }
    }

    #[test]
    fn units_of_the_system() {
        let units = units(&job(Schedule::Daily { hour: 3, minute: 30 })).unwrap();
        let shown: Vec<_> = units
            .iter()
            .map(|unit| format!("# {}\n{}", unit.path.as_deref().unwrap(), unit.contents))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn calendars() {
        for (when, expected) in [
            (Schedule::Hourly { minute: 7 }, "OnCalendar=*-*-* *:07:00"),
            (
                Schedule::Weekly { day: Weekday::Sunday, hour: 4, minute: 0 },
                "OnCalendar=Sun *-*-* 04:00:00",
            ),
            (Schedule::Monthly { day: 1, hour: 4, minute: 5 }, "OnCalendar=*-*-01 04:05:00"),
            (Schedule::Every { minutes: 15 }, "OnCalendar=*-*-* *:00/15:00"),
            (Schedule::Every { minutes: 360 }, "OnCalendar=*-*-* 00/6:00:00"),
            (Schedule::Every { minutes: 90 }, "OnBootSec=15min"),
            (Schedule::Every { minutes: 2880 }, "OnBootSec=15min"),
        ] {
            assert_eq!(times(when)[0], expected);
        }
    }

    #[test]
    fn words_are_quoted() {
        for (word, expected) in [
            ("backup", r#""backup""#),
            ("/a b/c", r#""/a b/c""#),
            (r#"50%$HOME"\"#, r#""50%%$$HOME\"\\""#),
            ("a\nb", r#""a\u000ab""#),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
