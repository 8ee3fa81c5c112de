//! Repositories on servers that are restarted, gone or hang; on 127.0.0.1, by rclone and moto.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{
    CheckDepth, Location, Password, Progress, PruneOptions, Repository, RepositorySettings,
    RestoreOptions, SnapshotFilter, Stage,
};
use timelocker::retry::{Clock, RetryPolicy};
use timelocker::{CancelToken, Ended, Retention};

use crate::support::servers::{Server, free_port};
use crate::support::{PASSWORD, assert_same, build_tree, everything, facts, noise, write};

/// A tree, and what a test keeps beside it.
struct Lab {
    directory: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("tree")).unwrap();
        fs::create_dir(directory.path().join("repository")).unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn init(&self, location: &Location) -> Repository {
        let settings = RepositorySettings::new().pack_size(400_000);
        Repository::init_at(location, &Password::new(PASSWORD), &settings).unwrap()
    }

    fn request(&self) -> BackupRequest {
        BackupRequest::new([self.path("tree")], &everything())
    }

    fn assert_restores(&self, repository: &Repository, name: &str) {
        let snapshot = repository.snapshot("latest").unwrap();
        let options = RestoreOptions::new().path(self.path("tree"));
        let report = repository.restore(&snapshot, self.path(name), &options).unwrap();
        assert!(report.is_complete(), "{report:?}");
        assert_same(&facts(&self.path("tree")), &facts(&self.path(name)));
    }

    /// Everything that is done with a repository.
    fn everything_works(&self, location: &Location) {
        build_tree(&self.path("tree"));
        let repository = self.init(location);
        let other = Repository::open_at(location, &Password::new(PASSWORD)).unwrap();
        let wrong = Repository::open_at(location, &Password::new("wrong")).unwrap_err();
        assert!(wrong.is_wrong_password(), "{wrong:?}");
        let again = Repository::init_at(location, &Password::new(PASSWORD), &Default::default());
        assert!(again.unwrap_err().is_repository_exists());

        let manager = BackupManager::new(repository);
        let progress = Arc::new(At::new(5, move || {
            let error = other.prune(&PruneOptions::new()).unwrap_err();
            assert!(error.is_locked(), "{error:?}");
        }));
        let outcome = manager.execute_backup(&self.request().progress(progress.clone())).unwrap();
        assert!(outcome.is_complete() && progress.happened(), "{outcome:?}");
        write(&self.path("tree/more"), &noise(9, 100_000));
        let outcome = manager.execute_backup(&self.request()).unwrap();
        assert_eq!(outcome.report().files_opened(), 1);

        let repository = manager.repository();
        self.assert_restores(repository, "restored");
        let one = Retention::new().last(1);
        let plan = repository.plan_forget(&one, &SnapshotFilter::new()).unwrap();
        assert_eq!(repository.forget(&plan).unwrap(), 1);
        assert!(repository.prune(&PruneOptions::new().max_unused(0)).is_ok());
        let check = repository.check(CheckDepth::Data, None).unwrap();
        assert!(check.is_sound(), "{check:?}");
        self.assert_restores(repository, "restored again");
    }
}

/// Does something when so many files were handed on.
struct At(AtomicU64, Box<dyn Fn() + Send + Sync>);

impl At {
    fn new(files: u64, work: impl Fn() + Send + Sync + 'static) -> Self {
        Self(AtomicU64::new(files), Box::new(work))
    }

    fn happened(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }
}

impl Progress for At {
    fn files(&self, _stage: Stage, _more: u64) {
        let less = |left: u64| left.checked_sub(1);
        if self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) == Ok(1) {
            (self.1)();
        }
    }
}

/// Pauses take no time; something happens in them.
struct Pauses(Box<dyn Fn() + Send + Sync>);

impl Clock for Pauses {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn wait(&self, _time: Duration, _cancel: &CancelToken) -> bool {
        (self.0)();
        false
    }
}

fn bucket(port: u16) -> Location {
    let location: Location =
        format!("s3:http://127.0.0.1:{port}/bucket/some/path").parse().unwrap();
    location.credentials("testing", &Password::new("testing"))
}

fn rest(port: u16) -> Location {
    let location: Location = format!("rest:http://127.0.0.1:{port}/").parse().unwrap();
    // Its own repetitions would only take time here.
    location.retry_window(Duration::ZERO)
}

#[test]
fn a_rest_server() {
    let Some(rclone) = timelocker_tests::tool("rclone") else { return };
    let lab = Lab::new();
    let port = free_port();
    let _server = Server::rclone(&rclone, &lab.path("repository"), port);
    lab.everything_works(&rest(port));
    support::restic_finds_no_fault(&lab.path("repository"));
}

