//! Trees to be backed up, and what two trees have to have in common.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Permissions};
use std::hash::{DefaultHasher, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::geteuid;
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, capabilities_secure_bits,
    set_capabilities, set_capabilities_secure_bits,
};
use tempfile::TempDir;
use timelocker::pattern::PatternTable;
use timelocker::predicate::{Beside, CacheDirectories, DirectoryRules};
use timelocker::repository::{
    BackupOptions, BackupOutcome, Password, Repository, RepositorySettings, RestoreOptions,
};
use timelocker::source::Source;
use timelocker::walk::Targets;

/// What is known about an entry of a tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) modified: (i64, i64),
    /// Length and hash: a difference has to be readable.
    pub(crate) contents: Option<(usize, u64)>,
    pub(crate) link: Option<PathBuf>,
    pub(crate) device: u64,
    /// Of several names of the same file, the first.
    pub(crate) first_name: Option<PathBuf>,
    pub(crate) attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Everything below a directory, by path relative to it. The directory itself has the empty path.
pub(crate) fn facts(root: &Path) -> BTreeMap<PathBuf, Facts> {
    let mut facts = BTreeMap::new();
    let mut names = BTreeMap::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(root).unwrap().to_path_buf();
        let metadata = fs::symlink_metadata(entry.path()).unwrap();
        let file_type = metadata.file_type();
        let several = metadata.nlink() > 1 && !file_type.is_dir();
        let first_name = several.then(|| {
            names.entry((metadata.dev(), metadata.ino())).or_insert_with(|| path.clone()).clone()
        });
        let special = file_type.is_char_device() || file_type.is_block_device();
        let mut attributes: Vec<_> = xattr::list(entry.path())
            .map(|names| {
                names
                    .map(|name| {
                        let value = xattr::get(entry.path(), &name).unwrap().unwrap();
                        (name.as_bytes().to_vec(), value)
                    })
                    .collect()
            })
            .unwrap_or_default();
        attributes.sort();
        let known = Facts {
            mode: metadata.mode(),
            owner: (metadata.uid(), metadata.gid()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            contents: file_type.is_file().then(|| digest(&fs::read(entry.path()).unwrap())),
            link: file_type.is_symlink().then(|| fs::read_link(entry.path()).unwrap()),
            device: if special { metadata.rdev() } else { 0 },
            first_name,
            attributes,
        };
        facts.insert(path, known);
    }
    facts
}

pub(crate) fn digest(contents: &[u8]) -> (usize, u64) {
    let mut hasher = DefaultHasher::new();
    hasher.write(contents);
    (contents.len(), hasher.finish())
}

/// Asserts what a file holds.
#[track_caller]
pub(crate) fn assert_holds(path: &Path, contents: &[u8]) {
    assert_eq!(digest(&fs::read(path).unwrap()), digest(contents), "{}", path.display());
}

/// Asserts entry by entry, so that a difference is readable.
#[track_caller]
pub(crate) fn assert_same(left: &BTreeMap<PathBuf, Facts>, right: &BTreeMap<PathBuf, Facts>) {
    let paths = |facts: &BTreeMap<PathBuf, Facts>| facts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(left), paths(right));
    for (path, facts) in left {
        assert_eq!(facts, &right[path], "{}", path.display());
    }
}

/// Bytes that do not compress and are the same in each run.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(step).take(length).collect()
}

pub(crate) fn set_modified(path: &Path, time: SystemTime) {
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
}

/// Sets an extended attribute, where the file system takes one; tells whether it did.
pub(crate) fn set_attribute(path: &Path, name: &str, value: &[u8]) -> bool {
    match xattr::set(path, name, value) {
        Ok(()) => true,
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::OPNOTSUPP.raw_os_error()) => {
            timelocker_tests::skipped("the file system takes no extended attributes of users");
            false
        }
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// A tree with one of everything, about 2 MB.
pub(crate) fn build_tree(root: &Path) {
    let write = |path: &str, contents: &[u8]| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    write("a.txt", b"alpha\n");
    write("a/b/deep", b"deep\n");
    write("a-b", b"sorts between `a` and `a.txt`, though not between their paths\n");
    write("empty", b"");
    write("large", &noise(1, 1_500_000));
    write("zeros", &[0; 300_000]);
    write("keep/one.rs", b"fn main() {}\n");
    write("keep/left.tmp", b"left out\n");
    write("cache/blob", &noise(2, 1000));
    write("spaced name/\"quoted\" \\ back\tslash", b"odd\n");
    fs::create_dir(root.join("void")).unwrap();

    let raw = |bytes: &'static [u8]| root.join(OsStr::from_bytes(bytes));
    fs::write(raw(b"latin-\xe9"), b"not UTF-8\n").unwrap();
    fs::create_dir(raw(b"dir-\xff\xfe")).unwrap();
    fs::write(raw(b"dir-\xff\xfe/\xc3"), b"half a character\n").unwrap();

    symlink("a.txt", root.join("link")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("a", root.join("link-to-directory")).unwrap();
    symlink(OsStr::from_bytes(b"latin-\xe9"), root.join("raw-link")).unwrap();

    fs::write(root.join("hard-1"), noise(3, 5000)).unwrap();
    fs::hard_link(root.join("hard-1"), root.join("a/hard-2")).unwrap();

    mknodat(CWD, root.join("pipe"), FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    // By its name alone: the path of a socket may have no more than 108 bytes.
    mknodat(CWD, root.join("socket"), FileType::Socket, Mode::from_raw_mode(0o755), 0).unwrap();

    set_attribute(&root.join("a.txt"), "user.note", b"with \0 zero");
    set_attribute(&root.join("a"), "user.directory", b"too");

    let mode = |path: &str, mode| {
        fs::set_permissions(root.join(path), Permissions::from_mode(mode)).unwrap();
    };
    mode("a.txt", 0o640);
    mode("keep/one.rs", 0o4755);
    mode("void", 0o1777);
    mode("large", 0o444);

    let time = |seconds: i64, nanoseconds| {
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 {
            SystemTime::UNIX_EPOCH - whole
        } else {
            SystemTime::UNIX_EPOCH + whole
        };
        time + Duration::from_nanos(nanoseconds)
    };
    set_modified(&root.join("a.txt"), time(1_234_567_890, 123_456_789));
    set_modified(&root.join("empty"), time(-1_000, 1));
    set_modified(&root.join("a"), time(1_000_000_000, 999_999_999));
    set_modified(&root.join("void"), time(1, 0));
}

/// Runs on a thread that may not pass over permissions, which the superuser otherwise may. What
/// the thread starts inherits that.
pub(crate) fn without_privileges<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if geteuid().is_root() {
                let none = CapabilitySet::empty();
                let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
                // Or a program would have them all again when it is started.
                let bits = capabilities_secure_bits().unwrap() | CapabilitiesSecureBits::NO_ROOT;
                set_capabilities_secure_bits(bits).unwrap();
                set_capabilities(None, sets).unwrap();
            }
            work()
        });
        thread.join().unwrap()
    })
}

