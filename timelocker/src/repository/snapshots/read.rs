//! Reading the snapshot files.

use rustic_core::repofile::SnapshotFile;

use crate::repository::read::{FileFault, FileKind, Files, engine_id, in_parallel};

/// The snapshots that can be read, and the faults of the others.
///
/// # Errors
///
/// When they cannot be listed.
pub(in crate::repository) fn read_all(
    files: &Files,
) -> Result<(Vec<SnapshotFile>, Vec<FileFault>), FileFault> {
    let listed = files.list(FileKind::Snapshot)?;
    let read = in_parallel(&listed, |(id, _)| {
        let text = files.text(FileKind::Snapshot, id)?;
        let mut file: SnapshotFile = serde_json::from_slice(&text)
            .map_err(|error| FileFault::new(FileKind::Snapshot, *id, error))?;
        file.id = engine_id(id).into();
        Ok(file)
    });
    let (mut snapshots, mut faults) = (Vec::with_capacity(read.len()), Vec::new());
    for result in read {
        match result {
            Ok(snapshot) => snapshots.push(snapshot),
            Err(fault) => faults.push(fault),
        }
    }
    Ok((snapshots, faults))
}
