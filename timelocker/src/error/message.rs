//! The text of errors: what failed, without what to do about it.

use std::error::Error as StdError;
use std::fmt;

use super::{Ended, Error, Kind};
use crate::quoted::{Escaped, Quoted};

impl Error {
    /// What failed, without the [`help`](Error::help) and without the causes.
    ///
    /// ```
    /// use timelocker::walk::Targets;
    ///
    /// let error = Targets::new(["/no/such/target"]).unwrap_err();
    /// let message = error.message().to_string();
    /// assert_eq!(message, "the target `/no/such/target` can't be backed up");
    /// ```
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        Message(self)
    }

    /// The error, and the causes behind it, on one line.
    ///
    /// ```
    /// use timelocker::walk::Targets;
    ///
    /// let error = Targets::new(["/no/such/target"]).unwrap_err();
    /// assert_eq!(error.to_string(), "the target `/no/such/target` can't be backed up");
    /// let whole = error.with_causes().to_string();
    /// assert!(whole.starts_with("the target `/no/such/target` can't be backed up: "));
    /// ```
    #[must_use]
    pub fn with_causes(&self) -> WithCauses<'_> {
        WithCauses(self)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message())?;
        match self.help() {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Shows what failed; made by [`Error::message`].
#[derive(Clone, Copy, Debug)]
pub struct Message<'a>(&'a Error);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0.kind {
            Kind::NoTarget => f.write_str("no target was named"),
            Kind::Target { path, others, .. } => {
                write!(f, "the target `{}` can't be backed up", Quoted::path(path))?;
                match others {
                    0 => Ok(()),
                    1 => f.write_str(", nor can the other one"),
                    others => write!(f, ", nor can the {others} others"),
                }
            }
            Kind::TargetInRepository { path, repository } => write!(
                f,
                "the target `{}` is a part of the repository `{}`, which can't save itself",
                Quoted::path(path),
                Quoted::text(repository)
            ),
            Kind::TargetBelow { path, above } => write!(
                f,
                "the target `{}` lies below the target `{}`, and one of the two has rules of its \
                 own",
                Quoted::path(path),
                Quoted::path(above)
            ),
            Kind::Profile(error) => write!(f, "{}", error.message()),
            Kind::NoPassword | Kind::PasswordVariable { .. } => {
                f.write_str("no password was given")
            }
            Kind::PasswordNotUnicode { variable } => {
                write!(f, "the password in {variable} is not valid UTF-8")
            }
            Kind::PasswordFile { path, .. } => {
                write!(f, "the password file `{}` can't be read", Quoted::path(path))
            }
            Kind::PasswordCommand { .. } => f.write_str("the password command gave no password"),
            Kind::PasswordPrompt { .. } => f.write_str("could not prompt for the password"),
            Kind::PasswordKeyring { service, user, .. } => {
                let (user, service) = (Quoted::text(user), Quoted::text(service));
                write!(f, "the keyring gave no password of `{user}` for the service `{service}`")
            }
            Kind::Address { from, .. } => {
                write!(f, "the address `{}` can't be used", Escaped(from))
            }
            Kind::WrongPassword { repository } => {
                write!(
                    f,
                    "the password does not open the repository `{}`",
                    Quoted::text(repository)
                )
            }
            Kind::NoKeys { repository } => write!(
                f,
                "the repository `{}` has lost its key files, and no password opens it without them",
                Quoted::text(repository)
            ),
            Kind::RepositoryMissing { repository } => {
                write!(f, "there is no repository at `{}`", Quoted::text(repository))
            }
            Kind::RepositoryExists { repository } => {
                write!(f, "there is a repository at `{}` already", Quoted::text(repository))
            }
            Kind::Location { location, why } => {
                write!(f, "`{}` is no place for a repository: {why}", Quoted::text(location))
            }
            Kind::Locked { repository, holder } => {
                let (repository, holder) = (Quoted::text(repository), Escaped(holder));
                write!(f, "the repository `{repository}` is in use by {holder}")
            }
            Kind::Cancelled { doing } => write!(f, "{doing} was cancelled"),
            Kind::SnapshotMissing { id } => {
                write!(f, "the repository holds no snapshot `{}`", Quoted::text(id))
            }
            Kind::SnapshotAmbiguous { id } => {
                write!(f, "several snapshots begin with `{}`", Quoted::text(id))
            }
            Kind::PathMissing { path, snapshot } => {
                write!(
                    f,
                    "the snapshot {} does not hold `{}`",
                    Quoted::text(snapshot),
                    Quoted::path(path)
                )
            }
            Kind::DestinationInUse { path } => {
                write!(f, "the destination `{}` is not empty", Quoted::path(path))
            }
            Kind::Destination { path, .. } => {
                write!(f, "the destination `{}` can't be used", Quoted::path(path))
            }
            Kind::Surprise(surprise) => write!(f, "no snapshot was made: {surprise}"),
            Kind::Damaged { what, .. } => write!(f, "{} is damaged", Escaped(what)),
            Kind::Unsound { snapshot, missing, faults } => unsound(f, snapshot, *missing, faults),
            Kind::Attempts { failed, ended } => attempts(f, failed.len(), *ended),
            Kind::InSnapshot { path, .. } => {
                write!(f, "`{}` can't be read in full from the snapshot", Quoted::path(path))
            }
            Kind::Engine { doing, repository, .. } => {
                write!(f, "could not {doing} `{}`", Quoted::text(repository))
            }
        }
    }
}

