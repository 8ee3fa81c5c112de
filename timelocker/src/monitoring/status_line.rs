//! What handlers receive: one line on how far an operation is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All goes as it should.
    Info,
    /// Something deserves a look; the operation goes on.
    Warning,
    /// Something failed.
    Error,
    /// What is stored can't be relied on.
    Critical,
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// It was announced, and has not begun: it waits for a lock, a hook or its turn.
    Pending,
    /// It is at work.
    Running,
    /// Its result is read back.
    Verifying,
    /// It ended as it should. What it had to leave out is among its warnings.
    Completed,
    /// It ended with a failure.
    Failed,
    /// It was ended by whoever wanted it to.
    Cancelled,
    /// Nobody said how it ended: its handle was dropped, or its process is gone.
    Interrupted,
}

/// Why a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Reason {
    /// The operation has another status than before, its first or last one included.
    Status,
    /// It is a step further than in the line before.
    Step,
    /// Its total is not known, and the line before was long ago.
    Time,
    /// There is something to say: see [`StatusLine::message`].
    Message,
}

/// How far an operation is, and why that is told.
///
/// It is shown as text, without the time, and serializes to an object of JSON. What is not known is
/// `None`, and left out in both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusLine {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// Milliseconds since 1970, as `time`.
    pub(super) started: u64,
    pub(super) time: u64,
    /// Milliseconds, as `eta`.
    pub(super) elapsed: u64,
    pub(super) level: Level,
    pub(super) status: Status,
    pub(super) reason: Reason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) eta: Option<u64>,
    #[serde(default)]
    pub(super) warnings: u64,
    #[serde(default)]
    pub(super) errors: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

impl Level {
    /// The name: `"info"`, `"warning"`, `"error"`, `"critical"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl Status {
    /// Whether the operation has ended.
    #[must_use]
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::Verifying)
    }

    /// The name: `"pending"`, `"running"`, `"verifying"`, `"completed"`, `"failed"`, `"cancelled"`,
    /// `"interrupted"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Verifying => "verifying",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// How much it matters that an operation is here.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Failed => Level::Error,
            Self::Cancelled | Self::Interrupted => Level::Warning,
            _ => Level::Info,
        }
    }
}

impl StatusLine {
    /// The id of the operation, unique among processes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What kind of operation it is: `"backup"`, `"restore"`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it is about: the name of a profile, say.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the operation started.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.started)
    }

    /// When the line was written.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.time)
    }

    /// How long the operation had taken by then, in milliseconds of a monotonic clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed)
    }

    /// How much the line matters.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// How far the operation is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Why the line was written.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Files done so far, if they are counted.
    #[must_use]
    pub fn files(&self) -> Option<u64> {
        self.files
    }

    /// Bytes done so far, if they are counted.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Bytes to be done, if that is known.
    #[must_use]
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// The share of the bytes that is done, from 0 to 100, if the total is known and not zero.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        let total = self.total_bytes.filter(|&total| total > 0)?;
        Some((self.bytes? as f64 / total as f64 * 100.0).min(100.0))
    }

    /// How long it will still take, going by how fast it was; `None` while that can't be told.
    #[must_use]
    pub fn eta(&self) -> Option<Duration> {
        self.eta.map(Duration::from_millis)
    }

    /// The warnings so far.
    #[must_use]
    pub fn warnings(&self) -> u64 {
        self.warnings
    }

    /// The errors so far, the one that ended it included.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// What there is to say: an error, a warning, a note.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}
