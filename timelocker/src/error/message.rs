use std::fmt;

use super::{Ended, Error, Kind};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            Kind::NoTarget => f.write_str("no target is named: name at least one path to back up"),
            Kind::Target { path, others, .. } => {
                write!(f, "the target `{}` can't be backed up", path.display())?;
                match others {
                    0 => Ok(()),
                    1 => f.write_str(", nor can the other one"),
                    others => write!(f, ", nor can the {others} others"),
                }
            }
            Kind::TargetInRepository { path, repository } => write!(
                f,
                "the target `{}` is a part of the repository `{repository}`, which can't save \
                 itself: name what is to be backed up, or keep the repository elsewhere",
                path.display()
            ),
            Kind::TargetBelow { path, above } => write!(
                f,
                "the target `{}` lies below the target `{}`, and one of the two has rules of its \
                 own: name one of them, and write the rules for its part with paths",
                path.display(),
                above.display()
            ),
            Kind::Profile(error) => error.fmt(f),
            Kind::NoPassword => f.write_str(
                "no password is given: set TIMELOCKER_PASSWORD, or TIMELOCKER_PASSWORD_FILE to the \
                 path of a file whose first line is the password, or TIMELOCKER_PASSWORD_COMMAND \
                 to a command that writes it",
            ),
            Kind::PasswordVariable { variable } => {
                write!(f, "no password is given: set {variable}, where the profile says that it is")
            }
            Kind::PasswordNotUnicode { variable } => {
                write!(f, "the password in {variable} is not valid UTF-8")
            }
            Kind::PasswordFile { path, .. } => {
                write!(f, "the password file `{}` can't be read", path.display())
            }
            Kind::PasswordCommand { .. } => {
                f.write_str("the command that writes the password gave none")
            }
            Kind::PasswordPrompt { .. } => f.write_str("the password could not be asked for"),
            Kind::PasswordKeyring { service, user, .. } => {
                write!(f, "the keyring gave no password of `{user}` for the service `{service}`")
            }
            Kind::Address { from, .. } => write!(f, "the address `{from}` can't be used"),
            Kind::WrongPassword { repository } => {
                write!(f, "the password does not open the repository `{repository}`")
            }
            Kind::NoKeys { repository } => write!(
                f,
                "the repository `{repository}` has lost its key files, and no password opens it \
                 without: put back what was in its folder `keys`"
            ),
            Kind::RepositoryMissing { repository } => write!(
                f,
                "there is no repository at `{repository}`: check the path, or make one with \
                 `Repository::init`"
            ),
            Kind::RepositoryExists { repository } => write!(
                f,
                "there is a repository at `{repository}` already: open it, or choose another place"
            ),
            Kind::Location { location, why } => {
                write!(f, "`{location}` is no place for a repository: {why}")
            }
            Kind::Locked { repository, holder } => write!(
                f,
                "the repository `{repository}` is in use by {holder}: wait for it to end; if it is \
                 not running any more, its lock expires within half an hour, and `restic unlock` \
                 removes it at once"
            ),
            Kind::Cancelled { doing } => write!(f, "{doing} was cancelled"),
            Kind::NotUnicode { path } => {
                write!(f, "the path `{}` has to be valid UTF-8 for this use", path.display())
            }
            Kind::SnapshotMissing { id } => {
                write!(f, "the repository holds no snapshot `{id}`")
            }
            Kind::SnapshotAmbiguous { id } => {
                write!(f, "several snapshots begin with `{id}`: give more of the id")
            }
            Kind::PathMissing { path, snapshot } => {
                write!(f, "the snapshot {snapshot} does not hold `{}`", path.display())
            }
            Kind::DestinationInUse { path } => write!(
                f,
                "the destination `{}` is not empty: restore into a directory that is empty or not \
                 there yet",
                path.display()
            ),
            Kind::Destination { path, .. } => {
                write!(f, "the destination `{}` can't be used", path.display())
            }
            Kind::Surprise(surprise) => write!(
                f,
                "no snapshot was made: {surprise}; look at what has changed, and back up without \
                 the guard if it is meant"
            ),
            Kind::Unsound { snapshot, missing, faults } => {
                let what = if *missing { "data are missing" } else { "data are damaged" };
                write!(f, "the snapshot {snapshot} was saved, but is not whole: {what}")?;
                if let Some(first) = faults.first() {
                    write!(f, " ({first}")?;
                    match faults.len() - 1 {
                        0 => {}
                        more => write!(f, ", and {more} more")?,
                    }
                    f.write_str(")")?;
                }
                f.write_str("; check the repository with its data")
            }
            Kind::Attempts { failed, ended } => {
                match failed.len() {
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
            Kind::InSnapshot { path, .. } => {
                write!(f, "`{}` can't be read in full from the snapshot", path.display())
            }
            Kind::Engine { doing, repository, .. } => write!(f, "could not {doing} `{repository}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::policy::retry::FailedAttempt;
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
            Error::not_unicode(path),
            Error::snapshot_missing("latest"),
            Error::snapshot_ambiguous("4b"),
            Error::path_missing(path, "4bb4d19e"),
            Error::destination_in_use(path),
            Error::destination(path, denied()),
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
