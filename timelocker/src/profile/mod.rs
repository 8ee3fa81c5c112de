//! Profiles: what to back up, as plain static data that [`backup_profile!`](crate::backup_profile)
//! writes.

mod error;
mod hooks;
mod notify;
mod password;
mod schedule;
mod settings;
mod target;
mod written;

use std::fmt;
use std::path::PathBuf;

use timelocker_pattern::PatternTable;

use crate::policy::directory_rules::DirectoryRules;
use crate::policy::ignore_files::IgnoreFiles;
use crate::policy::retention::Retention;
use crate::policy::retry::RetryPolicy;
use crate::policy::surprise::{OnSurprise, SurpriseGuard};

pub use self::error::ProfileError;
use self::error::Subject;
pub use self::hooks::{HookLine, HookLines};
pub(crate) use self::notify::Address as NotifyAddress;
pub use self::notify::{AddressSource, Notifications};
pub use self::password::PasswordSource;
#[cfg(feature = "repository")]
pub(crate) use self::password::Secret;
pub use self::schedule::{Schedule, ScheduleError, Weekday};
pub use self::settings::{ReadBack, Settings};
pub use self::target::Target;
pub(crate) use self::target::path_of;
pub use self::written::{Address, Piece};
use self::written::{Environment, Fault};

/// What to back up: targets, the rules that select below them, and how the snapshots are labelled.
///
/// Profiles are declared by [`backup_profile!`](crate::backup_profile). One is plain data in the
/// program's read-only memory; nothing of it is computed before it is used.
///
/// ```
/// timelocker::backup_profile! {
///     static HOME = { targets: ["~/Documents"], exclude: ["*.tmp"] }
/// }
///
/// assert_eq!(HOME.name(), "home");
/// assert_eq!(HOME.targets()[0].to_string(), "~/Documents");
/// assert_eq!(HOME.patterns().rules()[0].pattern(), b"*.tmp");
/// ```
///
/// It can say all there is to say about a backup:
///
/// ```
/// timelocker::backup_profile! {
///     /// What I write myself.
///     pub static NOTES = {
///         targets: ["~/Documents", "$XDG_DATA_HOME/notes", "~/src" => { exclude: ["target/"] }],
///         exclude: [group temporary_files, "!precious.tmp"],
///         repository: "rest:https://me:${REST_PASSWORD}@backup.example/home",
///         password: command "pass show backup",
///         schedule: "daily 03:30",
///         retry: { retries: 5, max_pause: "10m", deadline: "2h" },
///         verify: "5%",
///         on_surprise: "stop",
///         surprise: { more: 3.0 },
///         hooks: { before: required "mountpoint -q /mnt/data" within "10s" },
///         notify: { desktop: true, ping: env "PING_URL" },
///         settings: { compression: 7, bandwidth: "10 MiB/s" },
///         keep_daily: 7,
///         keep_weekly: 5,
///     }
/// }
///
/// let repository = NOTES.repository().expect("it is there");
/// assert!(!repository.contains(":secret@"));
/// ```
#[derive(Clone, Copy)]
pub struct Profile(ProfileParts);

/// What the macro gives: the fields of a [`Profile`].
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug)]
pub struct ProfileParts {
    pub name: &'static str,
    pub targets: &'static [Target],
    pub repository: Option<Address>,
    pub password: Option<&'static PasswordSource>,
    pub patterns: &'static PatternTable,
    pub tags: &'static [&'static str],
    pub host: Option<&'static str>,
    pub one_file_system: bool,
    pub directory_rules: DirectoryRules,
    pub ignore_files: &'static IgnoreFiles,
    pub retention: &'static Retention,
    pub guard: SurpriseGuard,
    pub retry: &'static RetryPolicy,
    pub verify: ReadBack,
    pub schedule: Option<Schedule>,
    pub settings: Settings,
    pub hooks: HookLines,
    pub notifications: Notifications,
}

impl Profile {
    pub(crate) const fn from_parts(parts: ProfileParts) -> Self {
        Self(parts)
    }

