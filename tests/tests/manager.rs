//! Backups that fail and are tried again, are read back, or are cancelled.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use timelocker::events::{Event, Observer};
use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{
    BackupOptions, CheckDepth, NoteKind, Parent, Password, Progress, Repository,
    RepositorySettings, Stage, Verify,
};
use timelocker::retry::{Clock, RetryPolicy};
use timelocker::{CancelToken, Ended, OnSurprise, Surprise, SurpriseGuard, performance};

use crate::support::{Lab, PASSWORD, assert_same, everything, facts, noise, packs, write};

/// A clock that stands still except in pauses, when it lets something happen.
struct Pauses {
    elapsed: Mutex<Duration>,
    pauses: Mutex<Vec<Duration>>,
    then: Box<dyn Fn() + Send + Sync>,
}

impl Pauses {
    fn new(then: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        let (elapsed, pauses) = (Mutex::default(), Mutex::default());
        Arc::new(Self { elapsed, pauses, then: Box::new(then) })
    }

    fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }
}

impl Clock for Pauses {
    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap()
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.elapsed()
    }

    fn wait(&self, time: Duration, cancel: &CancelToken) -> bool {
        *self.elapsed.lock().unwrap() += time;
        self.pauses.lock().unwrap().push(time);
        (self.then)();
        cancel.is_cancelled()
    }
}

/// A backup that holds its lock until it is told to go on.
struct Held {
    began: Mutex<Option<Sender<()>>>,
    go_on: Mutex<Receiver<()>>,
}

impl Progress for Held {
    fn files(&self, _stage: Stage, _more: u64) {
        if let Some(began) = self.began.lock().unwrap().take() {
            began.send(()).unwrap();
            let _ = self.go_on.lock().unwrap().recv();
        }
    }
}

/// Runs `work` while another backup into the same repository is in the middle of its files. The
/// sender lets that one go on, and the second function waits for its end.
fn beside_another(lab: &Lab, work: impl FnOnce(Sender<()>, Receiver<()>)) {
    let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let (began, wait_for_begin) = channel();
    let (go_on, wait_to_go_on) = channel();
    let (ended, wait_for_end) = channel();
    let held = Held { began: Mutex::new(Some(began)), go_on: Mutex::new(wait_to_go_on) };
    let options = BackupOptions::new().progress(Arc::new(held));
    let source = lab.source();
    thread::scope(|scope| {
        scope.spawn(move || {
            assert!(repository.backup(&source, &options).unwrap().is_complete());
            let _ = ended.send(());
        });
        wait_for_begin.recv().unwrap();
        work(go_on, wait_for_end);
    });
}

fn manager(lab: &Lab) -> BackupManager {
    let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    BackupManager::new(repository)
}

fn request(lab: &Lab) -> BackupRequest {
    BackupRequest::new([lab.tree()], &everything())
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn event(&self, event: &Event<'_>) {
        let line = match event {
            Event::AttemptStarted { attempt, of } => format!("attempt {attempt} of {of}"),
            Event::AttemptFailed { attempt, error, .. } => {
                format!("attempt {attempt} failed, transient: {}", error.is_transient())
            }
            Event::RetryIn { attempt, pause } => format!("attempt {attempt} in {pause:?}"),
            Event::RepairingIndex => "repair".to_owned(),
            Event::Verifying => "verifying".to_owned(),
            Event::Verified(found) => format!("sound: {}", found.is_sound()),
            Event::Finished(outcome) => format!("complete: {}", outcome.is_complete()),
            Event::Failed(error) => format!("failed: {error}"),
            Event::Progress(_) | Event::StageFinished(_) => return,
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
        panic!("an observer breaks nothing");
    }
}

#[test]
fn a_backup_waits_for_another_to_end() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(1, 1000));
    let heard = Arc::new(Heard::default());
    beside_another(&lab, |go_on, ended| {
        let ended = Mutex::new(ended);
        let clock = Pauses::new(move || {
            go_on.send(()).unwrap();
            ended.lock().unwrap().recv().unwrap();
        });
        let manager = manager(&lab).clock(clock.clone()).observer(heard.clone());
        let policy = RetryPolicy::new().jitter(0.0);
        let outcome = manager.execute_backup_with_retry(&request(&lab), &policy).unwrap();
        assert!(outcome.is_complete());
        let [failed] = outcome.report().failed_attempts() else { panic!("{outcome:?}") };
        assert!(failed.error().is_locked() && failed.number() == 1);
        assert_eq!(clock.pauses(), [Duration::from_secs(1)]);
        // By the other one's snapshot, which it waited for.
        assert_eq!(outcome.report().files_opened(), 0);
    });
    let heard = heard.0.lock().unwrap().join("\n");
    let expected = "attempt 1 of 4\nattempt 1 failed, transient: true\nattempt 2 in 1s\n\
                    attempt 2 of 4\nverifying\nsound: true\ncomplete: true";
    assert_eq!(heard, expected);
}

