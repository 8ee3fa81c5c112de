//! The findings of a check.

use std::fmt;
use std::path::{Path, PathBuf};

/// How much of a repository a check reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckDepth {
    /// The snapshots, the directories and the index, and that all packs exist in their size.
    #[default]
    Structure,
    /// The data too: every byte is read, decrypted and compared with its hash.
    Data,
}

/// The findings of a check.
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
    file: Option<String>,
    needed_by: NeededBy,
}

/// The snapshots and files that need something, as far as they are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::repository) struct NeededBy {
    pub(in crate::repository) snapshots: Vec<String>,
    pub(in crate::repository) paths: Vec<PathBuf>,
    pub(in crate::repository) more_paths: bool,
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
    pub(super) fn new(mut findings: Vec<Finding>) -> Self {
        findings
            .sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.message.cmp(&b.message)));
        Self { findings }
    }

    /// The findings, the worst first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// True if nothing is lost: there are no findings but warnings.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < Severity::Error)
    }
}

impl Finding {
    pub(super) fn new(severity: Severity, message: String) -> Self {
        Self { severity, message, file: None, needed_by: NeededBy::default() }
    }

    pub(super) fn of_file(mut self, file: Option<String>) -> Self {
        self.file = file;
        self
    }

    pub(super) fn needed_by(mut self, needed_by: NeededBy) -> Self {
        self.needed_by = needed_by;
        self
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The finding in words, with what to do about it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The name of the repository's file that it is about, if it is about one: 64 hexadecimal digits.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The ids of the snapshots that need what is missing or damaged, oldest first; at most 100.
    pub fn snapshots(&self) -> impl Iterator<Item = &str> {
        self.needed_by.snapshots.iter().map(String::as_str)
    }

    /// The paths in these snapshots that need it; at most 100.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.needed_by.paths.iter().map(PathBuf::as_path)
    }

    /// True if more snapshots or paths need it than are listed.
    #[must_use]
    pub fn has_more_paths(&self) -> bool {
        self.needed_by.more_paths
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
