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
/// # Groups and files
///
/// Among the patterns, `group temporary_files` stands for those of a
/// [group](crate::pattern::groups), `group MY_JUNK` for those of one that
/// [`pattern_group!`](crate::pattern_group) defines, and `file ".."` for those of a file, as in
/// [`include_patterns!`](crate::include_patterns). They stand where they are named: what comes
/// later wins.
///
/// ```
/// use timelocker::pattern::{EntryKind, PatternTable, Verdict};
///
/// static JUNK: PatternTable = timelocker::patterns![group temporary_files, "!precious.tmp"];
///
/// assert_eq!(JUNK.verdict(b"src/node_modules/x", EntryKind::File), Verdict::Exclude);
/// assert_eq!(JUNK.verdict(b"precious.tmp", EntryKind::File), Verdict::Include);
/// ```
///
/// # Dialects
///
/// A word before a pattern names the language that it is written in: `gitignore`, the default,
/// `fnmatch`, `restic` or `regex`, each to the letter of its origin (see
/// [`Dialect`](crate::pattern::Dialect)); `nocase`, alone or before that, lets it match letters of
/// either case. Words before the brackets of a list hold for all patterns in it that have none of
/// their own.
///
/// ```
/// use timelocker::pattern::{EntryKind, PatternTable, Verdict};
///
/// static JUNK: PatternTable = timelocker::patterns!["*.tmp", nocase "thumbs.db", regex r"/core\.\d+$"];
/// static PHOTOS: PatternTable = timelocker::patterns![
///     include: nocase ["*.jpg", "*.png", restic "/raw/**/*.CR2"],
/// ];
///
/// assert_eq!(JUNK.verdict(b"a/Thumbs.db", EntryKind::File), Verdict::Exclude);
/// assert_eq!(JUNK.verdict(b"a/core.17", EntryKind::File), Verdict::Exclude);
/// assert_eq!(PHOTOS.verdict(b"a/B.JPG", EntryKind::File), Verdict::Include);
/// assert_eq!(PHOTOS.verdict(b"raw/x.cr2", EntryKind::File), Verdict::Exclude);
/// ```
///
/// # Asserted paths
///
/// What is to be selected, and what not, can be written beside the patterns. It is asked when the
/// table is compiled; a wrong one does not compile, and names the pattern that decided.
///
/// ```
/// # use timelocker::pattern::PatternTable;
/// static JUNK: PatternTable = timelocker::patterns![
///     exclude: ["*.tmp", "target/", "!keep.tmp"],
///     assert: {
///         "notes/keep.tmp" => included,
///         "src/target/debug/x" => excluded,
///         "target/" => excluded,
///     },
/// ];
/// ```
///
/// The paths are relative to the target, as the patterns are: what is asserted is so in every
/// target. One that ends in `/` is a directory, any other a file. With an include list, a directory
/// that is walked for what is below it and not selected itself is `entered`.
///
/// ```text
/// error: asserted to be included, this is excluded
///            = note: the pattern `target/`, at src/profile.rs:4:19, excludes the directory `x/target/` above it
///  --> src/profile.rs:6:9
///   |
/// 6 |         "x/target/y" => included,
///   |         ^^^^^^^^^^^^
/// ```
///
/// # Lints
///
/// Rules that are good by themselves can be of no use beside the others. That is found out when the
/// table is compiled, for all paths that there can be, and shown with one of them.
///
/// | lint | what it finds | level |
/// | --- | --- | --- |
/// | `duplicate` | the same pattern comes again in the same list | warn |
/// | `never_decides` | on every path that a pattern matches, another one decides | warn |
/// | `matches_nothing` | a pattern that no path matches | deny |
/// | `unreachable_reinclude` | a `!` for what lies below directories that are always excluded | deny |
/// | `excludes_everything` | an exclude list that leaves nothing | deny |
/// | `selects_nothing` | an include list by which nothing is selected | deny |
///
/// The levels are set by name beside the lists:
///
/// ```
/// # use timelocker::pattern::PatternTable;
/// static JUNK: PatternTable = timelocker::patterns![
///     exclude: ["*.tmp", "cache/", "*.tmp"],
///     allow: [duplicate],
///     deny: [never_decides],
/// ];
/// ```
///
/// Patterns of groups and of `lenient` files are not examined. A warning comes as the use of a
/// deprecated function of the lint's name, since stable compilers let a macro warn in no other way;
/// `#[allow(deprecated)]` silences them all.
///
/// ```text
/// error: `!build/keep.txt` takes nothing back: `build/keep.txt` lies in the directory `build/`,
///        which `build/`, at src/profile.rs:4:9, excludes with all that is in it
///            = help: take the directory back and exclude what is in it, by `!/build/` and
///              `/build/*` before this one
///  --> src/profile.rs:5:9
///   |
/// 5 |         "!build/keep.txt",
///   |         ^^^^^^^^^^^^^^^^^
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

