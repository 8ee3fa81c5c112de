//! Values of the library as JSON has them. Sizes are in bytes, times in seconds or, of the day, as
//! RFC 3339 writes them, in UTC.

use std::path::Path;

use serde::Serialize;

use super::time;
use crate::repository::{Snapshot, Summary};
use crate::walk::PathError;

/// A path, with replacement characters for what is not UTF-8.
pub(crate) fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[derive(Debug, Serialize)]
pub(crate) struct SnapshotView {
    pub(crate) id: String,
    pub(crate) short_id: String,
    pub(crate) time: Option<String>,
    pub(crate) host: String,
    pub(crate) paths: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parent: Option<String>,
    pub(crate) summary: Option<SummaryView>,
}

impl SnapshotView {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            id: snapshot.id().to_owned(),
            short_id: snapshot.short_id().to_owned(),
            time: time::utc(snapshot.time()),
            host: snapshot.host().to_owned(),
            paths: snapshot.paths().map(str::to_owned).collect(),
            tags: snapshot.tags().map(str::to_owned).collect(),
            parent: snapshot.parent(),
            summary: snapshot.summary().map(SummaryView::of),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct SummaryView {
    pub(crate) files_new: u64,
    pub(crate) files_changed: u64,
    pub(crate) files_unmodified: u64,
    pub(crate) directories_new: u64,
    pub(crate) directories_changed: u64,
    pub(crate) directories_unmodified: u64,
    pub(crate) bytes_processed: u64,
    pub(crate) data_added: u64,
    pub(crate) data_added_packed: u64,
    pub(crate) duration: f64,
}

impl SummaryView {
    pub(crate) fn of(summary: Summary) -> Self {
        Self {
            files_new: summary.files_new,
            files_changed: summary.files_changed,
            files_unmodified: summary.files_unmodified,
            directories_new: summary.directories_new,
            directories_changed: summary.directories_changed,
            directories_unmodified: summary.directories_unmodified,
            bytes_processed: summary.bytes_processed,
            data_added: summary.data_added,
            data_added_packed: summary.data_added_packed,
            duration: summary.duration.as_secs_f64(),
        }
    }

    pub(crate) fn files(&self) -> u64 {
        self.files_new + self.files_changed + self.files_unmodified
    }
}

/// Something that failed at a path.
#[derive(Debug, Serialize)]
pub(crate) struct PathErrorView {
    pub(crate) path: String,
    pub(crate) message: String,
}

impl PathErrorView {
    pub(crate) fn all(errors: &[PathError]) -> Vec<Self> {
        let view =
            |error: &PathError| Self { path: path(error.path()), message: error.to_string() };
        errors.iter().map(view).collect()
    }
}
