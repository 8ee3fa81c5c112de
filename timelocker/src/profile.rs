//! Profiles: what to back up, as plain static data that [`backup_profile!`](crate::backup_profile)
//! writes.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use timelocker_pattern::PatternTable;

use crate::predicate::DirectoryRules;
use crate::retention::Retention;
use crate::surprise::OnSurprise;
use crate::walk::IgnoreFiles;

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
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    name: &'static str,
    targets: &'static [Target],
    patterns: &'static PatternTable,
    tags: &'static [&'static str],
    host: Option<&'static str>,
    one_file_system: bool,
    directory_rules: DirectoryRules,
    ignore_files: &'static IgnoreFiles,
    retention: &'static Retention,
    on_surprise: OnSurprise,
}

/// What the macro gives: the fields of a [`Profile`] by name.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Debug)]
pub struct Parts {
    pub name: &'static str,
    pub targets: &'static [Target],
    pub patterns: &'static PatternTable,
    pub tags: &'static [&'static str],
    pub host: Option<&'static str>,
    pub one_file_system: bool,
    pub directory_rules: DirectoryRules,
    pub ignore_files: &'static IgnoreFiles,
    pub retention: &'static Retention,
    pub on_surprise: OnSurprise,
}

impl Profile {
    pub(crate) const fn from_parts(parts: Parts) -> Self {
        let Parts { name, targets, patterns, tags, host, .. } = parts;
        let Parts { one_file_system, directory_rules, ignore_files, .. } = parts;
        let Parts { retention, on_surprise, .. } = parts;
        Self {
            name,
            targets,
            patterns,
            tags,
            host,
            one_file_system,
            directory_rules,
            ignore_files,
            retention,
            on_surprise,
        }
    }

    /// What the profile is called in commands and reports.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The targets as they were written, in that order.
    pub fn targets(&self) -> &'static [Target] {
        self.targets
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
    /// When a target begins with `~` and the user has no home directory, or when a target is not
    /// absolute on the system that the program runs on (`C:\Users` on Unix, `/etc` on Windows).
    pub fn resolved_targets(&self) -> Result<Vec<PathBuf>, ProfileError> {
        let home = std::env::home_dir();
        self.resolved_in(home.as_deref())
    }

    fn resolved_in(&self, home: Option<&Path>) -> Result<Vec<PathBuf>, ProfileError> {
        let resolve = |target: &Target| {
            target.resolved_in(home).map_err(|kind| ProfileError {
                profile: self.name,
                target: *target,
                kind,
            })
        };
        self.targets.iter().map(resolve).collect()
    }

    /// The rules that select what lies below the targets. Their paths are relative to each target.
    pub fn patterns(&self) -> &'static PatternTable {
        self.patterns
    }

    /// What the snapshots are tagged with.
    pub fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// The host's name in the snapshots; `None` for the name of the machine that the program runs
    /// on.
    pub fn host(&self) -> Option<&'static str> {
        self.host
    }

    /// Whether what is mounted below a target is left out.
    pub fn one_file_system(&self) -> bool {
        self.one_file_system
    }

    /// What is left out for what lies in a directory or beside it, and for its size.
    pub fn directory_rules(&self) -> DirectoryRules {
        self.directory_rules
    }

    /// The files that say what is left out where they are found: `.gitignore` and the like.
    pub fn ignore_files(&self) -> &'static IgnoreFiles {
        self.ignore_files
    }

    /// What is done when a backup is far from what the last ones were.
    pub fn on_surprise(&self) -> OnSurprise {
        self.on_surprise
    }

    /// Which snapshots are kept when others are forgotten.
    pub fn retention(&self) -> &'static Retention {
        self.retention
    }
}

/// A path named for backup, as it was written: absolute, or in the home directory with `~`.
///
/// Shown, it is that text, with U+FFFD for bytes that are not UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    written: &'static [u8],
}

impl Target {
    #[doc(hidden)]
    pub const fn from_static(written: &'static [u8]) -> Self {
        Self { written }
    }

