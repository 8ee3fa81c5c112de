//! Repositories on servers behind a proxy that cuts, hangs, damages and refuses: what fails is an
//! error, what passes is outlived, and nothing that was saved is lost.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::repository::{
    CheckDepth, Location, Password, PruneOptions, Repository, RepositorySettings, RestoreOptions,
    SnapshotFilter,
};
use timelocker::{CancelToken, Error, Retention};

use crate::support::proxy::{Act, Proxy, Rule};
use crate::support::servers::{Server, free_port};
use crate::support::{PASSWORD, everything, noise, write};

/// A repository with two snapshots on a server behind a proxy.
struct World {
    directory: tempfile::TempDir,
    proxy: Arc<Proxy>,
    port: u16,
    is_s3: bool,
    _server: Server,
}

impl World {
    /// A server without a repository.
    fn empty(is_s3: bool) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let server = if is_s3 {
            Server::without_a_bucket(&timelocker_tests::tool("moto_server")?, port)
        } else {
            fs::create_dir(directory.path().join("repository")).unwrap();
            let rclone = timelocker_tests::tool("rclone")?;
            Server::rclone(&rclone, &directory.path().join("repository"), port)
        };
        Some(Self { directory, proxy: Proxy::new(port), port, is_s3, _server: server })
    }

    fn new(is_s3: bool) -> Option<Self> {
        let world = Self::empty(is_s3)?;
        let settings = RepositorySettings::new().pack_size(400_000);
        let direct = world.location_at(world.port);
        let repository = Repository::init_at(&direct, &Password::new(PASSWORD), &settings).unwrap();
        let manager = BackupManager::new(repository);
        for round in 0..2 {
            for file in 0..8 {
                write(&world.path(&format!("tree/{file}")), &noise(8 * round + file, 60_000));
            }
            assert!(manager.execute_backup(&world.request()).unwrap().is_complete());
        }
        Some(world)
    }

    /// One on a REST server and one of S3, as far as there are the tools.
    fn both() -> impl Iterator<Item = Self> {
        [false, true].into_iter().filter_map(Self::new)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn request(&self) -> BackupRequest {
        BackupRequest::new([self.path("tree")], &everything())
    }

    fn location_at(&self, port: u16) -> Location {
        if self.is_s3 {
            let location: Location =
                format!("s3:http://127.0.0.1:{port}/bucket/some/path").parse().unwrap();
            location.credentials("testing", &Password::new("testing"))
        } else {
            format!("rest:http://127.0.0.1:{port}/").parse().unwrap()
        }
    }

    /// The repository behind the proxy.
    fn location(&self) -> Location {
        self.location_at(self.proxy.port())
    }

    /// The same, of which nothing is tried again.
    fn impatient(&self) -> Location {
        self.location().retry_window(Duration::ZERO)
    }

    fn open(&self, location: &Location) -> Result<Repository, Error> {
        Repository::open_at(location, &Password::new(PASSWORD))
    }

    /// Text that is in each request for the listing of a folder.
    fn listing_of(&self, folder: &str) -> &'static str {
        match (self.is_s3, folder) {
            (false, "keys") => "/keys/",
            (false, "snapshots") => "/snapshots/",
            (false, "index") => "/index/",
            (false, "data") => "/data/",
            (false, "locks") => "/locks/",
            (true, "keys") => "prefix=some/path/keys/",
            (true, "snapshots") => "prefix=some/path/snapshots/",
            (true, "index") => "prefix=some/path/index/",
            (true, "data") => "prefix=some/path/data/",
            (true, "locks") => "prefix=some/path/locks/",
            _ => unreachable!("{folder}"),
        }
    }

    /// All files that the server has, as it says itself.
    fn stored(&self) -> BTreeSet<String> {
        if !self.is_s3 {
            let root = self.path("repository");
            let files = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
            let files = files.filter(|entry| entry.file_type().is_file());
            return files.map(|entry| entry.path().display().to_string()).collect();
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = "GET /bucket?list-type=2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let keys = answer.split("<Key>").skip(1);
        keys.map(|key| key.split('<').next().unwrap().to_owned()).collect()
    }
}