fn unsound(
    f: &mut fmt::Formatter<'_>,
    snapshot: &str,
    missing: bool,
    faults: &[String],
) -> fmt::Result {
    let what = if missing { "data are missing" } else { "data are damaged" };
    write!(f, "the snapshot {snapshot} was saved, but is not whole: {what}")?;
    let Some(first) = faults.first() else { return Ok(()) };
    match faults.len() - 1 {
        0 => write!(f, " ({})", Escaped(first)),
        more => write!(f, " ({}, and {more} more)", Escaped(first)),
    }
}

fn attempts(f: &mut fmt::Formatter<'_>, count: usize, ended: Ended) -> fmt::Result {
    match count {
        1 => f.write_str("the backup failed at the first attempt")?,
        count => write!(f, "the backup failed at {count} attempts")?,
    }
    f.write_str(match ended {
        Ended::Permanent => ", and trying again would not help",
        Ended::Retries => "",
        Ended::Deadline => ", and there is no time for another",
        Ended::Cancelled => ", and was cancelled",
    })
}

/// Shows an error with its causes on one line; made by [`Error::with_causes`].
///
/// The help comes last, after the causes.
#[derive(Clone, Copy, Debug)]
pub struct WithCauses<'a>(&'a Error);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message())?;
        let mut help = self.0.help();
        let mut cause = self.0.source();
        while let Some(error) = cause {
            match error.downcast_ref::<Error>() {
                Some(error) => {
                    write!(f, ": {}", error.message())?;
                    help = help.or_else(|| error.help());
                }
                None => write!(f, ": {}", Escaped(&error.to_string()))?,
            }
            cause = error.source();
        }
        match help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::error::FailedAttempt;
    use crate::policy::surprise::Surprise;

    fn failed(number: u32) -> FailedAttempt {
        let error = Error::engine("list", "/mnt", io::Error::from(io::ErrorKind::TimedOut).into());
        FailedAttempt::new(number, SystemTime::UNIX_EPOCH, Duration::from_secs(1), error)
    }

    #[test]
    fn messages() {
        let path = Path::new("/home/me");
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let faults = vec!["pack 0123 is missing".to_owned(), "pack 4567 is missing".to_owned()];
        let messages: Vec<_> = [
            Error::no_target(),
            Error::target(path, 0, denied()),
            Error::target(path, 2, denied()),
            Error::target_in_repository(path, "/home"),
            Error::target_below(&path.join("src"), path),
            Error::no_password(),
            Error::password_variable("BACKUP_PASSWORD"),
            Error::password_not_unicode("TIMELOCKER_PASSWORD"),
            Error::password_file(path.to_path_buf(), denied()),
            Error::password_command(denied()),
            Error::password_prompt(denied()),
            Error::password_keyring("backup", "ada", "it is locked".into()),
            Error::address("env \"PING_URL\"".to_owned(), "it is not set".into()),
            Error::wrong_password("/mnt/backups"),
            Error::no_keys("/mnt/backups"),
            Error::repository_missing("/mnt/backups"),
            Error::repository_exists("/mnt/backups"),
            Error::location("sftp:x", "write something else"),
            Error::locked("/mnt/backups", "me@here, process 1".to_owned()),
            Error::cancelled("the backup"),
            Error::snapshot_missing("latest"),
            Error::snapshot_ambiguous("4b"),
            Error::path_missing(path, "4bb4d19e"),
            Error::destination_in_use(path),
            Error::destination(path, denied()),
            Error::damaged("the pack 0123", Some("its contents do not match its name".into())),
            Error::surprised(Surprise::FarLess { files: 3, usual: 5000 }),
            Error::unsound("4bb4d19e", true, faults),
            Error::unsound("4bb4d19e", false, vec!["pack 0123 is damaged".to_owned()]),
            Error::of_attempts(vec![failed(1)], Ended::Permanent),
            Error::of_attempts(vec![failed(1), failed(2)], Ended::Retries),
            Error::of_attempts(vec![failed(1), failed(2)], Ended::Deadline),
            Error::of_attempts(vec![failed(1)], Ended::Cancelled),
            Error::engine("check the repository", "/mnt/backups", denied().into()),
        ]
        .iter()
        .map(|error| error.with_causes().to_string())
        .collect();
        insta::assert_snapshot!(messages.join("\n"));
    }

    #[test]
    fn transient_is_what_waiting_can_cure() {
        use io::ErrorKind as Io;
        let engine = |kind: Io| Error::engine("list", "/mnt", io::Error::from(kind).into());
        for kind in [Io::TimedOut, Io::ConnectionReset, Io::NetworkUnreachable, Io::ResourceBusy] {
            assert!(engine(kind).is_transient(), "{kind:?}");
        }
        for kind in [Io::NotFound, Io::PermissionDenied, Io::StorageFull, Io::ReadOnlyFilesystem] {
            assert!(!engine(kind).is_transient(), "{kind:?}");
            assert!(engine(kind).and_transient().is_transient());
        }
        assert!(!Error::wrong_password("/mnt").is_transient());
        assert!(Error::locked("/mnt", String::new()).is_transient());
        // Several attempts are as their last.
        assert!(Error::of_attempts(vec![failed(1)], Ended::Retries).is_transient());
    }
}