    /// The bytes as they were written, `~` included.
    pub fn as_bytes(&self) -> &'static [u8] {
        self.written
    }

    fn resolved_in(self, home: Option<&Path>) -> Result<PathBuf, ErrorKind> {
        let path = match self.written {
            [b'~', below @ ..] if matches!(below, [] | [b'/', ..]) => {
                let home = home.filter(|home| home.is_absolute()).ok_or(ErrorKind::NoHome)?;
                // `join` would take a path with a leading slash instead of the home directory.
                let slashes = below.iter().take_while(|&&byte| byte == b'/').count();
                home.join(path(&below[slashes..])?)
            }
            written => path(written)?.to_owned(),
        };
        if !path.is_absolute() {
            return Err(ErrorKind::NotAbsolute);
        }
        // Without `.`, doubled and trailing slashes.
        Ok(path.components().collect())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.written).fmt(f)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.written.escape_ascii())
    }
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> Result<&Path, ErrorKind> {
    use std::os::unix::ffi::OsStrExt as _;

    Ok(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> Result<&Path, ErrorKind> {
    str::from_utf8(bytes).map(Path::new).map_err(ErrorKind::NotUnicode)
}

/// Why a profile's targets are no paths on this system.
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
    profile: &'static str,
    target: Target,
    kind: ErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ErrorKind {
    NoHome,
    NotAbsolute,
    #[cfg(not(unix))]
    NotUnicode(std::str::Utf8Error),
}

impl ProfileError {
    /// The name of the profile.
    pub fn profile(&self) -> &'static str {
        self.profile
    }

    /// The target that could not be resolved.
    pub fn target(&self) -> Target {
        self.target
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, target, kind } = self;
        write!(f, "the target {target} of the profile {profile} ")?;
        f.write_str(match kind {
            ErrorKind::NoHome => {
                "is in the home directory, and this user has none; set HOME, or name an absolute \
                 path"
            }
            ErrorKind::NotAbsolute => {
                "is not an absolute path on this system; keep it in a profile for the system that \
                 it is for"
            }
            #[cfg(not(unix))]
            ErrorKind::NotUnicode(_) => "is not Unicode, as paths are on this system",
        })
    }
}

impl Error for ProfileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            ErrorKind::NoHome | ErrorKind::NotAbsolute => None,
            #[cfg(not(unix))]
            ErrorKind::NotUnicode(error) => Some(error),
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    fn resolved(target: &'static [u8], home: Option<&str>) -> Result<PathBuf, ErrorKind> {
        Target::from_static(target).resolved_in(home.map(Path::new))
    }

    #[test]
    fn targets_are_resolved() {
        let table: [(&[u8], &[u8]); 10] = [
            (b"/", b"/"),
            (b"/etc", b"/etc"),
            (b"//srv/./data//", b"/srv/data"),
            (b"~", b"/home/ada"),
            (b"~/", b"/home/ada"),
            (b"~/src", b"/home/ada/src"),
            (b"~//src", b"/home/ada/src"),
            // Only the first component stands for the home directory.
            (b"/srv/~/x", b"/srv/~/x"),
            (b"~/~", b"/home/ada/~"),
            (b"~/caf\xe9", b"/home/ada/caf\xe9"),
        ];
        for (target, expected) in table {
            let path = resolved(target, Some("/home/ada")).unwrap();
            assert_eq!(path.as_os_str().as_bytes(), expected, "{}", target.escape_ascii());
        }
    }

    #[test]
    fn targets_without_a_place_are_refused() {
        let table: [(&[u8], Option<&str>, ErrorKind); 6] = [
            (b"~/x", None, ErrorKind::NoHome),
            (b"~", Some(""), ErrorKind::NoHome),
            (b"~", Some("ada"), ErrorKind::NoHome),
            (b"C:/x", Some("/home/ada"), ErrorKind::NotAbsolute),
            (br"\\server\share", Some("/home/ada"), ErrorKind::NotAbsolute),
            (b"~ada/x", Some("/home/ada"), ErrorKind::NotAbsolute),
        ];
        for (target, home, expected) in table {
            assert_eq!(resolved(target, home), Err(expected), "{}", target.escape_ascii());
        }
    }

    #[test]
    fn an_error_names_the_profile_and_the_target() {
        crate::backup_profile! {
            static HOME = { targets: ["/etc", "~/x"] }
        }
        let error = HOME.resolved_in(None).unwrap_err();
        assert_eq!((error.profile(), error.target()), ("home", HOME.targets()[1]));
        assert_eq!(
            error.to_string(),
            "the target ~/x of the profile home is in the home directory, and this user has none; \
             set HOME, or name an absolute path"
        );
    }
}
