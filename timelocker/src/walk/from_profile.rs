//! The targets and rules of a profile, as a walk takes them.

use super::options::{FileSystems, WalkOptions};
use super::targets::Targets;
use crate::error::Error;
use crate::profile::Profile;

impl Profile {
    /// The targets as a walk takes them, each with its rules if it has some of its own.
    ///
    /// ```no_run
    /// use timelocker::walk::Plan;
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = { targets: ["~"], exclude: ["*.tmp"] }
    /// }
    ///
    /// let plan = Plan::new(&HOME.walk_targets()?, HOME.patterns(), &HOME.walk_options());
    /// println!("{} bytes", plan.bytes());
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`resolved_targets`](Self::resolved_targets), and when a target is not there, or lies
    /// below another and one of the two has rules of its own.
    pub fn walk_targets(&self) -> Result<Targets, Error> {
        let paths = self.resolved_targets()?;
        Targets::with_rules(
            paths.into_iter().zip(self.targets().iter().map(|target| target.patterns().cloned())),
        )
    }

    /// How the targets are walked: which file systems are entered, and what is left out for what
    /// lies in a directory.
    pub fn walk_options(&self) -> WalkOptions {
        let file_systems =
            if self.one_file_system() { FileSystems::OfTargets } else { FileSystems::All };
        WalkOptions::new()
            .file_systems(file_systems)
            .directory_rules(self.directory_rules())
            .ignore_files(self.ignore_files().clone())
    }
}
