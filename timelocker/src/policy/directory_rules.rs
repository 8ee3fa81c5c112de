//! What excludes a directory by what lies in it or beside it, and a file by its size: rules that no
//! pattern can say, since they look at more than names.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use timelocker_pattern::EntryKind;

/// The name of the file that marks a cache directory.
const TAG: &[u8] = b"CACHEDIR.TAG";
/// What the file begins with, by the [specification](https://bford.info/cachedir/).
const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Which directories are left out for what lies in them or beside them, and how large a file may
/// be.
///
/// A [`Profile`](crate::Profile) declares them, and a [`Walk`](crate::walk::Walk) obeys them by its
/// [options](crate::walk::WalkOptions::directory_rules). What a pattern excludes is excluded
/// without them; no pattern takes back what they exclude. The name and the size of a target are not
/// looked at, what lies in it is.
///
/// ```
/// timelocker::backup_profile! {
///     static HOME = {
///         targets: ["~"],
///         exclude_if_present: [".nobackup"],
///         exclude_caches: true,
///         exclude_beside: { "Cargo.toml" => "target", "package.json" => "node_modules" },
///         exclude_larger_than: "2 GiB",
///     }
/// }
///
/// let rules = HOME.directory_rules();
/// assert_eq!(rules.larger_than(), Some(2 << 30));
/// assert_eq!(rules.markers(), [b".nobackup"]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirectoryRules {
    markers: &'static [&'static [u8]],
    caches: CacheDirectories,
    beside: &'static [Beside],
    larger_than: Option<u64>,
}

/// What becomes of directories that are marked by a `CACHEDIR.TAG`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CacheDirectories {
    /// They are directories like any other.
    #[default]
    Keep,
    /// What is in them is left out, but for the tag itself.
    Exclude,
}

/// A directory that is left out when something else lies beside it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Beside {
    sibling: &'static [u8],
    directory: &'static [u8],
}

impl Beside {
    /// Leaves `directory` out where an entry `sibling` lies in the same directory.
    pub const fn new(sibling: &'static [u8], directory: &'static [u8]) -> Self {
        Self { sibling, directory }
    }

    /// The name that has to be there.
    pub fn sibling(&self) -> &'static [u8] {
        self.sibling
    }

    /// The name of the directory that is left out then.
    pub fn directory(&self) -> &'static [u8] {
        self.directory
    }
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sibling, directory } = self;
        write!(f, "\"{}\" => \"{}\"", sibling.escape_ascii(), directory.escape_ascii())
    }
}

impl DirectoryRules {
    /// No rules: nothing is left out.
    pub const NONE: Self =
        Self { markers: &[], caches: CacheDirectories::Keep, beside: &[], larger_than: None };

    /// Leaves out what is in a directory that holds an entry of one of these names, but for that
    /// entry, so that the directory is marked after a restore too: restic's `--exclude-if-present`.
    #[must_use]
    pub const fn exclude_if_present(mut self, markers: &'static [&'static [u8]]) -> Self {
        self.markers = markers;
        self
    }

    /// What becomes of cache directories: restic's `--exclude-caches`.
    #[must_use]
    pub const fn cache_directories(mut self, caches: CacheDirectories) -> Self {
        self.caches = caches;
        self
    }

    /// Leaves directories out that lie beside certain entries: `target` beside `Cargo.toml`.
    #[must_use]
    pub const fn exclude_beside(mut self, beside: &'static [Beside]) -> Self {
        self.beside = beside;
        self
    }

    /// Leaves regular files out that are larger than this number of bytes: restic's
    /// `--exclude-larger-than`.
    #[must_use]
    pub const fn exclude_larger_than(mut self, bytes: u64) -> Self {
        self.larger_than = Some(bytes);
        self
    }

    /// The names that mark a directory.
    pub fn markers(&self) -> &'static [&'static [u8]] {
        self.markers
    }

    /// What becomes of cache directories.
    pub fn caches(&self) -> CacheDirectories {
        self.caches
    }

    /// The directories that are left out beside other entries.
    pub fn beside(&self) -> &'static [Beside] {
        self.beside
    }

    /// The size in bytes above which a file is left out.
    pub fn larger_than(&self) -> Option<u64> {
        self.larger_than
    }

    /// Whether a regular file of this size is left out.
    pub fn excludes_size(&self, bytes: u64) -> bool {
        self.larger_than.is_some_and(|limit| bytes > limit)
    }

    /// Begins to look at a directory: every name in it has to be [seen](Listing::see), those that
    /// patterns exclude too.
    pub fn listing(&self) -> Listing<'_> {
        Listing { rules: self, marker: None, has_tag: false, siblings: Vec::new() }
    }
}

