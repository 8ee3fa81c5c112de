use std::path::PathBuf;
use std::time::SystemTime;

use super::snapshot::Snapshot;
use crate::error::Error;
use crate::profile::{Profile, ProfileError};
use crate::repository::Repository;

/// Which snapshots are meant. Of several hosts, paths, tags or labels, one is enough; of the kinds of
/// conditions, all have to hold. Without a condition, all are meant.
///
/// ```
/// use timelocker::repository::SnapshotFilter;
///
/// let filter = SnapshotFilter::new().host("laptop").tag("daily").path("/home/me");
/// # let _ = filter;
/// ```
#[derive(Clone, Debug, Default)]
pub struct SnapshotFilter {
    hosts: Vec<String>,
    paths: Vec<String>,
    tags: Vec<String>,
    labels: Vec<String>,
    profile: Option<OfProfile>,
    since: Option<SystemTime>,
    until: Option<SystemTime>,
}

/// By what the snapshots of a profile are told.
#[derive(Clone, Debug)]
struct OfProfile {
    name: &'static str,
    host: Option<&'static str>,
    tags: &'static [&'static str],
    /// Sorted.
    targets: Vec<String>,
}

impl OfProfile {
    fn made(&self, snapshot: &Snapshot) -> bool {
        if self.host.is_some_and(|host| host != snapshot.host()) {
            return false;
        }
        if let Some(label) = snapshot.label() {
            return label == self.name;
        }
        let mut paths: Vec<_> = snapshot.paths().collect();
        paths.sort_unstable();
        let tagged = |tag: &str| self.tags.contains(&tag);
        paths == self.targets && (self.tags.is_empty() || snapshot.tags().any(tagged))
    }
}

impl SnapshotFilter {
    /// All snapshots.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those that backups of a profile made: with its name for a label, and of its host if it names
    /// one. Snapshots without a label, which may be another program's, are its own if they have all
    /// of its targets and no other, and one of its tags if it has any.
    ///
    /// ```
    /// use timelocker::repository::SnapshotFilter;
    ///
    /// timelocker::backup_profile! {
    ///     static SYSTEM = { targets: ["/etc"], keep_daily: 7 }
    /// }
    ///
    /// let filter = SnapshotFilter::of(&SYSTEM)?.tag("before-upgrade");
    /// # Ok::<(), timelocker::ProfileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a target of the profile means nothing on this machine.
    pub fn of(profile: &Profile) -> Result<Self, ProfileError> {
        let all = profile.resolved_targets()?;
        // What lies below another is no target of its own to a snapshot.
        let is_below =
            |target: &PathBuf, other: &PathBuf| target != other && target.starts_with(other);
        let own = all.iter().filter(|target| !all.iter().any(|other| is_below(target, other)));
        let mut targets: Vec<_> = own.map(|target| target.to_string_lossy().into_owned()).collect();
        targets.sort_unstable();
        targets.dedup();
        let (name, host, tags) = (profile.name(), profile.host(), profile.tags());
        let own = OfProfile { name, host, tags, targets };
        Ok(Self { profile: Some(own), ..Self::default() })
    }

    /// Those of this host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Those with this target, written as the snapshot has it.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// Those with this tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Those with this label; the empty one is for those without.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.labels.push(label.into());
        self
    }

    /// Those of this time or later.
    #[must_use]
    pub fn since(mut self, time: SystemTime) -> Self {
        self.since = Some(time);
        self
    }

    /// Those of this time or earlier.
    #[must_use]
    pub fn until(mut self, time: SystemTime) -> Self {
        self.until = Some(time);
        self
    }

    /// Whether a snapshot is meant.
    #[must_use]
    pub fn matches(&self, snapshot: &Snapshot) -> bool {
        is_one_of(&self.hosts, std::iter::once(snapshot.host()))
            && is_one_of(&self.paths, snapshot.paths())
            && is_one_of(&self.tags, snapshot.tags())
            && is_one_of(&self.labels, std::iter::once(snapshot.label().unwrap_or_default()))
            && self.profile.as_ref().is_none_or(|profile| profile.made(snapshot))
            && self.since.is_none_or(|since| snapshot.time() >= since)
            && self.until.is_none_or(|until| snapshot.time() <= until)
    }
}

fn is_one_of<'a>(wanted: &[String], mut has: impl Iterator<Item = &'a str>) -> bool {
    wanted.is_empty() || has.any(|has| wanted.iter().any(|wanted| wanted == has))
}

impl Repository {
    /// The snapshots that a filter means, oldest first.
    ///
    /// # Errors
    ///
    /// When a snapshot can't be read.
    pub fn snapshots_matching(&self, filter: &SnapshotFilter) -> Result<Vec<Snapshot>, Error> {
        let mut snapshots = self.snapshots()?;
        snapshots.retain(|snapshot| filter.matches(snapshot));
        Ok(snapshots)
    }
}
