//! From targets and rules to a snapshot that was read back, in one call.

pub mod events;
mod request;
mod status;

use std::fmt;
use std::sync::Arc;

use self::events::{Emitter, Event, Observer};
use crate::clock::{Clock, SystemClock};
use crate::error::FailedAttempt;
use crate::error::{Ended, Error};
use crate::policy::retry::RetryPolicy;
use crate::profile_operation;
use crate::repository::{BackupOptions, BackupOutcome, Parent, Repository};
use crate::source::Source;

pub use self::request::BackupRequest;

/// Makes backups into one repository.
pub struct BackupManager {
    repository: Arc<Repository>,
    observer: Option<Arc<dyn Observer>>,
    clock: Arc<dyn Clock>,
}

impl BackupManager {
    /// Takes an open repository, or shares one.
    #[must_use]
    pub fn new(repository: impl Into<Arc<Repository>>) -> Self {
        Self { repository: repository.into(), observer: None, clock: Arc::new(SystemClock::new()) }
    }

    /// Tells an observer what happens.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Goes by another clock than the system's between attempts.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Makes one backup, and reads it back.
    ///
    /// # Errors
    ///
    /// When all targets are missing, before anything is read; when the repository can't be read or
    /// written, or is in use ([`Error::is_locked`]); when it is cancelled; when the snapshot is not
    /// whole ([`Error::is_unsound`]). Entries that can't be read are no error, and
    /// neither is one missing target of several: they are in the outcome.
    #[profile_operation("manager: back up", level = coarse, resources = cpu_and_memory)]
    pub fn execute_backup(&self, request: &BackupRequest) -> Result<BackupOutcome, Error> {
        let emitter = Emitter::new(self.observer.clone());
        emitter.emit(&Event::AttemptStarted { attempt: 1, of: 1 });
        let result = request
            .source()
            .and_then(|source| self.attempt(&emitter, &source, request, request.options().clone()));
        match &result {
            Ok(outcome) => emitter.emit(&Event::Finished(outcome)),
            Err(error) => emitter.emit(&Event::Failed(error)),
        }
        result
    }

    /// Makes a backup, and makes it again while it fails for a reason that passes.
    ///
    /// The targets are looked at first: what is wrong with all of them, or with a password, is wrong at
    /// each attempt, and is not tried again. What failed attempts have uploaded is used by the
    /// next. When the snapshot turns out to lack data that the repository has lost, the next
    /// attempt reads all files and stores these data anew.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use timelocker::manager::{BackupManager, BackupRequest};
    /// use timelocker::pattern::PatternTable;
    /// use timelocker::repository::{Password, Repository};
    /// use timelocker::retry::RetryPolicy;
    ///
    /// let table = PatternTable::builder().exclude("*.tmp").build()?;
    /// let request = BackupRequest::new(["/home/me"], &table);
    /// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
    /// let policy = RetryPolicy::new().deadline(Duration::from_secs(3600));
    /// match BackupManager::new(repository).execute_backup_with_retry(&request, &policy) {
    ///     Ok(outcome) => println!("after {} failures", outcome.report().failed_attempts().len()),
    ///     Err(error) => eprintln!("{} attempts: {error}", error.attempts().len()),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// That of the last attempt; [`Error::attempts`] has all of them, and [`Error::ended`] why there
    /// was no further one.
    #[profile_operation("manager: back up with retry", level = coarse, resources = cpu_and_memory)]
    pub fn execute_backup_with_retry(
        &self,
        request: &BackupRequest,
        policy: &RetryPolicy,
    ) -> Result<BackupOutcome, Error> {
        let emitter = Emitter::new(self.observer.clone());
        let mut attempts =
            Attempts { manager: self, emitter: &emitter, request, policy, failed: Vec::new() };
        let result = attempts.run();
        match &result {
            Ok(outcome) => emitter.emit(&Event::Finished(outcome)),
            Err(error) => emitter.emit(&Event::Failed(error)),
        }
        result
    }

