//! System calls that fail when a test says so, by the shim `shims/failing_calls.c`.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::io::Errno;

/// Kinds of calls, by the bits that the shim knows them by.
pub(crate) mod kind {
    pub(crate) const READ: u64 = 1;
    pub(crate) const LIST: u64 = 2;
    pub(crate) const OPEN: u64 = 16;
    pub(crate) const WRITE: u64 = 64;
    pub(crate) const SYNC: u64 = 128;
    pub(crate) const RENAME: u64 = 256;
    pub(crate) const UNLINK: u64 = 512;
    pub(crate) const MKDIR: u64 = 1024;
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One call fails.
    Once(Errno),
    /// So do all after it.
    Sticky(Errno),
    /// It moves half of its bytes.
    Half,
    /// The process is killed.
    Kill,
}

/// Offsets in the file that the shim maps.
const NTH: u64 = 8;
const COUNT: u64 = 24;
const HITS: u64 = 32;
const PREFIX: u64 = 40;
const STICKY: u64 = 1064;

/// The file by which the shim is told what fails.
pub(crate) struct Control(File);

impl Control {
    /// A new file, for a child.
    pub(crate) fn create(path: &Path, prefix: &Path) -> Self {
        fs::write(path, [0; 4096]).unwrap();
        let control = Self::open(path);
        control.set_prefix(prefix);
        control
    }

    pub(crate) fn open(path: &Path) -> Self {
        Self(File::options().read(true).write(true).open(path).unwrap())
    }

    pub(crate) fn set_prefix(&self, prefix: &Path) {
        let mut bytes = prefix.as_os_str().as_encoded_bytes().to_vec();
        bytes.resize(512, 0);
        self.0.write_all_at(&bytes, PREFIX).unwrap();
    }

    /// Lets the nth call of these kinds fail.
    pub(crate) fn arm(&self, kinds: u64, nth: u64, fault: Fault) {
        let error = match fault {
            Fault::Once(error) | Fault::Sticky(error) => i64::from(error.raw_os_error()),
            Fault::Half => 0,
            Fault::Kill => -1,
        };
        self.set(STICKY, u64::from(matches!(fault, Fault::Sticky(_))));
        let words = [kinds, 0, error.cast_unsigned(), 0, 0];
        let bytes: Vec<u8> = words.into_iter().flat_map(u64::to_ne_bytes).collect();
        self.0.write_all_at(&bytes, 0).unwrap();
        self.set(NTH, nth);
    }

    /// Lets all calls through; the number of those that failed.
    pub(crate) fn disarm(&self) -> u64 {
        self.set(NTH, 0);
        self.word(HITS)
    }

    /// The number of calls of the kinds that were looked for.
    pub(crate) fn count(&self) -> u64 {
        self.word(COUNT)
    }

    fn set(&self, at: u64, word: u64) {
        self.0.write_all_at(&word.to_ne_bytes(), at).unwrap();
    }

    fn word(&self, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, at).unwrap();
        u64::from_ne_bytes(bytes)
    }
}

/// Compiles the shim into a directory; `None`, having said why, where that can't be done.
pub(crate) fn shim(directory: &Path) -> Option<PathBuf> {
    let cc = timelocker_tests::tool("cc")?;
    if !cfg!(target_arch = "x86_64") {
        timelocker_tests::skipped("the shim that fails system calls is for x86-64");
        return None;
    }
    let shim = directory.join("failing_calls.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shims/failing_calls.c");
    let compiled = Command::new(cc)
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .args([&shim, &source])
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    Some(shim)
}

/// A test of this program as a child below the shim.
pub(crate) fn child(test: &str, directory: &Path, shim: &Path) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .env("TIMELOCKER_TEST_LAB", directory)
        .env("FAILING_CALLS", directory.join("control"))
        .env("LD_PRELOAD", shim);
    child
}

/// The directory of the parent's lab; `None` where a child is run by itself.
pub(crate) fn lab_of_parent() -> Option<PathBuf> {
    let directory = std::env::var_os("TIMELOCKER_TEST_LAB").map(PathBuf::from);
    if directory.is_none() {
        timelocker_tests::skipped("it is run by another test");
    }
    directory
}

/// Runs a child to its end, which has to be a good one; what it wrote to stdout.
pub(crate) fn run(mut child: Command) -> String {
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let path = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::copy(entry.path(), path).unwrap();
        }
    }
}
