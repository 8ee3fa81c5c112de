//! Named groups of patterns.
//!
//! The patterns are in the language of `.gitignore`. A group is meant for either list: what
//! [`office_documents`](find) matches can be all that is selected, or what is left out. As in any
//! list, the later pattern wins, so that a `!` after a group takes some of it back.
//!
//! In the macros of the crate `timelocker` a group is written `group temporary_files`; at run time
//! its rules are added to a [`Builder`](crate::Builder):
//!
//! ```
//! use timelocker_pattern::{EntryKind, PatternTable, Side, Verdict, groups};
//!
//! let group = groups::find("temporary_files").expect("a group of this name");
//! let mut builder = PatternTable::builder();
//! for rule in group.rules(Side::Exclude) {
//!     builder = builder.rule(rule?);
//! }
//! let table = builder.exclude("!precious.tmp").build()?;
//! assert_eq!(table.verdict(b"src/A.TMP", EntryKind::File), Verdict::Exclude);
//! assert_eq!(table.verdict(b"precious.tmp", EntryKind::File), Verdict::Include);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Groups
//!
//! Four have the names and the members of the original TimeLocker's, and ignore case as it does.
//! It knows no directories: here, as everywhere in a `.gitignore`, a directory with a name such as
//! `old.bak` is matched with all that is below it. Two of its members, `__pycache__/*` and
//! `node_modules/*`, never match there, since it tries them on absolute paths; here they are the
//! directories, wherever they stand. The others are chosen from lists that anyone may
//! copy, and tell upper from lower case.
//!
//! | name | what it matches |
//! |---|---|
//! | `office_documents` | Documents of office programs, and PDF |
//! | `temporary_files` | Temporary files, backups of editors, and what Python and Node.js make anew |
//! | `media_files` | Pictures, sound and video |
//! | `source_code` | Source code of some languages, and web pages |
//! | `development_leftovers` | What build tools and package managers make anew, by names that nothing else has |
//! | `home_junk` | What programs keep in a home directory and make anew: caches, the trash, locks, traces of a session |
//! | `operating_system_caches` | What Linux, macOS and Windows put beside the files of their users: indexes, thumbnails, trash |

use std::borrow::Cow;
use std::fmt;

use crate::error::PatternError;
use crate::rule::{Rule, Side};
use crate::syntax::{Case, Dialect, Pattern};

/// A named list of patterns.
///
/// ```
/// use timelocker_pattern::groups::Group;
///
/// let group = Group::new("scans", ["/Scans/", "*.tif"]);
/// assert_eq!(group.name(), "scans");
/// assert_eq!(group.patterns().next(), Some(&b"/Scans/"[..]));
/// ```
#[derive(Clone)]
pub struct Group {
    name: Cow<'static, str>,
    summary: Cow<'static, str>,
    members: Members,
}

/// Patterns that are alike in whether they tell upper from lower case.
#[doc(hidden)]
pub type Run = (Case, &'static [&'static [u8]]);

#[derive(Clone)]
enum Members {
    Static(&'static [Run]),
    Heap(Case, Vec<Vec<u8>>),
}

impl Group {
    /// A group that is made at run time, which tells upper from lower case. Its patterns are looked
    /// at where it is used.
    pub fn new<P: AsRef<[u8]>>(
        name: impl Into<Cow<'static, str>>,
        patterns: impl IntoIterator<Item = P>,
    ) -> Self {
        let patterns = patterns.into_iter().map(|pattern| pattern.as_ref().to_vec()).collect();
        Self {
            name: name.into(),
            summary: Cow::Borrowed(""),
            members: Members::Heap(Case::Sensitive, patterns),
        }
    }

    /// The same group, where all patterns tell upper from lower case or none does.
    ///
    /// ```
    /// use timelocker_pattern::{Case, groups::Group};
    ///
    /// let scans = Group::new("scans", ["*.tif"]).with_case(Case::Insensitive);
    /// ```
    #[must_use]
    pub fn with_case(mut self, case: Case) -> Self {
        let patterns = self.patterns().map(<[u8]>::to_vec).collect();
        self.members = Members::Heap(case, patterns);
        self
    }

