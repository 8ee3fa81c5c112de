//! What runs in a process of its own: a measured program, or one of those that are libraries.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use rustic_backend::LocalBackend;
use rustic_core::{
    BackupOptions, ConfigOptions, Credentials, KeyOptions, PathList, RepositoryBackends,
    RepositoryOptions, SnapshotOptions,
};
use timelocker::manager::{BackupManager, BackupRequest};
use timelocker::pattern::PatternTable;
use timelocker::repository::{Password, Repository, RestoreOptions, Verify};

use crate::lab::Lab;
use crate::peers::{Operation, PASSWORD, Peer};

/// The argument by which this program works for its parent.
pub(crate) const CHILD: &str = "--work-as-child";
/// The argument by which it runs and measures the program that follows.
pub(crate) const MEASURE: &str = "measure";

/// The command by which this program does an operation.
pub(crate) fn command(peer: Peer, operation: Operation, lab: &Lab) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([CHILD, peer.name(), &format!("{operation:?}")]);
    command.arg(lab.repository()).arg(match operation {
        Operation::Restore => lab.restored(),
        _ => lab.tree(),
    });
    command
}

pub(crate) fn work(arguments: &[String]) {
    match arguments {
        [measure, program, arguments @ ..] if measure == MEASURE => run(program, arguments),
        [peer, operation, repository, path] => {
            let (repository, path) = (Path::new(repository), Path::new(path));
            if peer == Peer::LocalSource.name() {
                local_source(operation, repository, path);
            } else {
                let is_plain = peer == Peer::Plain.name();
                let verify = if is_plain { Verify::nothing() } else { Verify::structure() };
                ours(operation, repository, path, verify);
            }
        }
        _ => panic!("not for people"),
    }
}

/// Runs a program, and writes the nanoseconds of wall and CPU time, and KiB of memory.
fn run(program: &str, arguments: &[String]) {
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    let wall = start.elapsed();
    assert!(status.success(), "{program}: {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu: Duration = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| {
            Duration::from_secs(time.tv_sec().unsigned_abs())
                + Duration::from_micros(time.tv_usec().unsigned_abs())
        })
        .sum();
    println!("{} {} {}", wall.as_nanos(), cpu.as_nanos(), usage.max_rss());
}

fn ours(operation: &str, repository: &Path, path: &Path, verify: Verify) {
    let password = Password::new(PASSWORD);
    if operation == format!("{:?}", Operation::Init) {
        Repository::init(repository, &password).unwrap();
        return;
    }
    let repository = Repository::open(repository, &password).unwrap();
    if operation == format!("{:?}", Operation::BackUp) {
        let table = PatternTable::builder().build().unwrap();
        let request = BackupRequest::new([path], &table).verify(verify);
        let outcome = BackupManager::new(repository).execute_backup(&request).unwrap();
        assert!(outcome.is_complete());
    } else {
        let snapshot = repository.snapshot("latest").unwrap();
        let report = repository.restore(&snapshot, path, &RestoreOptions::new()).unwrap();
        assert!(report.is_complete());
    }
}

fn local_source(operation: &str, repository: &Path, path: &Path) {
    let backend = LocalBackend::new(repository.to_str().unwrap(), []).unwrap();
    let backends = RepositoryBackends::new(Arc::new(backend), None);
    let options = RepositoryOptions::default().no_cache(true);
    let repository = rustic_core::Repository::new(&options, &backends).unwrap();
    let password = Credentials::password(PASSWORD);
    if operation == format!("{:?}", Operation::Init) {
        let (key, config) = (KeyOptions::default(), ConfigOptions::default());
        repository.init(&password, &key, &config).unwrap();
        return;
    }
    let repository = repository.open(&password).unwrap().to_indexed_ids().unwrap();
    let source = PathList::from_iter([PathBuf::from(path)]);
    let options = BackupOptions::default().no_scan(true);
    let snapshot = SnapshotOptions::default().to_snapshot().unwrap();
    repository.backup(&options, &source, snapshot).unwrap();
}
