//! A snapshot and its figures.

use std::fmt;
use std::time::{Duration, SystemTime};

use rustic_core::repofile::SnapshotFile;

use crate::repository::format::Id;

/// One state of some targets, as a repository keeps it.
#[derive(Clone)]
pub struct Snapshot {
    id: String,
    file: Box<SnapshotFile>,
}

impl Snapshot {
    pub(in crate::repository) fn new(file: SnapshotFile) -> Self {
        Self { id: file.id.to_hex().as_str().to_owned(), file: Box::new(file) }
    }

    pub(in crate::repository) fn file(&self) -> &SnapshotFile {
        &self.file
    }

    /// The id of the top directory.
    pub(in crate::repository) fn tree(&self) -> Id {
        Id::from_hex(self.file.tree.to_hex().as_str().as_bytes()).unwrap_or_default()
    }

    /// The whole id, 64 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The first eight digits of the id, as restic shows it.
    #[must_use]
    pub fn short_id(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }

    /// When the backup began.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.file.time.timestamp().into()
    }

    /// The name of the machine that was backed up.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.file.hostname
    }

    /// The targets. One that is not UTF-8 is shown with replacement characters; what was stored
    /// below it has its real name.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.file.paths.iter().map(String::as_str)
    }

    /// The tags, sorted.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.file.tags.iter().map(String::as_str)
    }

    /// What it is a snapshot of, where whoever made it said so: for a backup of a profile, the name of
    /// that.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        Some(&*self.file.label).filter(|label| !label.is_empty())
    }

    /// The id of the snapshot that unchanged files were told by, if there was one.
    #[must_use]
    pub fn parent(&self) -> Option<String> {
        self.file.parent.map(|id| id.to_hex().as_str().to_owned())
    }

    /// The figures of the backup, if the program that made the snapshot stored them.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let summary = self.file.summary.as_ref()?;
        Some(Summary {
            files_new: summary.files_new,
            files_changed: summary.files_changed,
            files_unmodified: summary.files_unmodified,
            directories_new: summary.dirs_new,
            directories_changed: summary.dirs_changed,
            directories_unmodified: summary.dirs_unmodified,
            bytes_processed: summary.total_bytes_processed,
            file_data_added: summary.data_added_files,
            data_added: summary.data_added,
            data_added_packed: summary.data_added_packed,
            duration: Duration::try_from_secs_f64(summary.backup_duration).unwrap_or_default(),
        })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("id", &self.short_id())
            .field("time", &self.file.time.to_string())
            .field("host", &self.host())
            .field("paths", &self.paths().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The id, the local time of the machine that was backed up, its name and the targets.
impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.file.time.strftime("%Y-%m-%d %H:%M:%S");
        write!(f, "{}  {time}  {} ", self.short_id(), self.host())?;
        self.paths().try_for_each(|path| write!(f, " {path}"))
    }
}

/// The figures of one backup. Files are all entries that are not directories; sizes are in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Files that the parent did not have.
    pub files_new: u64,
    /// Files that the parent had otherwise.
    pub files_changed: u64,
    /// Files that are as in the parent, and were not read.
    pub files_unmodified: u64,
    /// Directories that the parent did not have.
    pub directories_new: u64,
    /// Directories that hold something else than in the parent.
    pub directories_changed: u64,
    /// Directories that are as in the parent with all below them.
    pub directories_unmodified: u64,
    /// The size of all files.
    pub bytes_processed: u64,
    /// Contents of files that the repository did not hold yet.
    pub file_data_added: u64,
    /// All that the repository did not hold yet, directories included.
    pub data_added: u64,
    /// The same compressed and encrypted: what the repository grew by.
    pub data_added_packed: u64,
    /// How long it took.
    pub duration: Duration,
}
