//! The error of a profile that can't be used on this system.

use std::error::Error;
use std::fmt;

use super::target::Target;
use super::written::Fault;

/// Why a path or an address of a profile is none on this system.
///
/// ```
/// # #[cfg(unix)] {
/// timelocker::backup_profile! {
///     static LAPTOP = { targets: ["C:/Users"] }
/// }
///
/// let error = LAPTOP.resolved_targets().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the target C:/Users of the profile laptop is not an absolute path on this system; \
///      keep it in a profile for the system that it is for"
/// );
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    pub(super) profile: &'static str,
    pub(super) subject: Subject,
    pub(super) fault: Fault,
}

/// What of a profile can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Target(Target),
    Repository(&'static str),
}

impl ProfileError {
    /// The name of the profile.
    pub fn profile(&self) -> &'static str {
        self.profile
    }

    /// The target that could not be resolved, if it is about one.
    pub fn target(&self) -> Option<Target> {
        match self.subject {
            Subject::Target(target) => Some(target),
            Subject::Repository(_) => None,
        }
    }

    /// The variable that is not set, if that is what is wrong.
    pub fn variable(&self) -> Option<&'static str> {
        match self.fault {
            Fault::Unset(name) => Some(name),
            _ => None,
        }
    }

    /// What can't be used and why, without the [`help`](Self::help).
    #[must_use]
    pub fn message(&self) -> impl fmt::Display + '_ {
        Message(self)
    }

    /// Advice on what to do about it.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// timelocker::backup_profile! {
    ///     static LAPTOP = { targets: ["C:/Users"] }
    /// }
    ///
    /// let error = LAPTOP.resolved_targets().unwrap_err();
    /// assert_eq!(error.help(), Some("keep it in a profile for the system that it is for"));
    /// # }
    /// ```
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        self.fault.help()
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)?;
        match self.help() {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

struct Message<'a>(&'a ProfileError);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProfileError { profile, subject, fault } = self.0;
        match subject {
            Subject::Target(target) => write!(f, "the target {target}")?,
            Subject::Repository(place) => write!(f, "the repository {place}")?,
        }
        write!(f, " of the profile {profile} {fault}")
    }
}

impl Error for ProfileError {}
