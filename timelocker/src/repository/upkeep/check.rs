use std::fmt;
use std::sync::Arc;

use rustic_core::{CheckOptions, CheckResults};

use crate::error::Error;
use crate::profile_operation;
use crate::repository::Repository;
use crate::repository::engine::{panicked_with, plain};
use crate::repository::lock::Purpose;
use crate::repository::progress::{Progress, Stage};
use crate::repository::session::Access;

/// How much of a repository a check reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckDepth {
    /// The snapshots, the directories and the index, and that all data are there.
    #[default]
    Structure,
    /// The data too: every byte is read, decrypted and compared with its hash.
    Data,
}

/// What a check found.
#[derive(Debug)]
#[must_use = "a check may have found damage"]
pub struct CheckReport {
    findings: Vec<Finding>,
}

/// One finding of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    severity: Severity,
    message: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Something is not as it should be, but nothing is lost.
    Warning,
    /// Data are missing or damaged.
    Error,
}

impl CheckReport {
    /// The findings, the worst first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether nothing is lost: there are no findings but warnings.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < Severity::Error)
    }
}

impl Finding {
    fn new(severity: Severity, message: String) -> Self {
        Self { severity, message }
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What was found.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}", self.message)
    }
}

impl Repository {
    /// Checks the whole repository.
    ///
    /// # Errors
    ///
    /// When the repository can't be reached. Damage is no error of this function: it is in the
    /// report.
    #[profile_operation("repository: check", level = coarse)]
    pub fn check(
        &self,
        depth: CheckDepth,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<CheckReport, Error> {
        let mut findings = match self.check_patiently(depth, progress) {
            Ok(results) => findings(results),
            Err(error) if error.is_transient() || error.is_locked() || error.is_cancelled() => {
                return Err(error);
            }
            // What the engine can't get past is damage as well.
            Err(error) => vec![Finding::new(Severity::Error, error.with_causes().to_string())],
        };
        findings
            .sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.message.cmp(&b.message)));
        Ok(CheckReport { findings })
    }

    /// Lets the engine check, again if it gave up for nothing: before it reads data, it gives the
    /// threads that read the directories a tenth of a second to end, and panics if one has not.
    fn check_patiently(
        &self,
        depth: CheckDepth,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<CheckResults, Error> {
        let mut options = CheckOptions::default();
        options.read_data = depth == CheckDepth::Data;
        let session = self.session(Access {
            lock: Some(Purpose::Read),
            progress: Some((Stage::Check, progress)),
            ..Access::default()
        })?;
        let mut attempts = 5;
        loop {
            let engine = session.engine()?;
            let results = session.run("check the repository", || engine.check(options));
            attempts -= 1;
            match results {
                Err(error) if attempts > 0 && panicked_with(&error, "index still in use") => {}
                // What it could not read any more is no damage.
                _ if session.watch().is_stopped() => return Err(Error::cancelled("the check")),
                results => return results,
            }
        }
    }
}

fn findings(results: CheckResults) -> Vec<Finding> {
    results
        .0
        .into_iter()
        .map(|(level, error)| {
            let message = plain(&error.to_string());
            // The engine does not export the type of a level; it can be asked about one finding.
            let severity = match CheckResults(vec![(level, error)]).is_ok() {
                Ok(()) => Severity::Warning,
                Err(_) => Severity::Error,
            };
            Finding::new(severity, message)
        })
        .collect()
}