    /// One attempt: the backup, and reading it back.
    fn attempt(
        &self,
        emitter: &Emitter,
        source: &Source,
        request: &BackupRequest,
        options: BackupOptions,
    ) -> Result<BackupOutcome, Error> {
        let options = options.map_progress(|progress| emitter.progress(progress));
        let mut outcome = self.repository.backup(source, &options)?;
        for error in outcome.report().unread() {
            emitter.emit(&Event::Unread(error));
        }
        for note in outcome.report().notes() {
            emitter.emit(&Event::Noted(note));
        }
        if let Some(surprise) = outcome.report().surprise() {
            emitter.emit(&Event::Surprised(surprise));
        }
        let verify = request.how_to_verify();
        if verify.is_nothing() {
            return Ok(outcome);
        }
        emitter.emit(&Event::Verifying);
        let snapshot = outcome.report().snapshot();
        let found = self.repository.verify(snapshot, verify, options.get_cancel_token())?;
        emitter.emit(&Event::Verified(&found));
        if !found.is_sound() {
            let (missing, faults) = (found.is_missing(), found.faults().to_vec());
            return Err(Error::unsound(snapshot.short_id(), missing, faults));
        }
        outcome.report_mut().set_verification(found);
        Ok(outcome)
    }
}

impl fmt::Debug for BackupManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupManager")
            .field("repository", &self.repository)
            .finish_non_exhaustive()
    }
}

/// The attempts of one backup.
struct Attempts<'a> {
    manager: &'a BackupManager,
    emitter: &'a Emitter,
    request: &'a BackupRequest,
    policy: &'a RetryPolicy,
    failed: Vec<FailedAttempt>,
}

impl Attempts<'_> {
    fn run(&mut self) -> Result<BackupOutcome, Error> {
        let clock = &*self.manager.clock;
        let began = clock.elapsed();
        loop {
            let number = self.number();
            let of = self.policy.get_retries().saturating_add(1);
            self.emitter.emit(&Event::AttemptStarted { attempt: number, of });
            let (time, start) = (clock.now(), clock.elapsed());
            let error = match self.once() {
                Ok(mut outcome) => {
                    let failed = std::mem::take(&mut self.failed);
                    outcome.report_mut().set_failed_attempts(failed);
                    return Ok(outcome);
                }
                Err(error) => error,
            };
            let took = clock.elapsed().saturating_sub(start);
            self.emitter.emit(&Event::AttemptFailed { attempt: number, took, error: &error });
            let ended = if error.is_cancelled() {
                Some(Ended::Cancelled)
            } else if !(error.is_transient() || error.is_missing_data()) {
                Some(Ended::Permanent)
            } else if number > self.policy.get_retries() {
                Some(Ended::Retries)
            } else {
                None
            };
            self.failed.push(FailedAttempt::new(number, time, took, error));
            if let Some(ended) = ended {
                return Err(self.give_up(ended));
            }
            let pause = self.policy.pause_before(number, rand::random());
            let passed = clock.elapsed().saturating_sub(began);
            if !self.policy.in_time(passed.saturating_add(pause)) {
                return Err(self.give_up(Ended::Deadline));
            }
            self.emitter.emit(&Event::RetryIn { attempt: number + 1, pause });
            if clock.wait(pause, self.request.options().get_cancel_token()) {
                return Err(self.give_up(Ended::Cancelled));
            }
        }
    }

    /// The number of the attempt that begins now.
    fn number(&self) -> u32 {
        u32::try_from(self.failed.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn once(&self) -> Result<BackupOutcome, Error> {
        let manager = self.manager;
        let source = self.request.source()?;
        let mut options = self.request.options().clone();
        if let Some(last) = self.failed.last() {
            // A lock that somebody else holds left nothing behind.
            if !last.error().is_locked() {
                self.emitter.emit(&Event::RepairingIndex);
                manager.repository.repair_index(options.get_cancel_token())?;
            }
            if last.error().is_missing_data() {
                // By a parent, its unchanged files would be taken to be there.
                options = options.parent(Parent::None);
            }
        }
        manager.attempt(self.emitter, &source, self.request, options)
    }

    fn give_up(&mut self, ended: Ended) -> Error {
        Error::of_attempts(std::mem::take(&mut self.failed), ended)
    }
}