#[test]
fn attempts_end() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(1, 1000));
    beside_another(&lab, |go_on, _ended| {
        let attempts = |policy: RetryPolicy| {
            let clock = Pauses::new(|| {});
            let manager = manager(&lab).clock(clock.clone());
            let policy = policy.jitter(0.0);
            let error = manager.execute_backup_with_retry(&request(&lab), &policy).unwrap_err();
            assert!(error.is_locked() && error.is_transient());
            let pauses: Vec<_> = clock.pauses().iter().map(Duration::as_secs).collect();
            (error.attempts().len(), error.ended().unwrap(), pauses)
        };
        assert_eq!(attempts(RetryPolicy::new()), (4, Ended::Retries, vec![1, 2, 4]));
        assert_eq!(attempts(RetryPolicy::never()), (1, Ended::Retries, vec![]));
        let hurried = RetryPolicy::new().retries(10).deadline(Duration::from_secs(5));
        assert_eq!(attempts(hurried), (3, Ended::Deadline, vec![1, 2]));

        // A pause ends when it is cancelled.
        let token = CancelToken::new();
        let clock = Pauses::new({
            let token = token.clone();
            move || token.cancel()
        });
        let request = request(&lab).cancel_token(token);
        let error = manager(&lab)
            .clock(clock)
            .execute_backup_with_retry(&request, &RetryPolicy::new())
            .unwrap_err();
        assert_eq!((error.attempts().len(), error.ended()), (1, Some(Ended::Cancelled)));
        assert!(error.is_cancelled());
        go_on.send(()).unwrap();
    });
    assert_eq!(lab.repository.snapshots().unwrap().len(), 1);
}

#[test]
fn what_is_wrong_for_good_is_not_tried_again() {
    let lab = Lab::new();
    let missing = BackupRequest::new([lab.path("missing")], &everything());
    let clock = Pauses::new(|| {});
    let manager = manager(&lab).clock(clock.clone());
    let error = manager.execute_backup_with_retry(&missing, &RetryPolicy::new()).unwrap_err();
    assert_eq!((error.attempts().len(), error.ended()), (1, Some(Ended::Permanent)));
    assert_eq!(error.path(), Some(&*lab.path("missing")));
    assert!(clock.pauses().is_empty());
}