    /// What the profile is called in commands and reports.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// The targets as they were written, in that order.
    pub fn targets(&self) -> &'static [Target] {
        self.0.targets
    }

    /// The targets as absolute paths, in the order they were written.
    ///
    /// The home directory that `~` stands for is asked of the system at each call. Whether the
    /// paths exist is not looked at.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// timelocker::backup_profile! {
    ///     static SYSTEM = { targets: ["/etc", "/usr//local/"] }
    /// }
    ///
    /// # #[cfg(unix)]
    /// assert_eq!(SYSTEM.resolved_targets()?, [Path::new("/etc"), Path::new("/usr/local")]);
    /// # Ok::<(), timelocker::ProfileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a target begins with `~` and the user has no home directory, when a variable in it is
    /// not set or empty, or when it is not absolute on the system that the program runs on
    /// (`C:\Users` on Unix, `/etc` on Windows).
    pub fn resolved_targets(&self) -> Result<Vec<PathBuf>, ProfileError> {
        self.targets_in(&Environment::of_process())
    }

    fn targets_in(&self, environment: &Environment<'_>) -> Result<Vec<PathBuf>, ProfileError> {
        let resolve = |target: &Target| {
            let resolved = target.resolved_in(environment);
            resolved.map_err(|fault| self.error(Subject::Target(*target), fault))
        };
        self.0.targets.iter().map(resolve).collect()
    }

    /// Where the repository is, as it was written.
    pub fn repository(&self) -> Option<&'static str> {
        self.0.repository.map(|repository| repository.written())
    }

    /// Where the repository is, with `~` and variables replaced: what
    /// `Location` reads. It may hold a password that a variable held; show it by a `Location`.
    ///
    /// ```
    /// timelocker::backup_profile! {
    ///     static HOME = { targets: ["~"], repository: "rest:https://backup.example/home" }
    ///     static ETC = { targets: ["/etc"] }
    /// }
    ///
    /// let repository = HOME.resolved_repository()?;
    /// assert_eq!(repository.as_deref(), Some("rest:https://backup.example/home"));
    /// assert_eq!(ETC.resolved_repository()?, None);
    /// # Ok::<(), timelocker::ProfileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it begins with `~` and the user has no home directory, or when a variable in it is not
    /// set, empty or not Unicode.
    pub fn resolved_repository(&self) -> Result<Option<String>, ProfileError> {
        self.repository_in(&Environment::of_process())
    }

    fn repository_in(&self, environment: &Environment<'_>) -> Result<Option<String>, ProfileError> {
        let Some(address) = self.0.repository else { return Ok(None) };
        let resolved = address.resolved_in(environment);
        let error = |fault| self.error(Subject::Repository(address.written()), fault);
        resolved.map(Some).map_err(error)
    }

    fn error(&self, subject: Subject, fault: Fault) -> ProfileError {
        ProfileError { profile: self.0.name, subject, fault }
    }

    /// Where the password of the repository comes from.
    pub fn password(&self) -> Option<&'static PasswordSource> {
        self.0.password
    }

    /// The rules that select what lies below the targets that have none of their own. Their paths
    /// are relative to each target.
    pub fn patterns(&self) -> &'static PatternTable {
        self.0.patterns
    }

    /// The rules that select what lies below a target: its own, which contain those of the profile,
    /// or those of the profile.
    ///
    /// ```
    /// use timelocker::pattern::{EntryKind, Verdict};
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = {
    ///         targets: ["~/Documents", "~/src" => { exclude: ["target/"] }],
    ///         exclude: ["*.tmp"],
    ///     }
    /// }
    ///
    /// let [documents, sources] = HOME.targets() else { unreachable!() };
    /// let verdict = |target, path: &str| {
    ///     HOME.patterns_of(target).verdict(path.as_bytes(), EntryKind::File)
    /// };
    /// assert_eq!(verdict(documents, "a.tmp"), Verdict::Exclude);
    /// assert_eq!(verdict(documents, "target/x"), Verdict::Include);
    /// assert_eq!(verdict(sources, "a.tmp"), Verdict::Exclude);
    /// assert_eq!(verdict(sources, "target/x"), Verdict::Exclude);
    /// ```
    pub fn patterns_of(&self, target: &Target) -> &'static PatternTable {
        target.patterns().unwrap_or(self.0.patterns)
    }

    /// The commands around a backup, as they were written.
    pub(crate) fn hook_lines(&self) -> &HookLines {
        &self.0.hooks
    }

    /// How much of a snapshot is read back.
    #[cfg(feature = "repository")]
    pub(crate) fn read_back(&self) -> ReadBack {
        self.0.verify
    }

    /// How the repository stores and is reached.
    #[cfg(feature = "repository")]
    pub(crate) fn stored(&self) -> &Settings {
        &self.0.settings
    }

    /// What the snapshots are tagged with.
    pub fn tags(&self) -> &'static [&'static str] {
        self.0.tags
    }

    /// The host's name in the snapshots; `None` for the name of the machine that the program runs
    /// on.
    pub fn host(&self) -> Option<&'static str> {
        self.0.host
    }

    /// Whether what is mounted below a target is left out.
    pub fn one_file_system(&self) -> bool {
        self.0.one_file_system
    }

    /// What is left out for what lies in a directory or beside it, and for its size.
    pub fn directory_rules(&self) -> DirectoryRules {
        self.0.directory_rules
    }

    /// The files that say what is left out where they are found: `.gitignore` and the like.
    pub fn ignore_files(&self) -> &'static IgnoreFiles {
        self.0.ignore_files
    }

    /// What is done when a backup is far from what the last ones were.
    pub fn on_surprise(&self) -> OnSurprise {
        self.0.guard.action()
    }

    /// When a backup is far from what the last ones were, and what is done then.
    ///
    /// ```
    /// use timelocker::{OnSurprise, SurpriseGuard};
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = { targets: ["~"], on_surprise: "stop", surprise: { more: 3.0 } }
    /// }
    ///
    /// assert_eq!(HOME.surprise_guard(), SurpriseGuard::new(OnSurprise::Stop).more(3.0));
    /// ```
    pub fn surprise_guard(&self) -> SurpriseGuard {
        self.0.guard
    }

    /// When a failed attempt is made again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use timelocker::retry::RetryPolicy;
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = { targets: ["~"], retry: { retries: 5, max_pause: "10m" } }
    /// }
    ///
    /// let policy = RetryPolicy::new().retries(5).max_pause(Duration::from_secs(600));
    /// assert_eq!(HOME.retry(), policy);
    /// ```
    pub fn retry(&self) -> RetryPolicy {
        self.0.retry.clone()
    }

    /// When it is to be backed up, if the profile says so.
    pub fn schedule(&self) -> Option<Schedule> {
        self.0.schedule
    }

    /// Who is told of its operations.
    pub fn notifications(&self) -> Notifications {
        self.0.notifications
    }

    /// Which snapshots are kept when others are forgotten.
    pub fn retention(&self) -> &'static Retention {
        self.0.retention
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    crate::backup_profile! {
        static HOME = {
            targets: ["/etc", "~/x", "$DISK/y"],
            repository: "rest:https://me:${REST_PASSWORD}@host/$$x",
        }
        static LOCAL = { targets: ["/etc"], repository: "local:~/backups" }
    }

    fn variable(name: &str) -> Option<OsString> {
        (name == "REST_PASSWORD").then(|| "secret".into())
    }

    #[test]
    fn an_error_names_the_profile_and_what_is_wrong_in_it() {
        let error = HOME.targets_in(&Environment::new(None, &variable)).unwrap_err();
        assert_eq!((error.profile(), error.target()), ("home", Some(HOME.targets()[1])));
        assert_eq!(
            error.to_string(),
            "the target ~/x of the profile home is in the home directory, and this user has none; \
             set HOME, or name an absolute path"
        );
        let error = HOME.targets_in(&Environment::new(Some("/home/a"), &variable)).unwrap_err();
        assert_eq!(error.variable(), Some("DISK"));
        assert_eq!(
            error.to_string(),
            "the target $DISK/y of the profile home needs the variable DISK, which is not set or \
             empty; set it"
        );
        let error = HOME.repository_in(&Environment::new(None, &|_| None)).unwrap_err();
        assert_eq!(error.target(), None);
        assert_eq!(
            error.to_string(),
            "the repository rest:https://me:${REST_PASSWORD}@host/$$x of the profile home needs \
             the variable REST_PASSWORD, which is not set or empty; set it"
        );
    }

    #[test]
    fn repositories_are_resolved() {
        let environment = Environment::new(Some("/home/ada"), &variable);
        let resolved = |profile: &Profile| profile.repository_in(&environment).unwrap().unwrap();
        assert_eq!(resolved(&HOME), "rest:https://me:secret@host/$x");
        assert_eq!(resolved(&LOCAL), "local:/home/ada/backups");
    }
}
