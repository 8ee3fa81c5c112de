use std::path::{Path, PathBuf};
use std::sync::Arc;

use timelocker_pattern::PatternTable;

use crate::cancel::CancelToken;
use crate::error::Error;
use crate::policy::surprise::SurpriseGuard;
use crate::profile::{Profile, ProfileError};
use crate::repository::{BackupOptions, Parent, Progress, Verify};
use crate::source::Source;
use crate::walk::{Targets, WalkOptions};

/// What is backed up, and how: the inputs of one backup.
///
/// ```no_run
/// use timelocker::manager::{BackupManager, BackupRequest};
/// use timelocker::pattern::PatternTable;
/// use timelocker::repository::{Password, Repository};
///
/// let table = PatternTable::builder().exclude("*.tmp").build()?;
/// let request = BackupRequest::new(["/home/me"], &table).tag("daily");
///
/// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
/// let outcome = BackupManager::new(repository).execute_backup(&request)?;
/// println!("{}", outcome.report().snapshot());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BackupRequest {
    /// Some with rules of their own.
    targets: Vec<(PathBuf, Option<PatternTable>)>,
    table: PatternTable,
    walk: WalkOptions,
    options: BackupOptions,
    verify: Verify,
}

impl BackupRequest {
    /// Everything below the targets that the table selects.
    #[must_use]
    pub fn new<I>(targets: I, table: &PatternTable) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<Path>,
    {
        Self {
            targets: without_rules(targets),
            table: table.clone(),
            walk: WalkOptions::new(),
            options: BackupOptions::new(),
            verify: Verify::structure(),
        }
    }

    /// What a profile says: its targets and rules, tags and host, which file systems it enters,
    /// what is a surprise and how much is read back. Its name is the label of the snapshot. Its [`retry`](Profile::retry) is for the
    /// manager, its hooks and notifications are for a reporter.
    ///
    /// ```no_run
    /// use timelocker::manager::BackupRequest;
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = { targets: ["~"], exclude: [".cache/"], tags: ["daily"] }
    /// }
    /// let request = BackupRequest::of(&HOME)?;
    /// # Ok::<(), timelocker::ProfileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a target of the profile means nothing on this machine.
    pub fn of(profile: &Profile) -> Result<Self, ProfileError> {
        let mut options = BackupOptions::new()
            .label(profile.name())
            .tags(profile.tags().iter().copied())
            .guard(profile.surprise_guard());
        if let Some(host) = profile.host() {
            options = options.host(host);
        }
        let mut request = Self::new(profile.resolved_targets()?, profile.patterns())
            .walk_options(profile.walk_options())
            .backup_options(options)
            .verify(profile.verify());
        for ((_, table), target) in request.targets.iter_mut().zip(profile.targets()) {
            *table = target.patterns().cloned();
        }
        Ok(request)
    }

    /// Backs up these targets in place of those given before.
    #[must_use]
    pub fn targets<I>(mut self, targets: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<Path>,
    {
        self.targets = without_rules(targets);
        self
    }

    /// Backs up another target too, with rules of its own in place of the common ones.
    #[must_use]
    pub fn target_with_rules(mut self, path: impl AsRef<Path>, table: &PatternTable) -> Self {
        self.targets.push((path.as_ref().to_path_buf(), Some(table.clone())));
        self
    }

    /// Shows how far the backup has come.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.options = self.options.progress(progress);
        self
    }

    /// Adds a tag to the snapshot.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options = self.options.tag(tag);
        self
    }

    /// How unchanged files are told: a full backup is [`Parent::None`].
    #[must_use]
    pub fn parent(mut self, parent: Parent) -> Self {
        self.options = self.options.parent(parent);
        self
    }

    /// The name of the host in the snapshot, in place of the name of this machine.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.options = self.options.host(host);
        self
    }

    /// What is done when the backup is far from what the last ones were.
    #[must_use]
    pub fn guard(mut self, guard: SurpriseGuard) -> Self {
        self.options = self.options.guard(guard);
        self
    }

    /// On how many processors at most the backup runs: see [`BackupOptions::threads`].
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options = self.options.threads(threads);
        self
    }

    /// By what the backup can be cancelled.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Self {
        self.options = self.options.cancel_token(token);
        self
    }

    /// How much of the snapshot is read back; the default is [`Verify::structure`].
    #[must_use]
    pub fn verify(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }

    /// How the targets are walked.
    #[must_use]
    pub fn walk_options(mut self, options: WalkOptions) -> Self {
        self.walk = options;
        self
    }

    /// Everything else about the backup; replaces the tags, the parent, the progress and the token
    /// given so far.
    #[must_use]
    pub fn backup_options(mut self, options: BackupOptions) -> Self {
        self.options = options;
        self
    }

    /// The source of the backup. The targets are looked at: when none of them is usable, none is at
    /// the next attempt either.
    ///
    /// # Errors
    ///
    /// When there is no target, or all are missing.
    pub fn source(&self) -> Result<Source, Error> {
        let targets = self.targets.iter().map(|(path, table)| (path, table.clone()));
        let targets = Targets::with_rules(targets)?;
        Ok(Source::new(targets, self.table.clone()).walk_options(self.walk.clone()))
    }

    pub(super) fn options(&self) -> &BackupOptions {
        &self.options
    }

    pub(super) fn how_to_verify(&self) -> Verify {
        self.verify
    }
}

fn without_rules<I>(targets: I) -> Vec<(PathBuf, Option<PatternTable>)>
where
    I: IntoIterator,
    I::Item: AsRef<Path>,
{
    targets.into_iter().map(|path| (path.as_ref().to_path_buf(), None)).collect()
}