    /// A group that is data, for the macros.
    #[doc(hidden)]
    pub const fn from_static(
        name: &'static str,
        summary: &'static str,
        members: &'static [Run],
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            summary: Cow::Borrowed(summary),
            members: Members::Static(members),
        }
    }

    /// What the group is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it matches, in a sentence; empty for a group that is made at run time.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The patterns, in their order.
    pub fn patterns(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.members().map(|(_, pattern)| pattern)
    }

    /// The patterns, each with whether it tells upper from lower case.
    pub fn members(&self) -> impl Iterator<Item = (Case, &[u8])> + Clone {
        let (runs, case, heap): (&[Run], _, &[Vec<u8>]) = match &self.members {
            Members::Static(runs) => (runs, Case::Sensitive, &[]),
            Members::Heap(case, patterns) => (&[], *case, patterns),
        };
        let of_runs =
            runs.iter().flat_map(|&(case, run)| run.iter().map(move |&pattern| (case, pattern)));
        of_runs.chain(heap.iter().map(move |pattern| (case, pattern.as_slice())))
    }

    /// The rules that the group stands for on one side, in their order.
    ///
    /// # Errors
    ///
    /// For a pattern that can match nothing. The groups of this crate, and those of the macros,
    /// have none.
    pub fn rules(&self, side: Side) -> impl Iterator<Item = Result<Rule, PatternError>> {
        self.members().map(move |(case, text)| {
            Pattern::parse_with_case(text, Dialect::Gitignore, case)
                .map(|pattern| Rule::new(pattern, side))
        })
    }
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.summary == other.summary
            && self.members().eq(other.members())
    }
}

impl Eq for Group {}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns: Vec<String> =
            self.patterns().map(|pattern| pattern.escape_ascii().to_string()).collect();
        f.debug_struct("Group").field("name", &self.name).field("patterns", &patterns).finish()
    }
}

/// All groups that are part of this crate.
pub fn all() -> &'static [Group] {
    ALL
}

/// The group of this name that is part of this crate.
pub fn find(name: &str) -> Option<&'static Group> {
    ALL.iter().find(|group| group.name == name)
}