#[test]
fn a_missing_pack_is_noticed_and_stored_anew() {
    let lab = Lab::new();
    for (name, seed) in [("a", 1), ("b", 2), ("c", 3)] {
        write(&lab.tree().join(name), &noise(seed, 300_000));
    }
    assert!(lab.backup(&BackupOptions::new()).is_complete());
    fs::remove_file(&packs(&lab.path("repository"))[0]).unwrap();

    // No file has changed; still the backup is not called good.
    let manager = manager(&lab).clock(Pauses::new(|| {}));
    let error = manager.execute_backup(&request(&lab)).unwrap_err();
    assert!(error.is_unsound() && !error.is_transient());
    assert_eq!(error.faults().len(), 3, "{error}");
    assert!(error.faults()[0].contains("/tree/a`: the pack "), "{error}");

    let outcome = manager.execute_backup_with_retry(&request(&lab), &RetryPolicy::new()).unwrap();
    assert!(outcome.is_complete());
    assert_eq!(outcome.report().failed_attempts().len(), 1);
    assert_eq!(outcome.report().files_opened(), 3);
    assert!(outcome.report().summary().file_data_added > 800_000);
    let check = manager.repository().check(CheckDepth::Data, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    assert_same(&facts(&lab.tree()), &facts(&lab.restored("restored")));
}

#[test]
fn a_damaged_pack_is_noticed_by_reading_it() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(5, 400_000));
    assert!(lab.backup(&BackupOptions::new()).is_complete());
    let pack = packs(&lab.path("repository")).remove(0);
    support::damage(&pack, 1000);

    let read = |share| {
        let manager = manager(&lab).clock(Pauses::new(|| {}));
        let request = request(&lab).verify(Verify::structure().read_data(share));
        manager.execute_backup_with_retry(&request, &RetryPolicy::new())
    };
    let error = read(1.0).unwrap_err();
    assert!(error.is_unsound() && error.ended() == Some(Ended::Permanent), "{error}");
    let name = pack.file_name().unwrap().to_str().unwrap();
    assert!(error.faults()[0].contains(name), "{:?}", error.faults());
    // Nothing is read, nothing is found.
    let outcome = read(0.0).unwrap();
    let found = outcome.report().verification().unwrap();
    assert_eq!((found.packs(), found.packs_read(), found.bytes_read()), (1, 0, 0));
}

#[test]
fn a_share_of_the_data_is_read_back() {
    let lab = Lab::small_packs();
    for seed in 0..40 {
        write(&lab.tree().join(seed.to_string()), &noise(seed, 50_000));
    }
    let read = |share| {
        let request = request(&lab).verify(Verify::structure().read_data(share));
        let outcome = manager(&lab).execute_backup(&request).unwrap();
        outcome.report().verification().unwrap().clone()
    };
    let all = read(1.0);
    assert!(all.is_sound());
    assert!(all.packs() >= 4, "{all:?}");
    assert_eq!((all.packs_read(), all.bytes_read()), (all.packs(), 40 * 50_000));
    let half = read(0.5);
    assert_eq!(half.packs_read(), all.packs().div_ceil(2));
    assert!(half.bytes_read() < all.bytes_read());
}

#[test]
fn full_and_incremental() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), b"1");
    let first = manager(&lab).execute_backup(&request(&lab)).unwrap();
    let first = first.report().snapshot().id().to_owned();
    write(&lab.tree().join("more"), b"2");
    let back_up = |parent| manager(&lab).execute_backup(&request(&lab).parent(parent)).unwrap();
    let opened_and_parent = |parent| {
        let outcome = back_up(parent);
        (outcome.report().files_opened(), outcome.report().snapshot().parent())
    };
    assert_eq!(opened_and_parent(Parent::Latest), (1, Some(first.clone())));
    assert_eq!(opened_and_parent(Parent::None), (2, None));
    let given = Parent::Snapshot(first[..10].to_owned());
    assert_eq!(opened_and_parent(given), (1, Some(first)));
    let unknown = request(&lab).parent(Parent::Snapshot("00".repeat(32)));
    assert!(manager(&lab).execute_backup(&unknown).is_err());
}

/// Cancels once this many bytes are stored.
struct CancelAt(CancelToken, AtomicU64);

impl Progress for CancelAt {
    fn bytes(&self, _stage: Stage, more: u64) {
        let left = self.1.load(Ordering::SeqCst).saturating_sub(more);
        self.1.store(left, Ordering::SeqCst);
        if left == 0 {
            self.0.cancel();
        }
    }
}

#[test]
fn a_cancelled_backup_leaves_no_snapshot() {
    let lab = Lab::small_packs();
    for seed in 0..40 {
        write(&lab.tree().join(seed.to_string()), &noise(seed, 50_000));
    }
    for at in [1, 1_000_000, 2_000_000] {
        let token = CancelToken::new();
        let progress = Arc::new(CancelAt(token.clone(), AtomicU64::new(at)));
        let request = request(&lab).cancel_token(token).progress(progress);
        let error = manager(&lab)
            .clock(Pauses::new(|| {}))
            .execute_backup_with_retry(&request, &RetryPolicy::new())
            .unwrap_err();
        assert!(error.is_cancelled() && error.attempts().len() == 1, "{error:?}");
        assert!(lab.repository.snapshots().unwrap().is_empty());
        let check = lab.repository.check(CheckDepth::Data, None).unwrap();
        assert!(check.is_sound(), "{check:?}");
    }
    let outcome = manager(&lab).execute_backup(&request(&lab)).unwrap();
    assert!(outcome.is_complete());
    // What the cancelled ones have stored is not stored again.
    assert!(outcome.report().summary().file_data_added < 1_500_000, "{outcome:?}");
    assert_same(&facts(&lab.tree()), &facts(&lab.restored("restored")));
}

