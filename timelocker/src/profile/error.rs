//! The error of a path or an address of a profile that is none on this system.

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
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::Target(target) => write!(f, "the target {target}")?,
            Subject::Repository(place) => write!(f, "the repository {place}")?,
        }
        write!(f, " of the profile {} {}", self.profile, self.fault)
    }
}

impl Error for ProfileError {}