pub(crate) const PASSWORD: &str = "a password for tests";

/// A repository, and a directory `tree` to be backed up, in a directory of their own.
pub(crate) struct Lab {
    directory: TempDir,
    pub(crate) repository: Repository,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with(&RepositorySettings::new())
    }

    /// A repository whose packs hold about ten of the tests' files, and not all of them.
    pub(crate) fn small_packs() -> Self {
        Self::with(&RepositorySettings::new().pack_size(400_000))
    }

    fn with(settings: &RepositorySettings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("tree")).unwrap();
        let path = directory.path().join("repository");
        let repository = Repository::init_with(path, &Password::new(PASSWORD), settings).unwrap();
        Self { directory, repository }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.path("tree")
    }

    pub(crate) fn source(&self) -> Source {
        Source::new(Targets::new([self.tree()]).unwrap(), everything())
    }

    pub(crate) fn backup(&self, options: &BackupOptions) -> BackupOutcome {
        self.repository.backup(&self.source(), options).unwrap()
    }

    /// A backup that has to be complete.
    pub(crate) fn save(&self, options: &BackupOptions) {
        let outcome = self.backup(options);
        assert!(outcome.is_complete(), "{outcome:?}");
    }

    /// Restores the tree of the latest snapshot into a new directory.
    pub(crate) fn restored(&self, name: &str) -> PathBuf {
        let snapshot = self.repository.snapshot("latest").unwrap();
        let destination = self.path(name);
        let options = RestoreOptions::new().path(self.tree());
        let report = self.repository.restore(&snapshot, &destination, &options).unwrap();
        assert!(report.is_complete(), "{:?}", report.failures());
        destination
    }
}

pub(crate) fn everything() -> PatternTable {
    PatternTable::builder().build().unwrap()
}

pub(crate) fn write(path: &Path, contents: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

/// The packs of a repository, largest first.
pub(crate) fn packs(repository: &Path) -> Vec<PathBuf> {
    let mut packs: Vec<_> = walkdir::WalkDir::new(repository.join("data"))
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| (entry.metadata().unwrap().len(), entry.into_path()))
        .collect();
    packs.sort_by(|a, b| b.cmp(a));
    packs.into_iter().map(|(_, path)| path).collect()
}

/// Changes a bit of a file.
pub(crate) fn damage(path: &Path, at: usize) {
    let mut contents = fs::read(path).unwrap();
    contents[at] ^= 1;
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    fs::write(path, contents).unwrap();
}

/// Lets restic check a repository with its data, if it is installed.
pub(crate) fn restic_finds_no_fault(repository: &Path) {
    let Some(restic) = timelocker_tests::tool("restic") else { return };
    let output = Command::new(restic)
        .args(["check", "--read-data", "--no-cache"])
        .env("RESTIC_REPOSITORY", repository)
        .env("RESTIC_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn excluding(patterns: &[&str]) -> PatternTable {
    patterns.iter().fold(PatternTable::builder(), |builder, p| builder.exclude(p)).build().unwrap()
}

/// Small files, with the directories on the way.
pub(crate) fn make(root: &Path, paths: &[&str]) {
    for path in paths {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
}

/// What [`tree_with_exclusions`] is walked with.
pub(crate) static RULES: DirectoryRules = DirectoryRules::NONE
    .exclude_if_present(&[b".nobackup"])
    .cache_directories(CacheDirectories::Exclude)
    .exclude_beside(&[Beside::new(b"Cargo.toml", b"target")])
    .exclude_larger_than(3);

/// A tree with something for each rule and pattern; excluded are the entries with `not` in their
/// names.
pub(crate) fn tree_with_exclusions(root: &Path) {
    make(
        root,
        &[
            "kept/one",
            "kept/two.not",
            "marked/.nobackup",
            "marked/not.a",
            "marked/not.d/x",
            "cache/CACHEDIR.TAG",
            "cache/not.b",
            "cache/not.d/x",
            "crate/Cargo.toml",
            "crate/target/not.c",
            "not.d/x/y",
            "large/not here",
        ],
    );
    fs::write(root.join("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55")
        .unwrap();
    fs::write(root.join("large/not here"), "12345").unwrap();
}
