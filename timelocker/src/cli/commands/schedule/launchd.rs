//! An agent of `launchd`, or a daemon if root installs it.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Job, Result, Scope, Unit, home};
use crate::Schedule;

pub(super) fn agent(job: &Job) -> Result<Unit> {
    let label = format!("timelocker.{}", job.name);
    let name = format!("{label}.plist");
    let (directory, log) = match job.scope {
        Scope::System => (PathBuf::from("/Library/LaunchDaemons"), PathBuf::from("/Library/Logs")),
        Scope::User => (home("Library/LaunchAgents")?, home("Library/Logs")?),
    };
    let log = log.join(format!("{label}.log"));
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n",
    );
    // Writing to a string can't fail.
    let _ = writeln!(text, "  <key>Label</key>\n  <string>{}</string>", escaped(&label));
    text.push_str("  <key>ProgramArguments</key>\n  <array>\n");
    for word in &job.command {
        let _ = writeln!(text, "    <string>{}</string>", escaped(word));
    }
    text.push_str("  </array>\n");
    text.push_str(&time(job.when));
    let _ = writeln!(
        text,
        "  <key>Nice</key>\n  <integer>10</integer>\n\
         \x20 <key>LowPriorityIO</key>\n  <true/>\n\
         \x20 <key>ProcessType</key>\n  <string>Background</string>\n\
         \x20 <key>StandardErrorPath</key>\n  <string>{}</string>",
        escaped(&log.to_string_lossy())
    );
    text.push_str("</dict>\n</plist>\n");
    Ok(Unit::new(name.clone(), Some(&directory.join(name)), text))
}

/// launchd catches up by itself after sleep.
fn time(when: Schedule) -> String {
    let fields: &[(&str, u8)] = match when {
        Schedule::Every { minutes } => {
            let seconds = u64::from(minutes) * 60;
            return format!("  <key>StartInterval</key>\n  <integer>{seconds}</integer>\n");
        }
        Schedule::Hourly { minute } => &[("Minute", minute)],
        Schedule::Daily { hour, minute } => &[("Hour", hour), ("Minute", minute)],
        // It counts from Sunday.
        Schedule::Weekly { day, hour, minute } => {
            &[("Weekday", day.number() % 7), ("Hour", hour), ("Minute", minute)]
        }
        Schedule::Monthly { day, hour, minute } => {
            &[("Day", day), ("Hour", hour), ("Minute", minute)]
        }
    };
    let mut text = String::from("  <key>StartCalendarInterval</key>\n  <dict>\n");
    for (name, value) in fields {
        let _ = writeln!(text, "    <key>{name}</key>\n    <integer>{value}</integer>");
    }
    text.push_str("  </dict>\n");
    text
}

/// Text of XML, without the characters that it can't hold.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace(|c: char| c.is_control() && !matches!(c, '\t' | '\n'), "\u{fffd}")
}