/// A directory that is being listed.
#[derive(Clone, Debug)]
pub struct Listing<'r> {
    rules: &'r DirectoryRules,
    marker: Option<&'static [u8]>,
    has_tag: bool,
    /// Indices of the rules of `beside` whose sibling is there.
    siblings: Vec<usize>,
}

impl Listing<'_> {
    /// Takes note of an entry's name.
    pub fn see(&mut self, name: &[u8]) {
        let rules = self.rules;
        if self.marker.is_none() {
            self.marker = rules.markers.iter().copied().find(|marker| *marker == name);
        }
        self.has_tag |= rules.caches == CacheDirectories::Exclude && name == TAG;
        for (index, rule) in rules.beside.iter().enumerate() {
            if rule.sibling == name {
                self.siblings.push(index);
            }
        }
    }

    /// What is left of the directory at `path`, once all its names were seen. Only if it holds a
    /// `CACHEDIR.TAG` that has a say is anything read.
    ///
    /// # Errors
    ///
    /// When the tag can not be read. Whether this is a cache is not known then; it is for the
    /// caller to report it, and to take the directory for what it is
    /// [without the tag](Self::remaining_without_tag).
    pub fn remaining(&self, path: &Path) -> io::Result<Remaining> {
        if self.asks_for_tag() && is_cache_tag(&path.join("CACHEDIR.TAG"))? {
            return Ok(Remaining::Only(TAG));
        }
        Ok(self.remaining_without_tag())
    }

    /// The same, for a directory that only the caller can read: `begins_with` says whether it holds
    /// a regular file of this name that begins so. An error is about the file of the name beside
    /// it.
    pub(crate) fn remaining_by(
        &self,
        begins_with: impl FnOnce(&CStr, &[u8]) -> io::Result<bool>,
    ) -> Result<Remaining, (&'static CStr, io::Error)> {
        const NAME: &CStr = c"CACHEDIR.TAG";
        if self.asks_for_tag() && begins_with(NAME, SIGNATURE).map_err(|error| (NAME, error))? {
            return Ok(Remaining::Only(TAG));
        }
        Ok(self.remaining_without_tag())
    }

    /// Whether what is left depends on what is in the tag.
    fn asks_for_tag(&self) -> bool {
        self.has_tag && self.marker.is_none()
    }

    /// The same as if there was no `CACHEDIR.TAG`.
    pub fn remaining_without_tag(&self) -> Remaining {
        match self.marker {
            Some(marker) => Remaining::Only(marker),
            None if self.siblings.is_empty() => Remaining::All,
            None => Remaining::Without(
                self.siblings.iter().map(|&index| self.rules.beside[index].directory).collect(),
            ),
        }
    }
}

