//! Whether all saved, and restored, the same.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use timelocker::repository::{Password, Repository, RestoreOptions};

use crate::lab::Lab;
use crate::peers::{Operation, PASSWORD, Peer};

/// Asserts that the youngest snapshots of all have as many files as the tree.
pub(crate) fn agree(labs: &[Lab]) {
    let expected = files_below(labs[0].tree());
    for lab in labs {
        assert_eq!(saved(lab), expected, "{} saved other files", lab.peer().name());
    }
    println!("all saved {expected} files");
}

fn files_below(directory: &Path) -> usize {
    walkdir::WalkDir::new(directory)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .count()
}

/// The files in the youngest snapshot: restic, if it is installed, reads the repositories of all
/// but borg.
fn saved(lab: &Lab) -> usize {
    let mut list = match lab.peer() {
        peer if peer != Peer::Borg && !Peer::installed().contains(&Peer::Restic) => {
            return seen_by_ours(lab);
        }
        Peer::Borg => {
            let mut borg = lab.peer().borg(lab.state());
            borg.args(["list", "--format={type}{NL}"]);
            borg.arg(format!("{}::{}", lab.repository().display(), lab.youngest()));
            borg
        }
        peer => {
            let mut restic = peer.restic(lab.repository(), lab.state());
            restic.args(["ls", "--json", "latest"]);
            restic
        }
    };
    let is_file = |line: &str| match lab.peer() {
        Peer::Borg => line == "-",
        _ => line.contains(r#""type":"file""#),
    };
    lines(&mut list, is_file)
}

fn seen_by_ours(lab: &Lab) -> usize {
    let repository = Repository::open(lab.repository(), &Password::new(PASSWORD)).unwrap();
    let snapshot = repository.snapshot("latest").unwrap();
    let options = RestoreOptions::new().dry_run(true);
    let report = repository.restore(&snapshot, lab.restored(), &options).unwrap();
    usize::try_from(report.files()).unwrap()
}

fn lines(command: &mut Command, counts: impl Fn(&str) -> bool) -> usize {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let count = lines.map(Result::unwrap).filter(|line| counts(line)).count();
    assert!(child.wait().unwrap().success());
    count
}

/// Asserts that all restore the tree as it is.
pub(crate) fn all_restore(labs: &[Lab]) {
    let expected = facts(labs[0].tree());
    for lab in labs.iter().filter(|lab| lab.peer().can(Operation::Restore)) {
        lab.run(Operation::Restore);
        let tree = lab.tree().strip_prefix("/").unwrap();
        let restored = facts(&lab.restored().join(tree));
        assert!(restored == expected, "{} restored something else", lab.peer().name());
    }
    println!("all restored {} entries", expected.len());
}

/// Mode, time and contents of each entry.
fn facts(root: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, u64)> {
    let fact = |entry: walkdir::DirEntry| {
        let metadata = entry.metadata().unwrap();
        let contents = if metadata.is_file() { digest(entry.path()) } else { 0 };
        let path = entry.path().strip_prefix(root).unwrap().to_path_buf();
        (path, (metadata.mode(), metadata.mtime(), metadata.mtime_nsec(), contents))
    };
    walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).map(fact).collect()
}

fn digest(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(fs::metadata(path).unwrap().len());
    let mut file = File::open(path).unwrap();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => return hasher.finish(),
            read => hasher.write(&buffer[..read]),
        }
    }
}
