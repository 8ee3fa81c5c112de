//! The commands around a profile's operations, as data.

use std::time::Duration;

use super::Profile;
use crate::monitoring::{Hook, Hooks};

/// A line for the shell.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookLine {
    pub line: &'static str,
    pub required: bool,
    pub limit: Option<Duration>,
}

/// The lines, by when they are run.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookLines {
    pub before: &'static [HookLine],
    pub success: &'static [HookLine],
    pub failure: &'static [HookLine],
    pub finally: &'static [HookLine],
}

impl HookLine {
    fn hook(&self) -> Hook {
        let mut hook = Hook::shell(self.line);
        if self.required {
            hook = hook.required();
        }
        if let Some(limit) = self.limit {
            hook = hook.time_limit(limit);
        }
        hook
    }
}

impl Profile {
    /// The commands to run around a backup, by
    /// [`StatusReporter::run`](crate::monitoring::StatusReporter::run).
    ///
    /// ```
    /// use timelocker::monitoring::{Hook, Hooks};
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = {
    ///         targets: ["~"],
    ///         hooks: { before: required "mountpoint /mnt", failure: ["logger failed"] },
    ///     }
    /// }
    ///
    /// let expected = Hooks::new()
    ///     .before(Hook::shell("mountpoint /mnt").required())
    ///     .failure(Hook::shell("logger failed"));
    /// assert_eq!(HOME.hooks(), expected);
    /// ```
    pub fn hooks(&self) -> Hooks {
        let HookLines { before, success, failure, finally } = self.0.hooks;
        let mut hooks = Hooks::new();
        for line in before {
            hooks = hooks.before(line.hook());
        }
        for line in success {
            hooks = hooks.success(line.hook());
        }
        for line in failure {
            hooks = hooks.failure(line.hook());
        }
        for line in finally {
            hooks = hooks.finally(line.hook());
        }
        hooks
    }
}