/// Why a command failed. A check reports it rather than failing.
#[derive(Debug)]
enum Failed {
    Error(Error),
    Unsound(String),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Failed {
    fn said(&self) -> String {
        match self {
            Self::Error(error) => {
                assert!(!error.is_repository_missing(), "{error:?}");
                error.with_causes().to_string()
            }
            Self::Unsound(findings) => findings.clone(),
        }
    }
}

type Command = (&'static str, fn(&World, &Repository) -> Result<(), Failed>);

/// Commands, by what they do with a repository.
const COMMANDS: [Command; 6] = [
    ("snapshots", |_, repository| Ok(repository.snapshots().map(drop)?)),
    ("forget", |_, repository| {
        repository.plan_forget(&Retention::new().last(1), &SnapshotFilter::new())?;
        Ok(())
    }),
    ("check", |_, repository| {
        let report = repository.check(CheckDepth::Structure, None)?;
        if report.is_sound() { Ok(()) } else { Err(Failed::Unsound(format!("{report:?}"))) }
    }),
    ("restore", |world, repository| {
        let snapshot = repository.snapshot("latest")?;
        let target = tempfile::tempdir_in(world.directory.path()).unwrap();
        let report = repository.restore(&snapshot, target.path(), &RestoreOptions::new())?;
        assert!(report.is_complete(), "{report:?}");
        Ok(())
    }),
    ("backup", |world, _| {
        let repository = world.open(&world.impatient())?;
        Ok(BackupManager::new(repository).execute_backup(&world.request()).map(drop)?)
    }),
    ("prune", |_, repository| {
        repository.prune(&PruneOptions::new().max_unused(0))?;
        Ok(())
    }),
];

/// Folders that a command has to list.
fn listed_by(command: &str) -> &'static [&'static str] {
    match command {
        "snapshots" | "forget" => &["snapshots"],
        "check" => &["snapshots", "index", "data"],
        "restore" => &["snapshots", "index"],
        "backup" => &["snapshots", "index", "locks"],
        "prune" => &["snapshots", "index", "data", "locks"],
        _ => unreachable!("{command}"),
    }
}

/// Listings that are no listings.
fn failed_listings(is_s3: bool) -> Vec<Act> {
    use Act::{Body, Cut, Half, Status, Truncated};
    let mut acts = vec![Status(403), Status(404), Status(429), Status(500), Cut, Half, Truncated];
    acts.extend([Body(""), Body("null"), Body("{}")]);
    if is_s3 {
        acts.push(Body("<ListBucketResult></ListBucketResult>"));
    } else {
        acts.extend([Status(204), Status(301), Body("[null]"), Body("[{\"name\":\"x\"}]")]);
    }
    acts
}

#[test]
fn a_listing_that_fails_is_an_error_of_every_command() {
    for world in World::both() {
        let repository = world.open(&world.impatient()).unwrap();
        let stored = world.stored();
        assert!(stored.len() > 8, "{stored:?}");
        for (name, command) in COMMANDS {
            for folder in listed_by(name) {
                for act in failed_listings(world.is_s3) {
                    let what = format!("{name}, {folder}, {act:?}, S3: {}", world.is_s3);
                    world.proxy.rules([Rule::all("GET", world.listing_of(folder), act)]);
                    let error = command(&world, &repository).expect_err(&what);
                    assert!(world.proxy.hits() > 0, "{what}: {:?}", world.proxy.log());
                    let said = error.said();
                    for odd in ["header", "check the log", "Parts {", "Response"] {
                        assert!(!said.contains(odd), "{what}: {said}");
                    }
                    assert_eq!(world.stored(), stored, "{what}");
                }
            }
        }
        for act in failed_listings(world.is_s3) {
            world.proxy.rules([Rule::all("GET", world.listing_of("keys"), act)]);
            let error = world.open(&world.impatient()).unwrap_err();
            assert!(!error.is_repository_missing() && !error.is_wrong_password(), "{error:?}");
        }
        world.proxy.rules([]);
        for (_, command) in COMMANDS {
            command(&world, &repository).unwrap();
        }
    }
}

#[test]
fn the_second_page_of_a_listing_counts_too() {
    let Some(world) = World::new(true) else { return };
    let repository = world.open(&world.impatient()).unwrap();
    let stored = world.stored();
    for (name, command) in COMMANDS {
        for folder in listed_by(name) {
            for act in [Act::Status(403), Act::Status(404), Act::Body("")] {
                let what = format!("{name}, {folder}, {act:?}");
                let listing = world.listing_of(folder);
                world.proxy.rules([
                    Rule::all("GET", "continuation-token=more", act),
                    Rule::all("GET", listing, Act::AnotherPage),
                ]);
                command(&world, &repository).expect_err(&what);
                assert!(world.proxy.hits() > 1, "{what}: {:?}", world.proxy.log());
                assert_eq!(world.stored(), stored, "{what}");
            }
        }
    }
}

/// Faults that pass, one of each.
fn passing_faults() -> [Act; 8] {
    use Act::{Cut, Half, Status, StatusWith};
    [
        Status(408),
        Status(500),
        Status(502),
        Status(503),
        StatusWith(429, "Retry-After: 0\r\n"),
        StatusWith(503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        Cut,
        Half,
    ]
}

#[test]
fn what_passes_is_outlived_and_reported() {
    for world in World::both() {
        let retries = Arc::new(Mutex::new(Vec::new()));
        let location = world.location().on_retry({
            let retries = Arc::clone(&retries);
            move |retry| retries.lock().unwrap().push(retry.to_string())
        });
        let put = if world.is_s3 { "PUT" } else { "POST" };
        let requests = [
            ("GET", "/config"),
            ("GET", world.listing_of("locks")),
            (put, "/locks/"),
            ("DELETE", "/locks/"),
            (put, "/data/"),
            (put, "/index/"),
            (put, "/snapshots/"),
            ("GET", "/index/"),
            ("GET", "/data/"),
        ];
        let mut number = 0;
        for (method, path) in requests {
            // Each kind of request has another fault in each run of the loop.
            for act in passing_faults().into_iter().skip(number % 4).step_by(4) {
                number += 1;
                retries.lock().unwrap().clear();
                let seed = 100 + u64::try_from(number).unwrap();
                write(&world.path("tree/new"), &noise(seed, 1000));
                world.proxy.rules([Rule::once(method, path, act.clone())]);
                let what = format!("{method} {path} {act:?}");
                let repository = world.open(&location).expect(&what);
                let manager = BackupManager::new(repository);
                let outcome = manager.execute_backup(&world.request()).expect(&what);
                assert!(outcome.is_complete(), "{what}: {outcome:?}");
                let snapshot = manager.repository().snapshot("latest").unwrap();
                let target = tempfile::tempdir_in(world.directory.path()).unwrap();
                let options = RestoreOptions::new();
                let report = manager.repository().restore(&snapshot, target.path(), &options);
                assert!(report.expect(&what).is_complete(), "{what}");
                assert_eq!(world.proxy.hits(), 1, "{what}: {:?}", world.proxy.log());
                let retries = retries.lock().unwrap();
                assert!(retries.len() == 1 && retries[0].contains("trying again"), "{retries:?}");
            }
        }
        world.proxy.rules([]);
        let repository = world.open(&location).unwrap();
        assert!(repository.check(CheckDepth::Data, None).unwrap().is_sound());
        assert!(!world.stored().iter().any(|file| file.contains("/locks/")));
    }
}

#[test]
fn what_was_done_although_the_answer_was_lost_is_done() {
    for world in World::both() {
        let put = if world.is_s3 { "PUT" } else { "POST" };
        let location = world.location();
        for act in [Act::CutLate, Act::LateStatus(500)] {
            for path in ["/data/", "/index/", "/snapshots/", "/locks/"] {
                write(&world.path("tree/new"), &noise(path.len() as u64, 1000));
                let what = format!("{path} {act:?}");
                world.proxy.rules([
                    Rule::once(put, path, act.clone()),
                    Rule::once("DELETE", path, act.clone()),
                ]);
                let repository = world.open(&location).expect(&what);
                let manager = BackupManager::new(repository);
                assert!(manager.execute_backup(&world.request()).expect(&what).is_complete());
                let repository = manager.repository();
                let plan = repository
                    .plan_forget(&Retention::new().last(1), &SnapshotFilter::new())
                    .expect(&what);
                repository.forget(&plan).expect(&what);
                repository.prune(&PruneOptions::new().max_unused(0)).expect(&what);
                assert!(world.proxy.hits() >= 1, "{what}");
                assert!(!world.stored().iter().any(|file| file.contains("/locks/")), "{what}");
            }
        }
        let repository = world.open(&location).unwrap();
        assert!(repository.check(CheckDepth::Data, None).unwrap().is_sound());
    }
}

#[test]
fn what_is_refused_is_not_tried_again() {
    for world in World::both() {
        let retries = Arc::new(AtomicU32::new(0));
        let location = world.location().on_retry({
            let retries = Arc::clone(&retries);
            move |_| _ = retries.fetch_add(1, Ordering::SeqCst)
        });
        let repository = world.open(&location).unwrap();
        for status in [400, 401, 403, 404, 405, 410, 501] {
            world.proxy.rules([Rule::all(
                "GET",
                world.listing_of("snapshots"),
                Act::Status(status),
            )]);
            let error = repository.snapshots().unwrap_err();
            assert!(!error.is_transient(), "{status}: {error:?}");
        }
        assert_eq!(retries.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn a_server_that_lets_nothing_be_removed_says_so() {
    let Some(world) = World::new(false) else { return };
    let repository = world.open(&world.location()).unwrap();
    let plan = repository.plan_forget(&Retention::new().last(1), &SnapshotFilter::new()).unwrap();
    world.proxy.rules([Rule::all("DELETE", "/snapshots/", Act::Status(403))]);
    let said = repository.forget(&plan).unwrap_err().with_causes().to_string();
    assert!(said.contains("append-only"), "{said}");
}

#[test]
fn damage_on_the_way_is_read_once_more() {
    for world in World::both() {
        let location = world.impatient();
        for path in ["/index/", "/keys/", "/snapshots/", "/data/"] {
            // The first request for it is its listing.
            let skipped = u32::from(path != "/data/");
            world.proxy.rules([Rule::once("GET", path, Act::Corrupt).after(skipped)]);
            let repository = world.open(&location).expect(path);
            let snapshot = repository.snapshot("latest").expect(path);
            let target = tempfile::tempdir_in(world.directory.path()).unwrap();
            let report = repository.restore(&snapshot, target.path(), &RestoreOptions::new());
            assert!(report.expect(path).is_complete(), "{path}");
            assert_eq!(world.proxy.hits(), 1, "{path}: {:?}", world.proxy.log());
        }
        // Damage that is still there at the second read is reported.
        world.proxy.rules([Rule::all("GET", "/snapshots/", Act::Corrupt).after(1)]);
        let repository = world.open(&location).unwrap();
        assert!(repository.snapshots().is_err());
    }
}

#[test]
fn a_hung_access_ends_when_it_is_cancelled_and_no_lock_stays() {
    for world in World::both() {
        let put = if world.is_s3 { "PUT" } else { "POST" };
        for (method, path) in
            [("GET", "/index/"), ("GET", world.listing_of("snapshots")), (put, "/data/")]
        {
            let token = CancelToken::new();
            world.proxy.rules([]);
            write(&world.path("tree/new"), &noise(path.len() as u64, 1000));
            let repository = world.open(&world.location().cancel_token(token.clone())).unwrap();
            world.proxy.rules([Rule::all(method, path, Act::Hang)]);
            let manager = BackupManager::new(repository.cancel_token(token.clone()));
            let ended = thread::scope(|scope| {
                let request = world.request().cancel_token(token.clone());
                let backup = scope.spawn(move || manager.execute_backup(&request).map(drop));
                world.proxy.wait_for_a_hit();
                token.cancel();
                backup.join().unwrap()
            });
            assert!(ended.as_ref().is_err_and(Error::is_cancelled), "{path}: {ended:?}");
            let left: Vec<_> =
                world.stored().into_iter().filter(|file| file.contains("/locks/")).collect();
            assert!(left.is_empty(), "{path}: {left:?}");
        }
        // While it is opened, too.
        let token = CancelToken::new();
        world.proxy.rules([Rule::all("GET", "/config", Act::Hang)]);
        let location = &world.location().cancel_token(token.clone());
        thread::scope(|scope| {
            let opening = scope.spawn(|| world.open(location).map(drop));
            world.proxy.wait_for_a_hit();
            token.cancel();
            assert!(opening.join().unwrap().unwrap_err().is_cancelled());
        });
    }
}

#[test]
fn a_time_out_counts_silence() {
    for world in World::both() {
        let location = world.impatient().timeout(Duration::from_millis(400));
        let repository = world.open(&location).unwrap();
        // Ten pauses are longer than the time-out, and none of them is.
        let drip = Act::Drip(Duration::from_millis(80));
        world.proxy.rules([Rule::once("GET", world.listing_of("snapshots"), drip)]);
        assert_eq!(repository.snapshots().unwrap().len(), 2);
        assert_eq!(world.proxy.hits(), 1);
        world.proxy.rules([Rule::all("GET", world.listing_of("snapshots"), Act::Hang)]);
        assert!(repository.snapshots().unwrap_err().is_transient());
    }
}

#[test]
fn init_replaces_nothing() {
    for world in World::both() {
        let stored = world.stored();
        let config = |world: &World| {
            let mut location = world.location_at(world.port);
            location = location.retry_window(Duration::ZERO);
            world.open(&location).map(drop)
        };
        for rules in [
            vec![Rule::all("HEAD", "", Act::Status(404))],
            vec![Rule::all("HEAD", "", Act::Status(403))],
            vec![Rule::all("*", "/config", Act::Status(404))],
            vec![
                Rule::all("HEAD", "/config", Act::Status(404)),
                Rule::all("GET", "/config", Act::Status(500)),
            ],
            vec![
                Rule::all("GET", "/config", Act::Status(404)),
                Rule::all("GET", world.listing_of("keys"), Act::Status(404)),
            ],
        ] {
            let what = format!("{rules:?}");
            world.proxy.rules(rules);
            let new = Repository::init_at(
                &world.impatient(),
                &Password::new("another"),
                &RepositorySettings::new(),
            );
            assert!(new.is_err(), "{what}");
            assert_eq!(world.stored(), stored, "{what}");
        }
        config(&world).unwrap();
    }
}

#[test]
fn what_is_not_there_is_no_repository() {
    let Some(world) = World::empty(true) else { return };
    // No bucket.
    let error = world.open(&world.impatient()).unwrap_err();
    assert!(error.is_repository_missing(), "{error:?}");
    let password = Password::new(PASSWORD);
    // It is made.
    world.proxy.rules([]);
    let repository =
        Repository::init_at(&world.impatient(), &password, &RepositorySettings::new()).unwrap();
    let log = world.proxy.log();
    assert!(log.len() <= 10, "{} requests: {log:#?}", log.len());
    assert!(repository.snapshots().unwrap().is_empty());
    // No prefix.
    let elsewhere: Location =
        format!("s3:http://127.0.0.1:{}/bucket/elsewhere", world.port).parse().unwrap();
    let elsewhere = elsewhere.credentials("testing", &Password::new("testing"));
    let error = Repository::open_at(&elsewhere, &password).unwrap_err();
    assert!(error.is_repository_missing(), "{error:?}");
}

#[test]
fn settings_can_be_changed_later() {
    for world in World::both() {
        let mut repository = world.open(&world.impatient()).unwrap();
        repository.configure(&RepositorySettings::new().pack_size(800_000)).unwrap();
        drop(repository);
        let repository = world.open(&world.impatient()).unwrap();
        assert!(repository.check(CheckDepth::Data, None).unwrap().is_sound());
    }
}
