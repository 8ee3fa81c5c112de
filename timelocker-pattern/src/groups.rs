//! Named groups of patterns.
//!
//! The patterns are in the language of `.gitignore`. A group is meant for either list: what
//! [`office_documents`](find) matches can be all that is selected, or what is left out. As in any
//! list, the later pattern wins, so that a `!` after a group takes some of it back.
//!
//! In the macros of the crate `timelocker` a group is written `group temporary_files`; at run time
//! its patterns are added to a [`Builder`](crate::Builder):
//!
//! ```
//! use timelocker_pattern::{EntryKind, PatternTable, Verdict, groups};
//!
//! let group = groups::find("temporary_files").expect("a group of this name");
//! let builder = group.patterns().fold(PatternTable::builder(), |all, one| all.exclude(one));
//! let table = builder.exclude("!precious.tmp").build()?;
//! assert_eq!(table.verdict(b"src/A.TMP", EntryKind::File), Verdict::Exclude);
//! assert_eq!(table.verdict(b"precious.tmp", EntryKind::File), Verdict::Include);
//! # Ok::<(), timelocker_pattern::BuildError>(())
//! ```
//!
//! # Groups
//!
//! Four have the names and the members of the original TimeLocker's. It ignores case, which
//! these do by classes (`*.[pP][dD][fF]`), and knows no directories: here, as everywhere in a
//! `.gitignore`, a directory with a name such as `old.bak` is matched with all that is below it.
//! The others are chosen from lists that anyone may copy.
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

/// A named list of patterns.
///
/// ```
/// use timelocker_pattern::groups::Group;
///
/// let group = Group::new("scans", ["/Scans/", "*.[tT][iI][fF]"]);
/// assert_eq!(group.name(), "scans");
/// assert_eq!(group.patterns().next(), Some(&b"/Scans/"[..]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Group {
    name: Cow<'static, str>,
    summary: Cow<'static, str>,
    patterns: Patterns,
}

#[derive(Clone)]
enum Patterns {
    Static(&'static [&'static [u8]]),
    Heap(Vec<Vec<u8>>),
}

impl Group {
    /// A group that is made at run time. Its patterns are looked at where it is used.
    pub fn new<P: AsRef<[u8]>>(
        name: impl Into<Cow<'static, str>>,
        patterns: impl IntoIterator<Item = P>,
    ) -> Self {
        let patterns = patterns.into_iter().map(|pattern| pattern.as_ref().to_vec()).collect();
        Self { name: name.into(), summary: Cow::Borrowed(""), patterns: Patterns::Heap(patterns) }
    }

    /// A group that is data, for the macros.
    #[doc(hidden)]
    pub const fn from_static(
        name: &'static str,
        summary: &'static str,
        patterns: &'static [&'static [u8]],
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            summary: Cow::Borrowed(summary),
            patterns: Patterns::Static(patterns),
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
    pub fn patterns(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        self.patterns.iter()
    }
}

impl Patterns {
    fn len(&self) -> usize {
        match self {
            Self::Static(patterns) => patterns.len(),
            Self::Heap(patterns) => patterns.len(),
        }
    }

    fn get(&self, index: usize) -> &[u8] {
        match self {
            Self::Static(patterns) => patterns[index],
            Self::Heap(patterns) => &patterns[index],
        }
    }

    fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        (0..self.len()).map(|index| self.get(index))
    }
}

impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Patterns {}

