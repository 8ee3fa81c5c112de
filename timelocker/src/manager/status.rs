//! Operations that the events of a backup drive.

use std::sync::Arc;

use crate::manager::events::{Event, Observer};
use crate::monitoring::{Level, Operation, OperationHandle, Status, StatusReporter, Time};
use crate::source::ledger::NoteKind;

/// Reports what a manager tells it as the status of one operation.
#[derive(Debug)]
struct Bridge {
    operation: Option<Arc<Operation>>,
    reporter: StatusReporter,
}

impl OperationHandle {
    /// An observer that reports what a [`BackupManager`](crate::manager::BackupManager) does: its
    /// progress, failed attempts, entries that could not be read, and how it ends, by which the
    /// operation ends too.
    ///
    /// ```no_run
    /// use timelocker::manager::{BackupManager, BackupRequest};
    /// use timelocker::monitoring::{StatusReporter, Terminal};
    /// use timelocker::pattern::PatternTable;
    /// use timelocker::repository::{Password, Repository};
    ///
    /// let table = PatternTable::builder().exclude("*.tmp").build()?;
    /// let request = BackupRequest::new(["/home/me"], &table);
    /// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
    ///
    /// let reporter = StatusReporter::builder().handler(Terminal::stderr()).build()?;
    /// let operation = reporter.start("backup", "home");
    /// let manager = BackupManager::new(repository).observer(operation.observer());
    /// let outcome = manager.execute_backup(&request)?;
    /// # let _ = outcome;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn observer(&self) -> Arc<dyn Observer> {
        let (operation, reporter) = (self.operation.clone(), self.reporter.clone());
        Arc::new(Bridge { operation, reporter })
    }
}

impl Observer for Bridge {
    fn event(&self, event: &Event<'_>) {
        let Some(operation) = &self.operation else { return };
        match *event {
            Event::Progress(amount) => {
                operation.update(amount.files, amount.bytes, amount.total_bytes);
            }
            Event::AttemptStarted { attempt, .. } => {
                if attempt > 1 {
                    operation.restart();
                }
                operation.change(Status::Running, Level::Info, None);
            }
            // Who cancels it knows why.
            Event::AttemptFailed { error, .. } if error.is_cancelled() => {}
            Event::AttemptFailed { attempt, error, .. } => {
                let error = error.with_causes();
                operation.say(Level::Warning, format!("attempt {attempt} failed: {error}"));
            }
            Event::RetryIn { attempt, pause } => {
                operation.say(Level::Info, format!("attempt {attempt} begins in {}", Time(pause)));
            }
            Event::RepairingIndex => {
                operation.say(Level::Info, "the index is brought in line".to_owned());
            }
            Event::Unread(error) => {
                operation.say(Level::Warning, format!("not saved: {error}"));
            }
            Event::Noted(note) => {
                let level = match note.kind() {
                    NoteKind::OwnRepository | NoteKind::Vanished => Level::Info,
                    _ => Level::Warning,
                };
                operation.say(level, note.to_string());
            }
            Event::Surprised(surprise) => {
                operation.say(Level::Warning, surprise.to_string());
            }
            Event::Verifying => {
                operation.change(Status::Verifying, Level::Info, None);
            }
            Event::Verified(found) if !found.is_sound() => {
                let fault = found.faults().first().map_or("", String::as_str);
                let count = found.faults().len();
                operation.say(
                    Level::Critical,
                    format!("the snapshot is not whole, {count} faults, the first: {fault}"),
                );
            }
            Event::Finished(outcome) => {
                let report = outcome.report();
                let snapshot = report.snapshot().short_id().to_string();
                let (level, message) = if outcome.is_complete() {
                    (Level::Info, format!("snapshot {snapshot}"))
                } else {
                    let lost = report.unaccounted().saturating_add(report.unread().len() as u64);
                    (Level::Warning, format!("snapshot {snapshot}, without {lost} entries"))
                };
                self.end(operation, Status::Completed, level, message);
            }
            Event::Failed(error) => {
                let (status, level) = if error.is_cancelled() {
                    (Status::Cancelled, Level::Warning)
                } else if error.is_unsound() {
                    (Status::Failed, Level::Critical)
                } else {
                    (Status::Failed, Level::Error)
                };
                self.end(operation, status, level, error.with_causes().to_string());
            }
            Event::StageFinished(_) | Event::Verified(_) => {}
        }
    }
}

impl Bridge {
    fn end(&self, operation: &Operation, status: Status, level: Level, message: String) {
        if operation.change(status, level, Some(message)) {
            let _ = self.reporter.flush();
        }
    }
}
