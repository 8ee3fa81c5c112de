//! Advice: what to do about an error, as data.

use std::borrow::Cow;

use super::{Error, Kind};

impl Error {
    /// Advice on what to do about it, in the terms of this library; `None` where the message says
    /// all there is to say.
    ///
    /// A program with words of its own, as a command line has, replaces it by
    /// [`kind`](Error::kind).
    ///
    /// ```
    /// use timelocker::walk::Targets;
    ///
    /// let error = Targets::new([""; 0]).unwrap_err();
    /// assert_eq!(error.help().as_deref(), Some("name at least one path to back up"));
    /// ```
    #[must_use]
    pub fn help(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match &*self.kind {
            Kind::NoTarget => "name at least one path to back up",
            Kind::TargetInRepository { .. } => {
                "name what is to be backed up, or keep the repository elsewhere"
            }
            Kind::TargetBelow { .. } => {
                "name one of them, and write the rules for its part with paths"
            }
            Kind::Profile(error) => return error.help().map(Cow::Borrowed),
            Kind::NoPassword => {
                "set TIMELOCKER_PASSWORD, or TIMELOCKER_PASSWORD_FILE to the path of a file that \
                 holds the password, or TIMELOCKER_PASSWORD_COMMAND to a command that prints it"
            }
            Kind::PasswordVariable { variable } => {
                return Some(Cow::Owned(format!(
                    "set {variable}, the variable that the profile names"
                )));
            }
            Kind::NoKeys { .. } => "put back the files of its folder `keys`",
            Kind::RepositoryMissing { .. } => "check the path, or make one with `Repository::init`",
            Kind::RepositoryExists { .. } => "open it, or choose another place",
            Kind::Locked { .. } => {
                "wait for it to end; if it is not running any more, its lock expires within half \
                 an hour, and `Repository::remove_locks` removes it at once"
            }
            Kind::SnapshotAmbiguous { .. } => "give more of the id",
            Kind::DestinationInUse { .. } => {
                "restore into a directory that is empty or does not exist yet"
            }
            Kind::Surprise(_) => {
                "look at what has changed, and back up without the guard if it is intended"
            }
            Kind::Damaged { .. } | Kind::Unsound { .. } => {
                "check the repository with its data to find all that is damaged"
            }
            _ => return None,
        }))
    }
}