#[test]
fn a_server_that_asks_who_is_there() {
    const SECRET: &str = "p@ss:/word";
    let Some(rclone) = timelocker_tests::tool("rclone") else { return };
    let lab = Lab::new();
    let port = free_port();
    let mut command = Command::new(rclone);
    command.args(["serve", "restic", "--addr", &format!("127.0.0.1:{port}")]);
    command.arg(lab.path("repository")).env("RCLONE_USER", "me").env("RCLONE_PASS", SECRET);
    let _server = Server::of(command, "Serving restic REST API");

    fs::write(lab.path("secret"), format!("{SECRET}\n")).unwrap();
    let file = Password::from_file(lab.path("secret")).unwrap();
    let command = Password::from_command(format!("echo {SECRET}")).unwrap();
    let in_url = format!("rest:http://me:p%40ss%3A%2Fword@127.0.0.1:{port}/");
    let location = rest(port).credentials("me", &file);
    lab.everything_works(&location);
    for location in [in_url.parse().unwrap(), rest(port).credentials("me", &command)] {
        let repository = Repository::open_at(&location, &Password::new(PASSWORD)).unwrap();
        assert!(!repository.location().contains("word"), "{}", repository.location());
        assert!(!format!("{repository:?} {location:?}").contains("word"));
    }
    let wrong = Password::new("wr0ng w0rd");
    for location in [rest(port), rest(port).credentials("me", &wrong)] {
        let error = Repository::open_at(&location, &Password::new(PASSWORD)).unwrap_err();
        let said = format!("{} {error:?}", error.with_causes());
        assert!(said.contains("401"), "{said}");
        assert!(!said.contains("w0rd") && !error.is_transient(), "{said}");
        assert!(!error.is_wrong_password() && !error.is_repository_missing(), "{said}");
    }
}

#[test]
fn a_remote_of_rclone() {
    if timelocker_tests::tool("rclone").is_none() {
        return;
    }
    let lab = Lab::new();
    let path = lab.path("repository");
    let location: Location = format!("rclone::local:{}", path.display()).parse().unwrap();
    lab.everything_works(&location);
    support::restic_finds_no_fault(&path);
    let nowhere: Location = "rclone:no such remote:x".parse().unwrap();
    let error = Repository::open_at(&nowhere, &Password::new(PASSWORD)).unwrap_err();
    assert!(error.to_string().contains("rclone"), "{error}");
}

struct Interrupted {
    lab: Lab,
    /// How many attempts failed before the one that did not.
    result: Result<u64, timelocker::Error>,
    location: Location,
    server: Arc<Mutex<Server>>,
}

impl Interrupted {
    /// What was saved is all there.
    fn assert_whole(&self) {
        let repository = Repository::open_at(&self.location, &Password::new(PASSWORD)).unwrap();
        let check = repository.check(CheckDepth::Data, None).unwrap();
        assert!(check.is_sound(), "{check:?}");
        self.lab.assert_restores(&repository, "restored");
    }
}

/// A backup during which something is done to the server, and something else in the pause after.
fn interrupted(
    lab: Lab,
    (location, server): (Location, Server),
    disturb: impl Fn(&mut Server) + Send + Sync + 'static,
    mend: impl Fn(&mut Server) + Send + Sync + 'static,
) -> Interrupted {
    for seed in 0..60 {
        write(&lab.path(&format!("tree/{seed}")), &noise(seed, 60_000));
    }
    let server = Arc::new(Mutex::new(server));
    let repository = lab.init(&location);

    let progress = Arc::new(At::new(40, {
        let server = Arc::clone(&server);
        move || disturb(&mut server.lock().unwrap())
    }));
    let clock = Arc::new(Pauses({
        let server = Arc::clone(&server);
        Box::new(move || mend(&mut server.lock().unwrap()))
    }));
    let request = lab.request().progress(progress.clone());
    let manager = BackupManager::new(repository).clock(clock);
    let result = manager.execute_backup_with_retry(&request, &RetryPolicy::new());
    assert!(progress.happened());
    let result = result.map(|outcome| {
        assert!(outcome.is_complete(), "{outcome:?}");
        let failed = outcome.report().failed_attempts();
        assert!(failed.iter().all(|attempt| attempt.error().is_transient()), "{failed:?}");
        failed.len() as u64
    });
    Interrupted { lab, result, location, server }
}

/// A REST server of a lab.
fn rclone_of(lab: &Lab) -> Option<(Location, Server)> {
    let rclone = timelocker_tests::tool("rclone")?;
    let port = free_port();
    let location = rest(port).timeout(Duration::from_secs(2));
    Some((location, Server::rclone(&rclone, &lab.path("repository"), port)))
}

