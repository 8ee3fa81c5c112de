//! Backups that are far from what they usually are.

use std::fmt;

/// What is done when a backup is far from what the last ones were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnSurprise {
    /// It is not looked at.
    #[default]
    Ignore,
    /// The snapshot is made, and the report tells.
    Warn,
    /// No snapshot is made. What was uploaded stays for the backup that is let through.
    Stop,
}

/// When a backup is a surprise, against the last five of the same host and targets: a mount that is
/// missing selects far less, a forgotten exclude far more, and encrypted by an intruder, nearly
/// every file is another.
///
/// ```
/// use timelocker::{OnSurprise, SurpriseGuard};
///
/// let guard = SurpriseGuard::new(OnSurprise::Stop).more(3.0).slack(1000);
/// # let _ = guard;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurpriseGuard {
    action: OnSurprise,
    more: f64,
    less: f64,
    changed: f64,
    slack: u64,
}

impl Default for SurpriseGuard {
    fn default() -> Self {
        Self::new(OnSurprise::Ignore)
    }
}

impl SurpriseGuard {
    /// More than twice as many files as usual are a surprise, or fewer than half, or that more than
    /// half of them are new or changed and three times as many as usual; all of that by 100 files
    /// at least.
    #[must_use]
    pub const fn new(action: OnSurprise) -> Self {
        Self { action, more: 2.0, less: 0.5, changed: 0.5, slack: 100 }
    }

    /// By which factor more files than usual are a surprise.
    #[must_use]
    pub const fn more(mut self, factor: f64) -> Self {
        self.more = factor;
        self
    }

    /// Which share of the usual number of files is so few that it is a surprise.
    #[must_use]
    pub const fn less(mut self, share: f64) -> Self {
        self.less = share;
        self
    }

    /// Which share of the files is a surprise if it is new or changed.
    #[must_use]
    pub const fn changed(mut self, share: f64) -> Self {
        self.changed = share;
        self
    }

    /// By fewer files than these nothing is a surprise.
    #[must_use]
    pub const fn slack(mut self, files: u64) -> Self {
        self.slack = files;
        self
    }

    /// The same, with something else done.
    #[must_use]
    pub const fn with_action(mut self, action: OnSurprise) -> Self {
        self.action = action;
        self
    }

    /// What is done.
    #[must_use]
    pub const fn action(&self) -> OnSurprise {
        self.action
    }

    /// What is a surprise about a backup.
    #[cfg_attr(not(feature = "repository"), allow(dead_code))]
    pub(crate) fn judge(&self, is: Figures, usual: Figures) -> Option<Surprise> {
        let (files, of) = (is.files, usual.files);
        if files as f64 > of as f64 * self.more && files.saturating_sub(of) >= self.slack {
            return Some(Surprise::FarMore { files, usual: of });
        }
        if (files as f64) < of as f64 * self.less && of.saturating_sub(files) >= self.slack {
            return Some(Surprise::FarLess { files, usual: of });
        }
        let changed = is.changed;
        let far = changed as f64 > files as f64 * self.changed
            && changed > usual.changed.saturating_mul(3)
            && changed >= self.slack;
        far.then_some(Surprise::ManyChanged { changed, files, usual: usual.changed })
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "repository"), allow(dead_code))]
pub(crate) struct Figures {
    pub(crate) files: u64,
    /// New or changed.
    pub(crate) changed: u64,
}

#[cfg_attr(not(feature = "repository"), allow(dead_code))]
impl Figures {
    /// The medians of the last backups; `None` without any.
    pub(crate) fn usual(last: &[Self]) -> Option<Self> {
        let median = |of: fn(&Self) -> u64| {
            let mut figures: Vec<_> = last.iter().map(of).collect();
            figures.sort_unstable();
            // Of two, the lower: in the first of all backups every file is new.
            figures.get(figures.len().saturating_sub(1) / 2).copied()
        };
        Some(Self { files: median(|one| one.files)?, changed: median(|one| one.changed)? })
    }
}

/// In which way a backup is far from what the last ones were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Surprise {
    /// It selects far more files.
    FarMore {
        /// How many it selects.
        files: u64,
        /// How many the last ones did.
        usual: u64,
    },
    /// It selects far fewer files.
    FarLess {
        /// How many it selects.
        files: u64,
        /// How many the last ones did.
        usual: u64,
    },
    /// Far more of its files are new or changed.
    ManyChanged {
        /// How many are.
        changed: u64,
        /// How many files it selects.
        files: u64,
        /// How many were in the last ones.
        usual: u64,
    },
}

impl fmt::Display for Surprise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FarMore { files, usual } => {
                write!(f, "{files} files are selected, far more than the usual {usual}")
            }
            Self::FarLess { files, usual } => {
                write!(f, "{files} files are selected, far fewer than the usual {usual}")
            }
            Self::ManyChanged { changed, files, usual } => write!(
                f,
                "{changed} of {files} files are new or changed, far more than the usual {usual}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_is_by_a_factor_and_by_a_number() {
        let guard = SurpriseGuard::new(OnSurprise::Warn);
        let judge = |files, changed| {
            guard.judge(Figures { files, changed }, Figures { files: 1000, changed: 20 })
        };
        assert_eq!(judge(1000, 30), None);
        assert_eq!(judge(2000, 999), None);
        assert_eq!(judge(2001, 0), Some(Surprise::FarMore { files: 2001, usual: 1000 }));
        assert_eq!(judge(500, 0), None);
        assert_eq!(judge(499, 0), Some(Surprise::FarLess { files: 499, usual: 1000 }));
        let many = Surprise::ManyChanged { changed: 501, files: 1000, usual: 20 };
        assert_eq!(judge(1000, 501), Some(many));
        // Few files go up and down.
        let few = |files| {
            guard.judge(Figures { files, changed: files }, Figures { files: 10, changed: 0 })
        };
        assert_eq!((few(0), few(99)), (None, None));
        assert_eq!(few(110), Some(Surprise::FarMore { files: 110, usual: 10 }));
    }

    #[test]
    fn odd_factors_are_harmless() {
        let usual = Figures { files: 1000, changed: 20 };
        for factor in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.5, 2.0] {
            let guard =
                SurpriseGuard::new(OnSurprise::Stop).more(factor).less(factor).changed(factor);
            for files in [0, 600, 1000, 1500, u64::MAX] {
                match guard.judge(Figures { files, changed: files }, usual) {
                    Some(Surprise::FarMore { .. }) => assert!(files > usual.files, "{factor}"),
                    Some(Surprise::FarLess { .. }) => assert!(files < usual.files, "{factor}"),
                    Some(Surprise::ManyChanged { .. }) | None => {}
                }
            }
        }
    }

    #[test]
    fn usual_is_the_median() {
        assert_eq!(Figures::usual(&[]), None);
        let last = [(10, 3), (1000, 0), (11, 2)].map(|(files, changed)| Figures { files, changed });
        assert_eq!(Figures::usual(&last), Some(Figures { files: 11, changed: 2 }));
    }
}
