//! What is read after a process was killed. This test program is itself what is killed.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::*;

const CHILD: &str = "TIMELOCKER_TEST_STATUS";

/// Not a test of its own: what is killed. One operation after another, beside one that goes on.
#[test]
fn child() {
    let Some(path) = env::var_os(CHILD) else { return };
    // The batches that kills fall into are small, and the file is renamed now and then.
    let history = OperationHistory::new(path).limit(60_000);
    let reporter = StatusReporter::builder().history(history).step_percent(0).build().unwrap();
    let long = reporter.start("backup", "long");
    for count in 1.. {
        let short = reporter.start("verify", "short");
        long.update(count, count, None);
        short.update(1, 1, None);
        let id = short.present().unwrap().id().to_owned();
        short.complete();
        // What is told here has been written.
        if writeln!(std::io::stderr(), "ended {id}").is_err() {
            return;
        }
    }
}

fn start(path: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "monitoring::tests::crash::child", "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn history_and_current_operations_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operations");
    let history = OperationHistory::new(&path);
    let mut cut = 0;
    for kill in 1..=8_u64 {
        let mut child = start(&path);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut ended = Vec::new();
        // Not at the same place each time.
        for line in stderr.by_ref().lines().take(3 + 5 * kill as usize) {
            if let Some(id) = line.unwrap().strip_prefix("ended ") {
                ended.push(id.to_owned());
            }
        }
        let live = history.read().unwrap();
        let running: Vec<_> = live.current().filter(|line| line.name() == "long").collect();
        assert_eq!(running.len(), 1, "only that of the process that runs");
        assert_eq!(running[0].status(), Status::Running);
        let session = running[0].id().to_owned();

        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died, too; its last line may be cut.
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
        ended.extend(
            whole.lines().filter_map(|line| line.strip_prefix("ended ")).map(str::to_owned),
        );
        assert!(ended.len() > 1);

        let read = history.read().unwrap();
        assert_eq!(read.current().count(), 0);
        let find = |id: &str| read.all().iter().find(|line| line.id() == id);
        // Not what rotation may have dropped.
        for id in ended.iter().rev().take(20) {
            assert_eq!(find(id).map(StatusLine::status), Some(Status::Completed), "{id}");
        }
        let long = find(&session).unwrap();
        assert_eq!(long.status(), Status::Interrupted);
        assert!(long.bytes().unwrap() + 1 >= ended.len() as u64, "{long:?}");
        assert!(read.bad_lines() <= cut + 1, "{}", read.bad_lines());
        cut = read.bad_lines();
    }
    // A process that comes later works on, and removes what they have left behind.
    let left = || {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.as_encoded_bytes().ends_with(b".live")).count()
    };
    assert_eq!(left(), 1, "that of the last that was killed");
    let reporter = StatusReporter::builder().history(history.clone()).build().unwrap();
    let operation = reporter.start("backup", "later");
    assert_eq!(history.read().unwrap().current().count(), 1);
    operation.complete();
    drop(reporter);
    assert_eq!(left(), 0);
}

#[test]
fn two_processes_share_a_history() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operations");
    let mut children = [start(&path), start(&path)];
    let mut ended = Vec::new();
    for child in &mut children {
        let lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
        ended.extend(lines.map(Result::unwrap).filter(|line| line.starts_with("ended ")).take(20));
    }
    let history = OperationHistory::new(&path);
    let long = |read: &Operations| read.current().filter(|line| line.name() == "long").count();
    assert_eq!(long(&history.read().unwrap()), 2);
    for (left, child) in children.iter_mut().enumerate() {
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(long(&history.read().unwrap()), 1 - left);
    }
    assert_eq!(ended.len(), 40);
    assert!(history.read().unwrap().bad_lines() <= 2);
}
