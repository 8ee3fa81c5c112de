//! Trees with all that Unix has.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::geteuid;
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, capabilities_secure_bits,
    set_capabilities, set_capabilities_secure_bits,
};

use super::{digest, noise, set_modified};

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

/// Asserts entry by entry, so that a difference is readable.
#[track_caller]
pub(crate) fn assert_same(left: &BTreeMap<PathBuf, Facts>, right: &BTreeMap<PathBuf, Facts>) {
    let paths = |facts: &BTreeMap<PathBuf, Facts>| facts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(left), paths(right));
    for (path, facts) in left {
        assert_eq!(facts, &right[path], "{}", path.display());
    }
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
