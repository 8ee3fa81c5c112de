//! File systems mounted below a target.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use timelocker::walk::{FileSystems, WalkOptions};
use timelocker_tests::skipped;

use crate::support::{everything, excluding, make};
use crate::walks::walk;

/// Mounts a file system while it lives; `None`, having said why, where that is not allowed.
struct Mounted(PathBuf);

impl Mounted {
    fn new(arguments: &[&str], at: &Path) -> Option<Self> {
        let output = Command::new("mount").args(arguments).arg(at).output();
        match output {
            Ok(output) if output.status.success() => Some(Self(at.to_path_buf())),
            Ok(output) => {
                skipped(String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                skipped(&format!("mount: {error}"));
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn stays_on_the_file_system_of_its_targets() {
    // Wherever something is mounted below `/dev`: usually `/dev/pts` and `/dev/shm`.
    let device = |path: &Path| fs::symlink_metadata(path).map(|metadata| metadata.dev()).ok();
    let dev = Path::new("/dev");
    let mounted = fs::read_dir(dev)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .find(|entry| device(&entry.path()) != device(dev));
    let Some(mounted) = mounted else {
        return skipped("nothing is mounted below /dev");
    };
    let mounted = mounted.path();
    let options = WalkOptions::new().file_systems(FileSystems::OfTargets);

    let walked = walk(&[dev], &everything(), &options);
    assert!(walked.paths().contains(&&*mounted));
    assert!(!walked.paths().iter().any(|path| *path != mounted && path.starts_with(&mounted)));
    assert!(walked.counts.other_file_systems >= 1);

    // Named as a target itself, it is entered.
    let named = walk(&[dev, &mounted], &everything(), &options);
    assert_eq!(named.counts.other_file_systems, walked.counts.other_file_systems - 1);
}

#[test]
fn mounted_file_systems() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(root, &["a/x", "b/y"]);
    fs::create_dir_all(root.join("mnt")).unwrap();
    let Some(_mounted) = Mounted::new(&["-t", "tmpfs", "none"], &root.join("mnt")) else { return };
    make(root, &["mnt/in/z", "mnt/other/w"]);

    let all = walk(&[root], &everything(), &WalkOptions::new());
    assert_eq!((all.counts.files, all.counts.directories), (4, 6));
    let stays = WalkOptions::new().file_systems(FileSystems::OfTargets);
    let one = walk(&[root], &everything(), &stays);
    assert_eq!(
        (one.counts.files, one.counts.directories, one.counts.other_file_systems),
        (2, 4, 1)
    );
    assert!(one.paths().contains(&&*root.join("mnt")));
    // What was named is entered, and what leads there passed.
    let named = walk(&[root, &root.join("mnt/in")], &everything(), &stays);
    let wanted = ["", "a", "a/x", "b", "b/y", "mnt", "mnt/in", "mnt/in/z"];
    let wanted = wanted.map(|path| if path.is_empty() { root.into() } else { root.join(path) });
    assert_eq!(named.paths(), wanted);
}

#[test]
fn a_file_system_that_does_not_tell_kinds() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    fs::File::create(&image).unwrap().set_len(4 << 20).unwrap();
    let root = directory.path().join("mnt");
    fs::create_dir(&root).unwrap();
    let made = Command::new("mkfs.ext2").args(["-q", "-F", "-O", "^filetype"]).arg(&image).output();
    if !made.is_ok_and(|output| output.status.success()) {
        return skipped("no mkfs.ext2");
    }
    let arguments = ["-o", "loop", image.to_str().unwrap()];
    let Some(_mounted) = Mounted::new(&arguments, &root) else { return };
    make(&root, &["a/b/x.tmp", "a/y", "tmp.tmp/z"]);
    symlink("a", root.join("link")).unwrap();
    let found = walk(&[&root], &excluding(&["*.tmp"]), &WalkOptions::new());
    let wanted = ["", "a", "a/b", "a/y", "link", "lost+found"];
    let wanted = wanted.map(|path| if path.is_empty() { root.clone() } else { root.join(path) });
    assert_eq!(found.paths(), wanted);
    assert_eq!((found.counts.excluded, found.counts.pruned), (1, 1));
}
