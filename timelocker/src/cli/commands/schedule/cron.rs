//! A line for `crontab`.

use super::{Failure, Job, Result, Unit};
use crate::Schedule;

pub(super) fn line(job: &Job) -> Result<Unit> {
    let time = match job.when {
        Schedule::Hourly { minute } => format!("{minute} * * * *"),
        Schedule::Daily { hour, minute } => format!("{minute} {hour} * * *"),
        // cron counts from Sunday.
        Schedule::Weekly { day, hour, minute } => {
            format!("{minute} {hour} * * {}", day.number() % 7)
        }
        Schedule::Monthly { day, hour, minute } => format!("{minute} {hour} {day} * *"),
        Schedule::Every { minutes } if minutes < 60 && 60 % minutes == 0 => {
            format!("*/{minutes} * * * *")
        }
        Schedule::Every { minutes } if minutes % 60 == 0 && 24 * 60 % minutes == 0 => {
            format!("0 */{} * * *", minutes / 60)
        }
        Schedule::Every { .. } => {
            return Err(Failure::new("cron knows no such interval")
                .advice("take one that an hour or a day is a multiple of, such as `every 6h`"));
        }
    };
    let words: Vec<String> = job.command.iter().map(|word| quoted(word)).collect();
    if words.iter().any(|word| word.contains('\n')) {
        return Err(Failure::new("a line of crontab holds no newline").advice("use other paths"));
    }
    let contents = format!("{time} nice -n 10 {}\n", words.join(" "));
    Ok(Unit::new(job.name.clone(), None, contents))
}

/// A word for the shell; `%` is a newline to cron.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=+,@".contains(c);
    let quoted = if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    };
    quoted.replace('%', r"\%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        for (word, expected) in [
            ("/usr/bin/backup", "/usr/bin/backup"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("50%", r"'50\%'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