#[test]
fn the_repository_does_not_save_itself() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("backups/mine");
    let repository = Repository::init(&inside, &Password::new(PASSWORD)).unwrap();
    write(&directory.path().join("backups/other"), b"x");
    write(&directory.path().join("z"), b"x");
    let request = BackupRequest::new([directory.path()], &everything());
    let manager = BackupManager::new(repository);
    for _ in 0..2 {
        let outcome = manager.execute_backup(&request).unwrap();
        assert!(outcome.is_complete());
        let [note] = outcome.report().notes() else { panic!("{outcome:?}") };
        assert_eq!((note.path(), note.kind()), (&*inside, &NoteKind::OwnRepository));
        assert_eq!(outcome.report().summary().bytes_processed, 2);
    }
}

#[test]
fn settings_are_kept() {
    let lab = Lab::new();
    let mut repository =
        Repository::open(lab.path("repository"), &Password::new(PASSWORD)).unwrap();
    let wrong = RepositorySettings::new().compression(1000);
    assert!(repository.configure(&wrong).is_err());
    repository.configure(&RepositorySettings::new().append_only(true)).unwrap();
    write(&lab.tree().join("file"), b"x");
    assert!(lab.backup(&BackupOptions::new()).is_complete());
    // There it does nothing.
    repository.repair_index(&CancelToken::new()).unwrap();
}

#[test]
fn a_surprise_is_told_or_stops_the_backup() {
    let lab = Lab::new();
    for number in 0..40 {
        write(&lab.tree().join(number.to_string()), &noise(number, 100));
    }
    let back_up = |action| {
        let guard = SurpriseGuard::new(action).slack(10);
        manager(&lab).execute_backup(&request(&lab).guard(guard))
    };
    // Nothing to compare with; and then all as it was.
    for _ in 0..2 {
        assert_eq!(back_up(OnSurprise::Stop).unwrap().report().surprise(), None);
    }
    for number in 0..30 {
        write(&lab.tree().join(number.to_string()), &noise(number + 100, 100));
    }
    let changed = Surprise::ManyChanged { changed: 30, files: 40, usual: 0 };
    let error = back_up(OnSurprise::Stop).unwrap_err();
    assert_eq!(error.surprise(), Some(changed));
    assert!(!error.is_transient());
    assert_eq!(lab.repository.snapshots().unwrap().len(), 2);
    let warned = back_up(OnSurprise::Warn).unwrap();
    assert_eq!(warned.report().surprise(), Some(changed));
    assert_eq!(lab.repository.snapshots().unwrap().len(), 3);

    for number in 0..30 {
        fs::remove_file(lab.tree().join(number.to_string())).unwrap();
    }
    let less = Surprise::FarLess { files: 10, usual: 40 };
    assert_eq!(back_up(OnSurprise::Stop).unwrap_err().surprise(), Some(less));
    assert_eq!(back_up(OnSurprise::Ignore).unwrap().report().surprise(), None);
}

#[test]
fn a_backup_is_measured_with_processor_time_and_memory() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), &noise(1, 1_000_000));
    performance::enable_level(performance::Level::Coarse);
    let outcome = manager(&lab).execute_backup_with_retry(&request(&lab), &RetryPolicy::never());
    performance::disable();
    assert!(outcome.unwrap().is_complete());
    let report = performance::report();
    let measured = report.operation("manager: back up with retry").unwrap();
    assert!(measured.cpu_time().is_some_and(|time| !time.is_zero()), "{measured:?}");
    assert!(measured.memory_peak().is_some() && measured.memory_change().is_some(), "{measured:?}");
}