/// Compiles files of patterns into a [`PatternTable`](crate::pattern::PatternTable) at build time.
///
/// A file has the format of `.gitignore`: a pattern a line, comments after `#`. Its path is
/// relative to the directory of the crate's `Cargo.toml`, not to the source file. The table is
/// compiled anew when the file changes, and the file is not needed at run time.
///
/// One path is a list of excludes, and so are several, in their order; with names there can be
/// include lists too. Among other patterns, in [`patterns!`](crate::patterns) and in
/// [`backup_profile!`](crate::backup_profile), a file is written `file ".."`.
///
/// ```
/// use timelocker::pattern::{EntryKind, PatternTable, Verdict};
/// use timelocker::{include_patterns, patterns};
///
/// static HOME: PatternTable = include_patterns!("tests/lists/home.exclude");
/// static BOTH: PatternTable = include_patterns!(
///     exclude: ["tests/lists/home.exclude", "tests/lists/editors.exclude"],
///     include: "tests/lists/home.include",
/// );
/// static AMONG_OTHERS: PatternTable = patterns!["*.bak", file "tests/lists/home.exclude"];
///
/// assert_eq!(HOME.verdict(b"Downloads/x.iso", EntryKind::File), Verdict::Exclude);
/// let place = HOME.rules()[0].place().map(ToString::to_string);
/// assert_eq!(place.as_deref(), Some("tests/lists/home.exclude:2"));
/// ```
///
/// # Errors
///
/// git takes lines that can match nothing, and ignores them; here they are errors, all of them in
/// one build, with the file's own line and column:
///
/// ```text
/// error: the character class is never closed, so this matches nothing
///           --> lists/home.exclude:3:7
///            |
///          3 | cache/[a-z
///            |       ^^^^ column 7
///            = help: close it with `]`, or write `\[` for the character itself
///  --> src/profile.rs:12:23
/// ```
///
/// A file that is not yours to mend is taken as git takes it with `lenient` before its path:
/// `include_patterns!(lenient "vendor/.gitignore")`, and `lenient file ".."` among other patterns.
///
/// ```compile_fail
/// static HOME: timelocker::pattern::PatternTable = timelocker::include_patterns!("no/such/file");
/// ```
#[macro_export]
macro_rules! include_patterns {
    ($($input:tt)*) => { $crate::private::__include_patterns! { ($crate) $($input)* } };
}

