use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::progress::WalkProgress;
use crate::policy::directory_rules::DirectoryRules;
use crate::policy::ignore_files::IgnoreFiles;

/// How targets are walked.
///
/// ```
/// use timelocker::walk::{Details, FileSystems, WalkOptions};
///
/// let options = WalkOptions::new()
///     .file_systems(FileSystems::OfTargets)
///     .details(Details::Names)
///     .threads(2);
/// assert_eq!(options.get_file_systems(), FileSystems::OfTargets);
/// ```
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    threads: Option<NonZero<usize>>,
    order: Order,
    details: Details,
    metadata_in_turn: bool,
    exclusions: Exclusions,
    file_systems: FileSystems,
    directory_rules: DirectoryRules,
    ignore_files: IgnoreFiles,
    cancellation: Cancellation,
    progress: Option<Arc<WalkProgress>>,
}

/// In which order [`visit`](super::visit) hands out what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As it is found, on all threads at once.
    #[default]
    Unordered,
    /// Component by component, comparing raw bytes, a directory before what lies below it.
    Sorted,
}

/// What is asked of the system about selected entries. What is not selected is never asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Details {
    /// Names and kinds alone: what directories tell themselves.
    Names,
    /// Metadata of whatever is not a directory: enough to count and to add up sizes.
    Files,
    /// Metadata of all entries.
    #[default]
    All,
}

/// What an unordered [`visit`](super::visit) says of what is not selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exclusions {
    /// How many entries it is.
    #[default]
    Counted,
    /// Each of them.
    Named,
    /// Each of them, and of those that are not directories the metadata too.
    Measured,
}

/// Which file systems a walk enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileSystems {
    /// Whatever is mounted below a target.
    #[default]
    All,
    /// The file system of each target alone. A directory on which another one is mounted is
    /// reported but not opened, unless it was named as a target itself.
    OfTargets,
}

/// Ends walks from elsewhere. All copies of one are the same.
///
/// A walk looks at it between directories. One that was ended early says so: it gives out a last
/// failure of the kind [`Interrupted`](std::io::ErrorKind::Interrupted), so that nobody takes what
/// it gave for all there is.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// One that has not been cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the walks that have it in their options, and those that get it later.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has been cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl WalkOptions {
    /// The defaults: unordered where there is a choice, metadata of all entries, all file systems.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many threads read directories, the calling one among them. 0 is the default.
    ///
    /// Without it an unordered walk takes as many as there are processors, but no more than 8, and
    /// an ordered one takes the calling thread alone. A disk that is slow to answer is read faster
    /// by 8 to 16 threads, however few processors there are.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZero::new(threads);
        self
    }

    /// How many threads read directories, if that was said.
    #[must_use]
    pub fn get_threads(&self) -> Option<NonZero<usize>> {
        self.threads
    }

    /// The order in which [`visit`](super::visit) hands out entries. A [`Walk`](super::Walk) is
    /// always sorted.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// The order of [`visit`](super::visit).
    #[must_use]
    pub fn get_order(&self) -> Order {
        self.order
    }

    /// What to ask the system about selected entries.
    #[must_use]
    pub fn details(mut self, details: Details) -> Self {
        self.details = details;
        self
    }

    /// What is asked about selected entries.
    #[must_use]
    pub fn get_details(&self) -> Details {
        self.details
    }

    /// Has a sorted walk read the metadata of each file when its turn has come and not sooner: what
    /// a file was when its neighbours were read says less about it, the longer that takes.
    #[cfg(feature = "repository")]
    pub(crate) fn metadata_in_turn(mut self) -> Self {
        self.metadata_in_turn = true;
        self
    }

    pub(super) fn reads_metadata_in_turn(&self) -> bool {
        self.metadata_in_turn
    }

    /// What an unordered [`visit`](super::visit) says of what is not selected.
    #[must_use]
    pub fn exclusions(mut self, exclusions: Exclusions) -> Self {
        self.exclusions = exclusions;
        self
    }

    /// What is said of what is not selected.
    #[must_use]
    pub fn get_exclusions(&self) -> Exclusions {
        self.exclusions
    }

    /// Which file systems to enter.
    #[must_use]
    pub fn file_systems(mut self, file_systems: FileSystems) -> Self {
        self.file_systems = file_systems;
        self
    }

    /// Which file systems are entered.
    #[must_use]
    pub fn get_file_systems(&self) -> FileSystems {
        self.file_systems
    }

    /// What to leave out for what lies in a directory or beside it, and for its size.
    #[must_use]
    pub fn directory_rules(mut self, rules: DirectoryRules) -> Self {
        self.directory_rules = rules;
        self
    }

    /// What is left out by more than names.
    #[must_use]
    pub fn get_directory_rules(&self) -> &DirectoryRules {
        &self.directory_rules
    }

    /// Files that say what is left out, found on the way: `.gitignore` and the like.
    #[must_use]
    pub fn ignore_files(mut self, files: IgnoreFiles) -> Self {
        self.ignore_files = files;
        self
    }

    /// The files that say what is left out.
    #[must_use]
    pub fn get_ignore_files(&self) -> &IgnoreFiles {
        &self.ignore_files
    }

    /// What may end the walk early.
    #[must_use]
    pub fn cancellation(mut self, cancellation: Cancellation) -> Self {
        self.cancellation = cancellation;
        self
    }

    /// What may end the walk early.
    #[must_use]
    pub fn get_cancellation(&self) -> &Cancellation {
        &self.cancellation
    }

    /// Where the walk writes how far it has come.
    #[must_use]
    pub fn progress(mut self, progress: Arc<WalkProgress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Where the walk writes how far it has come.
    #[must_use]
    pub fn get_progress(&self) -> Option<&Arc<WalkProgress>> {
        self.progress.as_ref()
    }
}
