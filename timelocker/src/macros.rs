//! The function-like macros. Each hands its input to the procedural macro behind it, together with
//! `$crate`, so that the expansion finds this crate under whatever name its user gave it.

/// Compiles patterns into a [`PatternTable`](crate::pattern::PatternTable) at build time.
///
/// The patterns are string literals in the language of `.gitignore`; a byte string, `b".."`, is for
/// names that are not UTF-8. A plain list is a list of excludes, where the last matching pattern
/// wins and `!` takes an entry back. With names there can be an include list too: then only what it
/// matches, and what lies below that, is selected.
///
/// The value is data that the compiler puts into the program: nothing is parsed, built or allocated
/// at run time. It can stand in a `static`, in a `const` and in a function.
///
/// ```
/// use timelocker::pattern::{EntryKind, PatternTable, Verdict};
/// use timelocker::patterns;
///
/// static JUNK: PatternTable = patterns!["*.tmp", "/target/", "!keep.tmp", b"caf\xe9*"];
/// static PHOTOS: PatternTable = patterns![
///     exclude: [".thumbnails/"],
///     include: ["*.jpg", "/raw/"],
/// ];
///
/// assert_eq!(JUNK.verdict(b"notes/a.tmp", EntryKind::File), Verdict::Exclude);
/// assert_eq!(JUNK.verdict(b"notes/keep.tmp", EntryKind::File), Verdict::Include);
/// assert_eq!(PHOTOS.verdict(b"2024/a.jpg", EntryKind::File), Verdict::Include);
/// assert_eq!(PHOTOS.verdict(b"2024/a.txt", EntryKind::File), Verdict::Exclude);
/// ```
///
/// # Errors
///
/// A pattern that can match nothing does not compile. All faults are reported in one build, each at
/// its literal:
///
/// ```text
/// error: the character class is never closed, so this matches nothing
///            |
///            | cache/[a-z
///            |       ^^^^ column 7
///            = help: close it with `]`, or write `\[` for the character itself
///  --> src/profile.rs:12:9
///    |
/// 12 |         "cache/[a-z",
///    |         ^^^^^^^^^^^^
/// ```
///
/// The column counts the characters of the pattern, after the escapes of the literal.
///
/// ```compile_fail
/// static JUNK: timelocker::pattern::PatternTable = timelocker::patterns!["cache/[a-z"];
/// ```
#[macro_export]
macro_rules! patterns {
    ($($input:tt)*) => { $crate::private::__patterns! { ($crate) $($input)* } };
}

/// Declares backup profiles, compiled at build time: each is a `static` or a `const` of type
/// [`Profile`](crate::Profile).
///
/// ```
/// timelocker::backup_profile! {
///     /// What I write myself.
///     pub static HOME = {
///         targets: ["~/Documents", "~/src", "/etc"],
///         exclude: ["target/", "node_modules/", "*.tmp", "!/src/keep.tmp"],
///         tags: ["home"],
///     }
///
///     /// The photographs, and nothing that lies beside them.
///     pub static PHOTOS = {
///         name: "photographs",
///         targets: ["/srv/photos"],
///         include: ["*.jpg", "*.cr3"],
///         exclude: [".thumbnails/"],
///         host: "nas",
///         one_file_system: true,
///     }
/// }
///
/// assert_eq!(HOME.name(), "home");
/// assert_eq!(PHOTOS.tags().len(), 0);
/// ```
///
/// The fields come in any order, each once; only `targets` has to be there.
///
/// - `targets`: the paths to back up: absolute, or in the home directory with `~/`.
/// - `exclude`: patterns, as in [`patterns!`](crate::patterns), relative to each target. What they
///   match is left out.
/// - `include`: patterns. If there are any, only what they match, and what lies below that, is
///   selected.
/// - `name`: what the profile is called in commands and reports. Without it, it is the static's
///   name in lower case, with `-` for `_`.
/// - `tags`: what the snapshots are tagged with. As in restic, a tag holds no comma.
/// - `host`: the host's name in the snapshots. Without it, it is the name of the machine at run
///   time.
/// - `one_file_system`: `true` leaves out what is mounted below a target.
///
/// Doc comments, attributes (`#[cfg(..)]` too), a visibility, a written type
/// (`static HOME: Profile = ..`) and a final `;` are as in any static.
///
/// # Errors
///
/// As in [`patterns!`](crate::patterns), all faults are reported in one build, each at its place.
/// The statics are defined even then, so that the code that uses them does not fail as well.
#[macro_export]
macro_rules! backup_profile {
    ($($input:tt)*) => { $crate::private::__backup_profile! { ($crate) $($input)* } };
}