static ALL: &[Group] = &[
    // The members of the group of this name in the Python original, which ignores case.
    Group::from_static(
        "office_documents",
        "Documents of office programs, and PDF.",
        &[(
            Case::Insensitive,
            &[
                b"*.doc", b"*.docx", b"*.xls", b"*.xlsx", b"*.ppt", b"*.pptx", b"*.odt", b"*.ods",
                b"*.odp", b"*.pdf",
            ],
        )],
    ),
    // The members of the group of this name in the Python original, which ignores case. Two of
    // them, `__pycache__/*` and `node_modules/*`, were matched there against whole absolute
    // paths, which they never match; here they are the directories, wherever they stand.
    Group::from_static(
        "temporary_files",
        "Temporary files, backups of editors, and what Python and Node.js make anew.",
        &[(
            Case::Insensitive,
            &[
                b"*.tmp",
                b"*.temp",
                b"~*",
                b"*.bak",
                b"*.swp",
                b"*.cache",
                b"__pycache__/",
                b"*.pyc",
                b"node_modules/",
            ],
        )],
    ),
    // The members of the group of this name in the Python original, which ignores case.
    Group::from_static(
        "media_files",
        "Pictures, sound and video.",
        &[(
            Case::Insensitive,
            &[
                b"*.jpg", b"*.jpeg", b"*.png", b"*.gif", b"*.mp3", b"*.mp4", b"*.avi", b"*.mov",
                b"*.wav",
            ],
        )],
    ),
    // The members of the group of this name in the Python original, which ignores case.
    Group::from_static(
        "source_code",
        "Source code of some languages, and web pages.",
        &[(
            Case::Insensitive,
            &[
                b"*.py", b"*.java", b"*.cpp", b"*.h", b"*.js", b"*.ts", b"*.html", b"*.css",
                b"*.sql",
            ],
        )],
    ),
    // Chosen from github/gitignore (CC0-1.0). Left out are names that are somebody's own as
    // well: `build`, `dist`, `target`, `bin`, `vendor`, `*.obj`.
    Group::from_static(
        "development_leftovers",
        "What build tools and package managers make anew, by names that nothing else has.",
        &[(
            Case::Sensitive,
            &[
                b"node_modules/",
                b"bower_components/",
                b"jspm_packages/",
                b".parcel-cache/",
                b".svelte-kit/",
                b".nuxt/",
                b".sass-cache/",
                b".nyc_output/",
                b".eslintcache",
                b"*.tsbuildinfo",
                b"__pycache__/",
                b"*.py[cod]",
                b".tox/",
                b".nox/",
                b".eggs/",
                b"*.egg-info/",
                b".mypy_cache/",
                b".pytest_cache/",
                b".ruff_cache/",
                b".hypothesis/",
                b".ipynb_checkpoints/",
                b".venv/",
                b".gradle/",
                b".bloop/",
                b".metals/",
                b"*.class",
                b".cpcache/",
                b".dart_tool/",
                b".stack-work/",
                b".cabal-sandbox/",
                b"elm-stuff/",
                b"nimcache/",
                b".elixir_ls/",
                b"erl_crash.dump",
                b".terraform/",
                b".serverless/",
                b".docusaurus/",
                b".zig-cache/",
                b"CMakeFiles/",
                b"cmake-build-*/",
                b".vs/",
                b"*.o",
                b"*.lo",
            ],
        )],
    ),
    // Chosen from rubo77/rsync-homedir-excludes (Unlicense). rsync matches at any depth what
    // gitignore anchors, hence `**/`. Left out is what costs a long download or holds
    // settings: `.cargo`, `.rustup`, `.nvm`, extensions of editors, the local storage of
    // browsers.
    Group::from_static(
        "home_junk",
        "What programs keep in a home directory and make anew: caches, the trash, locks, traces of a session.",
        &[(
            Case::Sensitive,
            &[
                b"**/.cache/",
                b"**/.local/share/Trash/",
                b".Trash/",
                b".Trash-1*/",
                b".thumbnails/",
                b"**/.gvfs/",
                b"**/.local/share/gvfs-metadata/",
                b"**/.dbus/",
                b".xsession-errors",
                b".xsession-errors.old",
                b".wayland-errors",
                b".Xauthority",
                b".ICEauthority",
                b".gksu.lock",
                b".pulse-cookie",
                b".esd_auth",
                b".VeraCrypt-lock-*",
                b"**/.local/share/RecentDocuments/",
                b".recently-used",
                b".recently-used.xbel",
                b"recently-used.xbel",
                b".zcompdump*",
                b".wget-hsts",
                b"nohup.out",
                b".npm/",
                b"**/.gradle/caches/",
                b"**/.m2/repository/",
                b"**/go/pkg/mod/cache/",
                b".ccache/",
                b"**/.java/deployment/cache/",
                b"**/.var/app/*/cache/",
                b"**/.var/app/*/.cache/",
                b"**/.config/**/Cache/",
                b"**/.config/**/Application Cache/",
                b"**/.config/*/*/Service Worker/CacheStorage/",
                b"**/.config/*/ShaderCache/",
                b"**/.nv/GLCache/",
                b"**/.mozilla/firefox/*/Cache/",
                b"**/.mozilla/firefox/*/minidumps/",
                b"**/.mozilla/firefox/*/.parentlock",
                b"**/.thunderbird/*/Cache/",
                b"**/.config/Code/logs/",
                b"**/.config/Code/CachedData/",
                b"**/.config/libreoffice/4/cache/",
                b"**/.local/share/baloo/",
                b"**/.local/share/tracker/",
                b"**/.local/share/zeitgeist/",
                b"**/.gnupg/random_seed",
                b"**/.gnupg/*.lock",
            ],
        )],
    ),
    // Chosen from the templates Linux, macOS and Windows of github/gitignore (CC0-1.0). Left
    // out are settings: `.directory`, `Desktop.ini`.
    Group::from_static(
        "operating_system_caches",
        "What Linux, macOS and Windows put beside the files of their users: indexes, thumbnails, trash.",
        &[(
            Case::Sensitive,
            &[
                b".DS_Store",
                b"._*",
                b".Spotlight-V100/",
                b".fseventsd/",
                b".Trashes/",
                b".TemporaryItems/",
                b".DocumentRevisions-V100/",
                b".AppleDB/",
                b".AppleDesktop/",
                b"Network Trash Folder/",
                b"Temporary Items/",
                b"Thumbs.db",
                b"ehthumbs.db",
                b"ehthumbs_vista.db",
                b"$RECYCLE.BIN/",
                b".Trash-*/",
                b".fuse_hidden*",
                b".nfs*",
                b"*.stackdump",
            ],
        )],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Builder, EntryKind, PatternTable, Verdict};

    fn table(name: &str) -> PatternTable {
        let group = find(name).expect("a group of this name");
        let add = |all: Builder, rule: Result<Rule, _>| all.rule(rule.expect("a good pattern"));
        let builder = group.rules(Side::Exclude).fold(PatternTable::builder(), add);
        builder.build().expect("a table")
    }

    #[test]
    fn each_group_is_good_and_once_there() {
        for group in all() {
            assert_eq!(find(group.name()), Some(group));
            assert!(!group.summary().is_empty() && group.patterns().count() > 0, "{group:?}");
            let mut seen = std::collections::HashSet::new();
            for rule in group.rules(Side::Exclude) {
                let rule = rule.expect("a good pattern");
                let pattern = rule.pattern();
                assert!(seen.insert(pattern.text().to_vec()), "{pattern:?} twice");
                assert!(!pattern.is_negated());
                // At any depth, so that it holds for whatever target.
                assert!(!pattern.is_anchored() || pattern.text().starts_with(b"**/"));
            }
            assert!(table(group.name()).size() < 64 * 1024, "{group:?}");
        }
        assert_eq!(find("temporary files"), None);
    }

    #[test]
    fn what_the_groups_match() {
        use EntryKind::{Directory, File};
        let matched: [(&str, &[u8], EntryKind); 16] = [
            ("office_documents", b"Documents/Report.PDF", File),
            ("office_documents", b"a.xlsx", File),
            ("temporary_files", b"a/b/~lock", File),
            ("temporary_files", b"p/__pycache__/m.cpython-312.pyc", File),
            ("temporary_files", b"p/node_modules/x/y.js", File),
            ("temporary_files", b"x.BAK", File),
            ("media_files", b"DCIM/IMG_0001.JPG", File),
            ("source_code", b"src/main.cpp", File),
            ("source_code", b"INDEX.HTML", File),
            ("development_leftovers", b"src/x/.tox", Directory),
            ("development_leftovers", b"a/mod.pyc", File),
            ("home_junk", b"ada/.cache", Directory),
            ("home_junk", b".cache/x", File),
            ("home_junk", b".config/chromium/Default/Cache/x", File),
            ("operating_system_caches", b"photos/.DS_Store", File),
            ("operating_system_caches", b"$RECYCLE.BIN", Directory),
        ];
        for (group, path, kind) in matched {
            let verdict = table(group).verdict(path, kind);
            assert_eq!(verdict, Verdict::Exclude, "{group} {}", path.escape_ascii());
        }
        let not_matched: [(&str, &[u8]); 7] = [
            ("office_documents", b"a.pdf.gpg"),
            ("office_documents", b"pdf"),
            ("temporary_files", b"a~"),
            ("temporary_files", b"node_modules"),
            ("media_files", b"jpg"),
            ("development_leftovers", b"src/target/x"),
            ("home_junk", b".config/git/config"),
        ];
        for (group, path) in not_matched {
            let verdict = table(group).verdict(path, File);
            assert_eq!(verdict, Verdict::Include, "{group} {}", path.escape_ascii());
        }
    }

    #[test]
    fn static_and_heap_are_equal() {
        let built = Group::new("a", ["*.x", "y"]);
        let data: &[Run] = &[(Case::Sensitive, &[b"*.x"]), (Case::Sensitive, &[b"y"])];
        assert_eq!(built, Group::from_static("a", "", data));
        assert_ne!(built, Group::new("b", ["*.x", "y"]));
        assert_ne!(built, built.clone().with_case(Case::Insensitive));
        assert_eq!(built.clone().with_case(Case::Sensitive), built);
    }
}