/// An S3 server. What it has it loses with its process: not it is restarted, but the line to it cut.
fn moto_behind(line: &Arc<Line>) -> Option<(Location, Server)> {
    let moto = timelocker_tests::tool("moto_server")?;
    let server = Server::moto(&moto, line.server);
    let location = bucket(line.open()).retry_window(Duration::ZERO).timeout(Duration::from_secs(5));
    Some((location, server))
}

/// What stands between a client and a server of this machine, and can be cut.
struct Line {
    server: u16,
    /// All connections; `None` while it is cut.
    open: Mutex<Option<Vec<TcpStream>>>,
}

impl Line {
    fn new() -> Arc<Self> {
        Arc::new(Self { server: free_port(), open: Mutex::new(Some(Vec::new())) })
    }

    /// The port at which it begins.
    fn open(self: &Arc<Self>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Arc::clone(self);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Some(open) = &mut *line.open.lock().unwrap() else { continue };
                let client = client.unwrap();
                let server = TcpStream::connect(("127.0.0.1", line.server)).unwrap();
                for (mut from, mut to) in [(&client, &server), (&server, &client)]
                    .map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap()))
                {
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                open.extend([client, server]);
            }
        });
        port
    }

    fn cut(&self) {
        for connection in self.open.lock().unwrap().take().into_iter().flatten() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.open.lock().unwrap().get_or_insert_default();
    }
}

#[test]
fn a_server_that_is_restarted_in_the_middle() {
    let lab = Lab::new();
    let Some(place) = rclone_of(&lab) else { return };
    let run = interrupted(lab, place, Server::stop, Server::start);
    assert_eq!(*run.result.as_ref().unwrap(), 1);
    run.assert_whole();
    support::restic_finds_no_fault(&run.lab.path("repository"));
}

#[test]
fn a_server_that_hangs_for_a_while() {
    let lab = Lab::new();
    let Some(place) = rclone_of(&lab) else { return };
    let run = interrupted(lab, place, Server::hang, Server::go_on);
    assert!(*run.result.as_ref().unwrap() >= 1);
    run.assert_whole();
    support::restic_finds_no_fault(&run.lab.path("repository"));
}

#[test]
fn a_server_that_is_gone() {
    let lab = Lab::new();
    let Some(place) = rclone_of(&lab) else { return };
    let run = interrupted(lab, place, Server::stop, |_| {});
    let error = run.result.unwrap_err();
    assert_eq!((error.attempts().len(), error.ended()), (4, Some(Ended::Retries)));
    assert!(error.is_transient());
    assert_eq!(fs::read_dir(run.lab.path("repository/snapshots")).unwrap().count(), 0);
    let error = Repository::open_at(&run.location, &Password::new(PASSWORD)).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[test]
fn a_server_that_never_answers() {
    // It accepts, by the kernel's queue, and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let location = rest(port).timeout(Duration::from_secs(1));
    let error = Repository::open_at(&location, &Password::new(PASSWORD)).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[test]
fn a_bucket() {
    let Some(moto) = timelocker_tests::tool("moto_server") else { return };
    let lab = Lab::new();
    let port = free_port();
    let _server = Server::moto(&moto, port);
    lab.everything_works(&bucket(port));
}

#[test]
fn a_bucket_that_is_cut_off_in_the_middle() {
    let line = Line::new();
    let Some(place) = moto_behind(&line) else { return };
    let mended = Arc::clone(&line);
    let run = interrupted(Lab::new(), place, move |_| line.cut(), move |_| mended.mend());
    assert!(*run.result.as_ref().unwrap() >= 1);
    run.assert_whole();
}

#[test]
fn a_bucket_that_hangs_for_a_while() {
    let Some(place) = moto_behind(&Line::new()) else { return };
    let run = interrupted(Lab::new(), place, Server::hang, Server::go_on);
    assert!(*run.result.as_ref().unwrap() >= 1);
    run.assert_whole();
}

#[test]
fn a_bucket_that_is_gone() {
    let line = Line::new();
    let Some(place) = moto_behind(&line) else { return };
    let cut = Arc::clone(&line);
    let run = interrupted(Lab::new(), place, move |_| cut.cut(), |_| {});
    let error = run.result.unwrap_err();
    assert_eq!((error.attempts().len(), error.ended()), (4, Some(Ended::Retries)));
    assert!(error.is_transient(), "{error:?}");
    let gone = Repository::open_at(&run.location, &Password::new(PASSWORD)).unwrap_err();
    assert!(gone.is_transient() && !gone.is_repository_missing(), "{gone:?}");
    // What it has by then is no half of a snapshot.
    line.mend();
    let repository = Repository::open_at(&run.location, &Password::new(PASSWORD)).unwrap();
    assert!(repository.snapshots().unwrap().is_empty());
    let check = repository.check(CheckDepth::Structure, None).unwrap();
    assert!(check.is_sound(), "{check:?}");
    drop(run.server);
}