/// Which entries of a directory are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// All of them.
    All,
    /// The marker of this name alone.
    Only(&'static [u8]),
    /// All but the directories of these names.
    Without(Vec<&'static [u8]>),
}

impl Remaining {
    /// Whether an entry is left.
    pub fn holds(&self, name: &[u8], kind: EntryKind) -> bool {
        match self {
            Self::All => true,
            Self::Only(marker) => name == *marker,
            Self::Without(directories) => kind == EntryKind::File || !directories.contains(&name),
        }
    }
}

/// Whether this is a regular file that begins with the signature of cache directories.
fn is_cache_tag(path: &Path) -> io::Result<bool> {
    // By the specification it is no symbolic link; and to open a FIFO would wait for ever.
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut begin = Vec::with_capacity(SIGNATURE.len());
    File::open(path)?.take(SIGNATURE.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == SIGNATURE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    const RULES: DirectoryRules = DirectoryRules::NONE
        .exclude_if_present(&[b".nobackup", b".skip"])
        .cache_directories(CacheDirectories::Exclude)
        .exclude_beside(&[
            Beside::new(b"Cargo.toml", b"target"),
            Beside::new(b"package.json", b"node_modules"),
            Beside::new(b"package.json", b"dist"),
        ])
        .exclude_larger_than(100);

    /// Names and contents.
    type Files<'f> = &'f [(&'f str, &'f [u8])];

    /// What is left of a real directory with these files.
    fn remaining(files: Files<'_>) -> Remaining {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(directory.path().join(name), content).unwrap();
        }
        let mut listing = RULES.listing();
        for entry in directory.path().read_dir().unwrap() {
            listing.see(entry.unwrap().file_name().as_encoded_bytes());
        }
        listing.remaining(directory.path()).unwrap()
    }

    #[test]
    fn what_is_left_of_a_directory() {
        let signed = b"Signature: 8a477f597d28d172789f06886806bc55\n# By a test.\n";
        let table: [(Files<'_>, Remaining); 9] = [
            (&[], Remaining::All),
            (&[("a", b""), ("target", b"")], Remaining::All),
            (&[("a", b""), (".nobackup", b"")], Remaining::Only(b".nobackup")),
            (&[("Cargo.toml", b"")], Remaining::Without(vec![b"target"])),
            (&[("package.json", b"")], Remaining::Without(vec![b"node_modules", b"dist"])),
            (&[("Cargo.toml", b""), (".skip", b"")], Remaining::Only(b".skip")),
            (&[("CACHEDIR.TAG", signed), ("a", b"")], Remaining::Only(TAG)),
            // The name alone does not make a cache, nor do half a signature or other bytes.
            (&[("CACHEDIR.TAG", b"")], Remaining::All),
            (&[("CACHEDIR.TAG", &signed[..20]), ("Cargo.toml", b"")], {
                Remaining::Without(vec![b"target"])
            }),
        ];
        for (files, expected) in table {
            assert_eq!(remaining(files), expected, "{files:?}");
        }
    }

    #[test]
    fn only_directories_are_left_out_beside() {
        let remaining = Remaining::Without(vec![b"target"]);
        assert!(!remaining.holds(b"target", EntryKind::Directory));
        assert!(remaining.holds(b"target", EntryKind::File));
        assert!(remaining.holds(b"src", EntryKind::Directory));
        let remaining = Remaining::Only(b".skip");
        assert!(remaining.holds(b".skip", EntryKind::File));
        assert!(!remaining.holds(b"a", EntryKind::File));
    }

    #[test]
    fn sizes() {
        assert!(!RULES.excludes_size(100) && RULES.excludes_size(101));
        assert!(!DirectoryRules::NONE.excludes_size(u64::MAX));
    }

    #[cfg(unix)]
    #[test]
    fn a_tag_is_a_regular_file() {
        let directory = tempfile::tempdir().unwrap();
        let signed = directory.path().join("signed");
        fs::write(&signed, SIGNATURE).unwrap();
        assert!(is_cache_tag(&signed).unwrap());
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&signed, &link).unwrap();
        assert!(!is_cache_tag(&link).unwrap());
        assert!(!is_cache_tag(directory.path()).unwrap());
        assert!(!is_cache_tag(&directory.path().join("absent")).unwrap());
    }
}