impl std::hash::Hash for Patterns {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.iter().for_each(|pattern| pattern.hash(state));
    }
}

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
        &[
            b"*.[dD][oO][cC]",
            b"*.[dD][oO][cC][xX]",
            b"*.[xX][lL][sS]",
            b"*.[xX][lL][sS][xX]",
            b"*.[pP][pP][tT]",
            b"*.[pP][pP][tT][xX]",
            b"*.[oO][dD][tT]",
            b"*.[oO][dD][sS]",
            b"*.[oO][dD][pP]",
            b"*.[pP][dD][fF]",
        ],
    ),
    // The members of the group of this name in the Python original, which ignores case. Two of
    // them, `__pycache__/*` and `node_modules/*`, were matched there against whole absolute
    // paths, which they never match; here they are the directories, wherever they stand.
    Group::from_static(
        "temporary_files",
        "Temporary files, backups of editors, and what Python and Node.js make anew.",
        &[
            b"*.[tT][mM][pP]",
            b"*.[tT][eE][mM][pP]",
            b"~*",
            b"*.[bB][aA][kK]",
            b"*.[sS][wW][pP]",
            b"*.[cC][aA][cC][hH][eE]",
            b"__pycache__/",
            b"*.[pP][yY][cC]",
            b"node_modules/",
        ],
    ),
    // The members of the group of this name in the Python original, which ignores case.
    Group::from_static(
        "media_files",
        "Pictures, sound and video.",
        &[
            b"*.[jJ][pP][gG]",
            b"*.[jJ][pP][eE][gG]",
            b"*.[pP][nN][gG]",
            b"*.[gG][iI][fF]",
            b"*.[mM][pP]3",
            b"*.[mM][pP]4",
            b"*.[aA][vV][iI]",
            b"*.[mM][oO][vV]",
            b"*.[wW][aA][vV]",
        ],
    ),
    // The members of the group of this name in the Python original, which ignores case.
    Group::from_static(
        "source_code",
        "Source code of some languages, and web pages.",
        &[
            b"*.[pP][yY]",
            b"*.[jJ][aA][vV][aA]",
            b"*.[cC][pP][pP]",
            b"*.[hH]",
            b"*.[jJ][sS]",
            b"*.[tT][sS]",
            b"*.[hH][tT][mM][lL]",
            b"*.[cC][sS][sS]",
            b"*.[sS][qQ][lL]",
        ],
    ),
    // Chosen from github/gitignore (CC0-1.0). Left out are names that are somebody's own as
    // well: `build`, `dist`, `target`, `bin`, `vendor`, `*.obj`.
    Group::from_static(
        "development_leftovers",
        "What build tools and package managers make anew, by names that nothing else has.",
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
    ),
    // Chosen from rubo77/rsync-homedir-excludes (Unlicense). rsync matches at any depth what
    // gitignore anchors, hence `**/`. Left out is what costs a long download or holds
    // settings: `.cargo`, `.rustup`, `.nvm`, extensions of editors, the local storage of
    // browsers.
    Group::from_static(
        "home_junk",
        "What programs keep in a home directory and make anew: caches, the trash, locks, traces of a session.",
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
    ),
    // Chosen from the templates Linux, macOS and Windows of github/gitignore (CC0-1.0). Left
    // out are settings: `.directory`, `Desktop.ini`.
    Group::from_static(
        "operating_system_caches",
        "What Linux, macOS and Windows put beside the files of their users: indexes, thumbnails, trash.",
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
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, EntryKind, Pattern, PatternTable, Verdict};

    fn table(name: &str) -> PatternTable {
        let group = find(name).expect("a group of this name");
        let builder = group.patterns().fold(PatternTable::builder(), |all, one| all.exclude(one));
        builder.build().expect("good patterns")
    }

    #[test]
    fn each_group_is_good_and_once_there() {
        for group in all() {
            assert_eq!(find(group.name()), Some(group));
            assert!(!group.summary().is_empty() && group.patterns().len() > 0, "{group:?}");
            let mut seen = std::collections::HashSet::new();
            for pattern in group.patterns() {
                assert!(seen.insert(pattern), "{} twice", pattern.escape_ascii());
                let pattern = Pattern::parse(pattern, Dialect::Gitignore).expect("a good pattern");
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
        let office = find("office_documents").expect("a group of this name");
        let heap = Group::new("office_documents", office.patterns());
        assert_ne!(&heap, office, "the summary differs");
        assert!(heap.patterns().eq(office.patterns()));
        assert_eq!(Group::new("x", ["a", "b"]), Group::new("x", [b"a", b"b"]));
    }
}
