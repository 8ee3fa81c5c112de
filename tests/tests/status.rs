//! Backups that are reported: what a manager does, as lines of status.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use timelocker::CancelToken;
use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::monitoring::{
    Level, OperationHandle, OperationHistory, Reason, Status, StatusLine, StatusReporter,
};
use timelocker::repository::{Password, Repository};
use timelocker::retry::RetryPolicy;

use crate::support::{Lab, PASSWORD, everything, noise, without_privileges, write};

/// Makes a backup under an operation, and gives its lines.
fn report(lab: &Lab, backup: impl FnOnce(&BackupManager, &OperationHandle)) -> Vec<StatusLine> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let history = OperationHistory::new(lab.path("history"));
    let reporter = StatusReporter::builder()
        .handler(move |line: &Arc<StatusLine>| kept.lock().unwrap().push((**line).clone()))
        .history(history.clone())
        .build()
        .unwrap();
    let operation = reporter.start("backup", "lab");
    let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let manager = BackupManager::new(repository).observer(operation.observer());
    backup(&manager, &operation);
    assert!(operation.present().is_none(), "the events have ended it");
    drop(operation);
    let lines = lines.lock().unwrap().clone();
    let read = history.read().unwrap();
    assert_eq!(read.ended().next_back(), lines.last());
    lines
}

fn request(lab: &Lab) -> BackupRequest {
    BackupRequest::new([lab.tree()], &everything())
}

#[test]
fn a_backup_is_reported_from_its_start_to_its_snapshot() {
    let lab = Lab::small_packs();
    for seed in 0..40 {
        write(&lab.tree().join(format!("{seed}")), &noise(seed, 50_000));
    }
    let mut snapshot = String::new();
    let lines = report(&lab, |manager, _| {
        let outcome = manager.execute_backup(&request(&lab)).unwrap();
        snapshot = outcome.report().snapshot().short_id().to_string();
    });
    let mut statuses: Vec<_> = lines.iter().map(StatusLine::status).collect();
    statuses.dedup();
    assert_eq!(statuses, [Status::Running, Status::Verifying, Status::Completed]);
    let last = lines.last().unwrap();
    assert_eq!((last.level(), last.reason()), (Level::Info, Reason::Status));
    assert_eq!(last.message(), Some(format!("snapshot {snapshot}").as_str()));
    assert_eq!((last.files(), last.bytes()), (Some(40), Some(40 * 50_000)));
    assert_eq!((last.warnings(), last.errors()), (0, 0));
    assert!(lines.len() <= 25, "{}", lines.len());
}

#[test]
fn failures_are_reported_with_their_attempts() {
    let lab = Lab::small_packs();
    write(&lab.tree().join("a"), b"a");
    let token = CancelToken::new();
    token.cancel();
    let cancelled = report(&lab, |manager, _| {
        manager.execute_backup(&request(&lab).cancel_token(token)).unwrap_err();
    });
    let last = cancelled.last().unwrap();
    assert_eq!((last.status(), last.level()), (Status::Cancelled, Level::Warning));

    let missing = request(&lab).targets([lab.path("no such target")]);
    let failed = report(&lab, |manager, _| {
        manager.execute_backup_with_retry(&missing, &RetryPolicy::new()).unwrap_err();
    });
    let last = failed.last().unwrap();
    assert_eq!((last.status(), last.level(), last.errors()), (Status::Failed, Level::Error, 1));
    assert_eq!(last.warnings(), 1, "the attempt");
    assert!(last.message().unwrap().contains("no such target"), "{last}");
    let messages: Vec<_> = failed.iter().filter_map(StatusLine::message).collect();
    assert!(messages[0].starts_with("attempt 1 failed: "), "{messages:?}");
}

#[test]
fn what_is_not_saved_is_a_warning() {
    let lab = Lab::small_packs();
    write(&lab.tree().join("open"), b"open");
    let closed = lab.tree().join("closed");
    write(&closed, b"secret");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let lines = report(&lab, |manager, _| {
        let outcome = without_privileges(|| manager.execute_backup(&request(&lab))).unwrap();
        assert!(!outcome.is_complete());
    });
    let unread: Vec<_> = lines.iter().filter(|line| line.reason() == Reason::Message).collect();
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].level(), Level::Warning);
    let path = closed.display().to_string();
    assert!(unread[0].message().unwrap().contains(&path), "{}", unread[0]);
    let last = lines.last().unwrap();
    assert_eq!((last.status(), last.level()), (Status::Completed, Level::Warning));
    assert_eq!((last.warnings(), last.errors()), (1, 0));
    assert!(last.message().unwrap().ends_with(", without 1 entries"), "{last}");
}
