//! Repositories to be tried.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use timelocker::repository::{
    BackupOptions, BackupOutcome, Password, Repository, RepositorySettings, RestoreOptions,
};
use timelocker::source::Source;
use timelocker::walk::Targets;

use super::everything;

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
