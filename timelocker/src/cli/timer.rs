//! What a timer of the system is told: units of systemd, a table of cron, agents of launchd.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::commands::FileView;
use crate::profile::{Schedule, Weekday};

/// A profile that is to be backed up at certain times.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) program: PathBuf,
    pub(crate) profile: &'static str,
    pub(crate) schedule: Schedule,
}

/// Commands of the system, word by word.
type Commands = Vec<Vec<String>>;

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// A service and a timer for each job, the commands that start the timers, and those that stop them.
pub(crate) fn systemd(
    jobs: &[Job],
    name: &str,
    system: bool,
) -> (Vec<FileView>, Commands, Commands) {
    let home = std::env::home_dir().unwrap_or_default();
    let configuration = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let directory = match system {
        true => PathBuf::from("/etc/systemd/system"),
        false => configuration.unwrap_or(home.join(".config")).join("systemd/user"),
    };
    let systemctl = if system { "systemctl" } else { "systemctl --user" };
    let (mut files, mut on, mut off) = (Vec::new(), Vec::new(), Vec::new());
    on.push(words(&format!("{systemctl} daemon-reload")));
    for Job { program, profile, schedule } in jobs {
        let unit = format!("{name}-{profile}");
        let after = "After=network-online.target\nWants=network-online.target";
        files.push(FileView {
            path: directory.join(format!("{unit}.service")),
            contents: format!(
                "[Unit]\nDescription=Backup of {profile}\n{after}\n\n[Service]\nType=oneshot\n\
                 ExecStart={} backup {profile}\n\
                 # A snapshot without all that was selected is one all the same.\n\
                 SuccessExitStatus=3\nNice=10\nIOSchedulingClass=idle\n",
                in_unit(program),
            ),
        });
        files.push(FileView {
            path: directory.join(format!("{unit}.timer")),
            contents: format!(
                "[Unit]\nDescription=Backup of {profile}, {schedule}\n\n[Timer]\n{}\n\
                 RandomizedDelaySec=5m\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
                on_calendar(*schedule),
            ),
        });
        on.push(words(&format!("{systemctl} enable --now {unit}.timer")));
        off.push(words(&format!("{systemctl} disable --now {unit}.timer")));
    }
    (files, on, off)
}

fn on_calendar(schedule: Schedule) -> String {
    match schedule {
        Schedule::Hourly { minute } => format!("OnCalendar=*-*-* *:{minute:02}:00"),
        Schedule::Daily { hour, minute } => format!("OnCalendar=*-*-* {hour:02}:{minute:02}:00"),
        Schedule::Weekly { day, hour, minute } => {
            format!("OnCalendar={} *-*-* {hour:02}:{minute:02}:00", day.abbreviation())
        }
        Schedule::Monthly { day, hour, minute } => {
            format!("OnCalendar=*-*-{day:02} {hour:02}:{minute:02}:00")
        }
        Schedule::Every { minutes } => format!("OnBootSec=5m\nOnUnitActiveSec={minutes}m"),
    }
}

/// A word of a command in a unit: in quotes, and without what systemd would replace.
fn in_unit(program: &Path) -> String {
    let text = program.to_string_lossy();
    let text = text.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%");
    match text.contains(|letter: char| letter.is_whitespace() || "\\\"'".contains(letter)) {
        true => format!("\"{text}\""),
        false => text,
    }
}

/// Lines for `crontab -e`.
pub(crate) fn cron(jobs: &[Job], name: &str) -> FileView {
    let mut contents = format!("# {name}: paste into `crontab -e`. What it says is mailed.\n");
    for Job { program, profile, schedule } in jobs {
        for times in cron_times(*schedule) {
            let program = in_shell(program);
            let _ = writeln!(contents, "{times} {program} backup {profile} --quiet");
        }
    }
    FileView { path: PathBuf::new(), contents }
}

fn cron_times(schedule: Schedule) -> Vec<String> {
    match schedule {
        Schedule::Hourly { minute } => vec![format!("{minute} * * * *")],
        Schedule::Daily { hour, minute } => vec![format!("{minute} {hour} * * *")],
        Schedule::Weekly { day, hour, minute } => {
            vec![format!("{minute} {hour} * * {}", day.number() % 7)]
        }
        Schedule::Monthly { day, hour, minute } => vec![format!("{minute} {hour} {day} * *")],
        // cron knows no intervals, only times: those nearest to it that divide an hour or a day.
        Schedule::Every { minutes } => vec![match minutes {
            0..60 => format!("*/{} * * * *", dividing(minutes, 60)),
            60..1440 => format!("0 */{} * * *", dividing(minutes / 60, 24)),
            _ => format!("0 0 */{} * *", (minutes / 1440).min(28)),
        }],
    }
}

/// The largest number up to this one that divides another without a rest.
fn dividing(number: u32, whole: u32) -> u32 {
    (1..=number.max(1)).rev().find(|number| whole.is_multiple_of(*number)).unwrap_or(1)
}

