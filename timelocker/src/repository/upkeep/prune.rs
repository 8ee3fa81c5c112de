//! Removing the data that no snapshot needs, and nothing else.

use rustic_core::LimitOption;

use super::listings::Listings;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::lock::Purpose;
use crate::repository::session::Access;

/// How data that no snapshot needs are removed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PruneOptions {
    dry_run: bool,
    max_unused: u8,
    allow_no_snapshots: bool,
}

impl Default for PruneOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl PruneOptions {
    /// Packs of which nothing is needed are removed, and others written anew until at most a
    /// twentieth of all data is unneeded.
    #[must_use]
    pub const fn new() -> Self {
        Self { dry_run: false, max_unused: 5, allow_no_snapshots: false }
    }

    /// Works out what would be done, and changes nothing.
    #[must_use]
    pub const fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// So much of the data may stay though nothing needs it, in hundredths: writing packs anew
    /// takes time, and on some servers money. 0 removes all of it; with 100 no pack is written anew
    /// for that.
    #[must_use]
    pub const fn max_unused(mut self, percent: u8) -> Self {
        self.max_unused = percent;
        self
    }

    /// Removes all data of a repository without a snapshot. Otherwise that is an error: snapshots
    /// that a fault hides look like none at all.
    #[must_use]
    pub const fn allow_no_snapshots(mut self, allow: bool) -> Self {
        self.allow_no_snapshots = allow;
        self
    }
}

/// What pruning does, or would do. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PruneReport {
    /// Packs of which nothing is needed, and which are removed.
    pub packs_removed: u64,
    /// Packs of which a part is needed, which is written anew.
    pub packs_repacked: u64,
    /// What the repository gets smaller by.
    pub bytes_freed: u64,
    /// What is needed by some snapshot.
    pub bytes_used: u64,
    /// What stays though nothing needs it.
    pub bytes_unused: u64,
}

impl Repository {
    /// Removes the data that no snapshot needs.
    ///
    /// # Errors
    ///
    /// When anybody else uses the repository ([`Error::is_locked`]), when it may only be appended
    /// to, when it can't be read or written, when it has data and no snapshot, when its files change
    /// meanwhile, or when data are missing that a snapshot needs: then nothing is removed.
    pub fn prune(&self, options: &PruneOptions) -> Result<PruneReport, Error> {
        const DOING: &str = "remove unneeded data from";
        // What is only looked at may change under the eyes; nothing comes to harm.
        let lock = if options.dry_run { Purpose::Read } else { Purpose::Exclusive };
        let session = self.session(Access { lock: Some(lock), ..Access::default() })?;
        let listed = Listings::of(&session)?;
        if listed.snapshots.is_empty() && !listed.packs.is_empty() && !options.allow_no_snapshots {
            let why = format!(
                "the repository has {} packs and no snapshot; allow that with \
                 `--allow-no-snapshots` if all snapshots were removed on purpose, and check where \
                 they are otherwise",
                listed.packs.len()
            );
            return Err(Error::engine(DOING, self.location(), why.into()));
        }
        let planner = session.engine_on(listed.above(session.backend()))?;
        let mut engine_options = rustic_core::PruneOptions::default();
        // The lock keeps away whoever could still need what is removed.
        engine_options.instant_delete = true;
        engine_options.max_unused = match options.max_unused {
            percent @ 0..100 => LimitOption::Percentage(percent.into()),
            // The engine divides by what is not unneeded.
            _ => LimitOption::Unlimited,
        };
        engine_options.max_repack = LimitOption::Unlimited;
        let plan = session.run(DOING, || planner.prune_plan(&engine_options))?;
        let (packs, size) = (plan.stats.packs, plan.stats.size_sum());
        let marked = plan.stats.packs_to_delete.remove;
        let report = PruneReport {
            packs_removed: packs.unused + plan.stats.packs_unref + marked,
            packs_repacked: packs.repack,
            bytes_freed: size.remove
                + size.repackrm
                + plan.stats.size_unref
                + plan.stats.size_to_delete.remove,
            bytes_used: size.used,
            bytes_unused: size.unused_after_prune(),
        };
        if options.dry_run {
            return Ok(report);
        }
        if listed.is_much(report.packs_removed + report.packs_repacked)
            && listed != Listings::of(&session)?
        {
            let why = "two listings differ, so that one of them is wrong or somebody changes the \
                       repository without a lock; nothing was removed";
            return Err(Error::engine(DOING, self.location(), why.into()));
        }
        let engine = session.engine()?;
        session.run(DOING, || engine.prune(&engine_options, plan))?;
        if let Some(storage) = &self.place.storage {
            // The lock keeps whoever writes away: what is half written stays so.
            let removed = storage.remove_leftovers();
            removed.map_err(|error| Error::engine(DOING, self.location(), error.into()))?;
        }
        Ok(report)
    }
}