/// Defines groups of patterns, to share between profiles.
///
/// ```
/// use timelocker::pattern::{EntryKind, Verdict};
///
/// timelocker::pattern_group! {
///     /// What I never miss.
///     pub static MY_JUNK = ["/Downloads/", "*.iso", group temporary_files];
/// }
///
/// timelocker::backup_profile! {
///     static HOME = { targets: ["~"], exclude: [group MY_JUNK, ".cache/"] }
///     static WORK = { targets: ["/srv/work"], exclude: [group MY_JUNK, "!/Downloads/"] }
/// }
///
/// assert_eq!(HOME.patterns().verdict(b"Downloads/x", EntryKind::File), Verdict::Exclude);
/// assert_eq!(WORK.patterns().verdict(b"Downloads/x", EntryKind::File), Verdict::Include);
///
/// // At run time it is a group too, named as the static is, in lower case.
/// assert_eq!(MY_JUNK.name(), "my_junk");
/// assert_eq!(MY_JUNK.summary(), "What I never miss.");
/// ```
///
/// A group holds patterns, and the [groups of this crate](crate::pattern::groups). Its name is in
/// upper case. It is an item like any other: it can be imported and renamed, in any order in a
/// crate, and a `pub` one from other crates: `group crate::groups::MY_JUNK`.
///
/// # Errors
///
/// As in [`patterns!`](crate::patterns), each at its literal, and where the group is defined alone.
/// A macro that names a group which does not exist fails with "cannot find macro".
///
/// ```compile_fail
/// timelocker::pattern_group! { static MY_JUNK = ["cache/[a-z"]; }
/// ```
#[macro_export]
macro_rules! pattern_group {
    ($($input:tt)*) => { $crate::private::__pattern_group! { ($crate) $($input)* } };
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
///         assert: { "a.odt" => included, "x/target/debug/x" => excluded },
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
/// - `targets`: the paths to back up: absolute, or in the home directory with `~/`. `$NAME` and
///   `${NAME}` are replaced by that variable of the environment when the profile is used, and `$$` by
///   `$`. Behind a target can be [rules of its own](#rules-of-a-target).
/// - `repository`: where it is saved: a path, as of a target, or an address of a
///   `repository::Location`, `"rest:https://host/home"`. Variables are replaced,
///   and so a password can be in it without being in the source:
///   `"rest:https://me:${REST_PASSWORD}@host/home"` (percent-encoded, as in any address).
/// - `password`: where the repository's password comes from, and never the password itself:
///   `env "RESTIC_PASSWORD"`, `file "~/.config/backup-password"`, `command "pass show backup"`,
///   `keyring "service" "user"` (with the feature `keyring`) or `prompt`. See
///   [`PasswordSource`](crate::PasswordSource).
/// - `exclude`: patterns, as in [`patterns!`](crate::patterns), relative to each target. What they
///   match is left out. `group ..` and `file ".."` stand for several.
/// - `include`: patterns. If there are any, only what they match, and what lies below that, is
///   selected.
/// - `assert`: what is selected of each target, and what not: `{ "a.odt" => included }`, as in
///   [`patterns!`](crate::patterns#asserted-paths).
/// - `allow`, `warn`, `deny`: the levels of [lints](crate::patterns#lints) by name, `[duplicate]`.
/// - `name`: what the profile is called in commands and reports. Without it, it is the static's
///   name in lower case, with `-` for `_`.
/// - `tags`: what the snapshots are tagged with. As in restic, a tag holds no comma.
/// - `host`: the host's name in the snapshots. Without it, it is the name of the machine at run
///   time.
/// - `one_file_system`: `true` leaves out what is mounted below a target.
/// - `keep_last`, `keep_hourly`, `keep_daily`, `keep_weekly`, `keep_monthly`, `keep_yearly`: how many
///   snapshots of each kind are kept when the others are forgotten; `keep_within`: how old one may
///   be to be kept for that alone, `"1y5m7d3h"`; `keep_tags`: the tags that keep one. See
///   [`Retention`](crate::Retention).
/// - `on_surprise`: `"stop"`, `"warn"` or `"ignore"`, when a backup selects far more or fewer files
///   than the last ones, or far more of them are new or changed. See
///   [`SurpriseGuard`](crate::SurpriseGuard).
/// - `surprise`: what a surprise is, `{ more: 3.0, less: 0.5, changed: 0.5, slack: 100 }`: by which
///   factor more files, which share of the usual files, which share of new or changed ones, and by
///   fewer than how many files nothing is.
/// - `retry`: when a failed attempt is made again, `{ retries: 5, pause: "1s", factor: 2.0,
///   max_pause: "1m", jitter: 0.25, deadline: "2h" }`. What is left out is as in
///   [`RetryPolicy`](crate::retry::RetryPolicy).
/// - `verify`: how much of a snapshot is read back: a share of its data, `"5%"`, or `"structure"`,
///   which it is without the field, or `"nothing"`.
/// - `hooks`: lines for the shell, `{ before: required "mountpoint /mnt", success: "..",
///   failure: "..", finally: ".." }`, each one or a list. After `required` one has to succeed, or
///   there is no backup; `within "10m"` behind it is how long it may take. See
///   [`Hook`](crate::monitoring::Hook).
/// - `notify`: who is told, `{ desktop: true, ping: env "PING_URL", webhook: "https://host/path" }`.
///   An address that is a secret comes from `env`, `file` or `command`. See
///   [`Notifications`](crate::Notifications).
/// - `schedule`: `"hourly"`, `"hourly :17"`, `"daily 03:30"`, `"weekly mon 03:30"`, `"monthly 1 03:30"` or
///   `"every 6h"`, by the clock of the machine. See [`Schedule`](crate::Schedule).
/// - `settings`: how the repository stores, and how it is reached, `{ compression: 7,
///   pack_size: "64 MiB", verify_writes: true, append_only: false, bandwidth: "10 MiB/s",
///   timeout: "1m" }`.
/// - `ignore_files`: names, `[".gitignore"]`. Files of these names say what is left out where they are
///   found, as git reads them: see [`IgnoreFiles`](crate::walk::IgnoreFiles).
/// - `exclude_if_present`: names. What is in a directory that holds an entry of one of them is left
///   out, but for that entry.
/// - `exclude_caches`: `true` leaves out what is in a directory with a `CACHEDIR.TAG` that has the
///   signature of cache directories.
/// - `exclude_beside`: `{ "Cargo.toml" => "target" }` leaves out a directory `target` that lies
///   beside an entry `Cargo.toml`; several are a list, `"package.json" => ["node_modules", "dist"]`.
/// - `exclude_larger_than`: a size, `"100 MiB"`. Larger files are left out.
///
/// A size has a unit of 1000 (`kB`, `MB`) or of 1024 (`KiB`, `MiB`, and `K`, `M` as in restic); a
/// time is of weeks, days, hours, minutes, seconds and milliseconds, `"1h30m"`.
///
/// Doc comments, attributes (`#[cfg(..)]` too), a visibility, a written type
/// (`static HOME: Profile = ..`) and a final `;` are as in any static. Below the doc comments,
/// rustdoc shows a table of what is declared.
///
/// # Rules of a target
///
/// ```
/// timelocker::backup_profile! {
///     static HOME = {
///         targets: [
///             "~/Documents",
///             "~/src" => { exclude: ["target/", "!keep.tmp"] },
///             "~/Pictures" => { include: ["*.jpg", "*.cr3"] },
///         ],
///         exclude: ["*.tmp"],
///         assert: { "a.tmp" => excluded },
///     }
/// }
/// ```
///
/// They come after those of the profile, and hold below this target alone; `exclude`, `include`,
/// `assert` and the levels of lints are as above. Each target with rules of its own has a table of
/// its own; what the profile asserts has to be so in each. No such target can lie below another.
///
/// # Errors
///
/// As in [`patterns!`](crate::patterns), all faults are reported in one build, each at its place.
/// The statics are defined even then, so that the code that uses them does not fail as well.
#[macro_export]
macro_rules! backup_profile {
    ($($input:tt)*) => { $crate::private::__backup_profile! { ($crate) $($input)* } };
}