/// A word of a line of cron: in quotes, and with `%`, which ends the line, taken as it is.
fn in_shell(program: &Path) -> String {
    let text = program.to_string_lossy().replace('%', r"\%");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:,@".contains(letter);
    match text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// An agent, or for the system a daemon, for each job.
pub(crate) fn launchd(
    jobs: &[Job],
    name: &str,
    system: bool,
) -> (Vec<FileView>, Commands, Commands) {
    let home = std::env::home_dir().unwrap_or_default();
    let directory = match system {
        true => PathBuf::from("/Library/LaunchDaemons"),
        false => home.join("Library/LaunchAgents"),
    };
    let (mut files, mut on, mut off) = (Vec::new(), Vec::new(), Vec::new());
    for Job { program, profile, schedule } in jobs {
        let label = format!("timelocker.{name}.{profile}");
        let path = directory.join(format!("{label}.plist"));
        let contents = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD \
             PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>{label}</string>\n  \
             <key>ProgramArguments</key>\n  <array>\n    <string>{}</string>\n    \
             <string>backup</string>\n    <string>{profile}</string>\n    \
             <string>--quiet</string>\n  </array>\n{}  <key>LowPriorityIO</key>\n  <true/>\n\
             </dict>\n</plist>\n",
            in_xml(&program.to_string_lossy()),
            launch_times(*schedule),
        );
        files.push(FileView { path: path.clone(), contents });
        let path = path.to_string_lossy().into_owned();
        on.push(vec!["launchctl".to_owned(), "load".to_owned(), "-w".to_owned(), path.clone()]);
        off.push(vec!["launchctl".to_owned(), "unload".to_owned(), "-w".to_owned(), path]);
    }
    (files, on, off)
}

fn launch_times(schedule: Schedule) -> String {
    let at = |times: &[(&str, u32)]| {
        let mut text = "  <key>StartCalendarInterval</key>\n  <dict>\n".to_owned();
        for (key, value) in times {
            let _ = writeln!(text, "    <key>{key}</key>\n    <integer>{value}</integer>");
        }
        text + "  </dict>\n"
    };
    match schedule {
        Schedule::Hourly { minute } => at(&[("Minute", minute.into())]),
        Schedule::Daily { hour, minute } => at(&[("Hour", hour.into()), ("Minute", minute.into())]),
        Schedule::Weekly { day, hour, minute } => at(&[
            ("Weekday", u32::from(Weekday::number(day) % 7)),
            ("Hour", hour.into()),
            ("Minute", minute.into()),
        ]),
        Schedule::Monthly { day, hour, minute } => {
            at(&[("Day", day.into()), ("Hour", hour.into()), ("Minute", minute.into())])
        }
        Schedule::Every { minutes } => format!(
            "  <key>StartInterval</key>\n  <integer>{}</integer>\n",
            u64::from(minutes) * 60
        ),
    }
}

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MONDAY: Schedule = Schedule::Weekly { day: Weekday::Monday, hour: 3, minute: 5 };
    const SUNDAY: Schedule = Schedule::Weekly { day: Weekday::Sunday, hour: 23, minute: 59 };

    #[test]
    fn times_in_each_language() {
        for (schedule, calendar, table) in [
            (Schedule::Hourly { minute: 7 }, "OnCalendar=*-*-* *:07:00", "7 * * * *"),
            (Schedule::Daily { hour: 3, minute: 30 }, "OnCalendar=*-*-* 03:30:00", "30 3 * * *"),
            (MONDAY, "OnCalendar=Mon *-*-* 03:05:00", "5 3 * * 1"),
            (SUNDAY, "OnCalendar=Sun *-*-* 23:59:00", "59 23 * * 0"),
            (
                Schedule::Monthly { day: 28, hour: 0, minute: 0 },
                "OnCalendar=*-*-28 00:00:00",
                "0 0 28 * *",
            ),
            (Schedule::Every { minutes: 25 }, "OnBootSec=5m\nOnUnitActiveSec=25m", "*/20 * * * *"),
            (Schedule::Every { minutes: 360 }, "OnBootSec=5m\nOnUnitActiveSec=360m", "0 */6 * * *"),
        ] {
            assert_eq!(on_calendar(schedule), calendar);
            assert_eq!(cron_times(schedule), [table]);
        }
    }

    #[test]
    fn odd_paths_are_quoted() {
        let path = Path::new("/opt/my \"100%\"/it's");
        assert_eq!(in_unit(path), r#""/opt/my \"100%%\"/it's""#);
        assert_eq!(in_shell(path), r#"'/opt/my "100\%"/it'\''s'"#);
        assert_eq!(in_unit(Path::new("/usr/bin/x")), "/usr/bin/x");
        assert_eq!(in_shell(Path::new("/usr/bin/x")), "/usr/bin/x");
    }

    #[test]
    fn agents_are_property_lists() {
        let job = Job { program: "/a&b".into(), profile: "home", schedule: SUNDAY };
        let (files, on, _) = launchd(&[job], "backup", true);
        assert_eq!(files[0].path, Path::new("/Library/LaunchDaemons/timelocker.backup.home.plist"));
        let text = &files[0].contents;
        assert!(text.contains("<string>/a&amp;b</string>"), "{text}");
        assert!(text.contains("<key>Weekday</key>\n    <integer>0</integer>"), "{text}");
        assert_eq!(on.len(), 1);
    }
}
