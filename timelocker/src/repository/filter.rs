use std::time::SystemTime;

use super::Repository;
use super::snapshot::Snapshot;
use crate::error::Error;

/// Which snapshots are meant. Of several hosts, paths or tags, one is enough; of the kinds of
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
    since: Option<SystemTime>,
    until: Option<SystemTime>,
}

impl SnapshotFilter {
    /// All snapshots.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
