use std::fs;

use super::*;

fn operation(kind: &str, micros: u64, bytes: Option<u64>) -> TrackedOperation {
    TrackedOperation {
        id: format!("id-{micros}"),
        kind: kind.to_owned(),
        started: 1_700_000_000_000,
        duration: micros,
        status: Status::Completed,
        files: None,
        bytes,
        errors: 1,
        metadata: BTreeMap::new(),
        clock: None,
    }
}

#[test]
fn an_operation_is_followed_to_its_end() {
    let tracker = Tracker::new();
    let backup = tracker.start("backup");
    backup.add_files(2);
    backup.add_files(3);
    backup.add_error();
    backup.set("target", "/home");
    let id = backup.id().to_owned();
    assert_eq!(tracker.running().len(), 1);
    assert_eq!(tracker.get(&id).unwrap().status(), Status::Running);

    backup.complete().unwrap();
    let ended = tracker.get(&id).unwrap();
    assert_eq!((ended.status(), ended.kind()), (Status::Completed, "backup"));
    assert_eq!((ended.files(), ended.bytes(), ended.errors()), (Some(5), None, 1));
    assert_eq!(ended.metadata()["target"], "/home");
    assert_eq!(ended.duration(), tracker.get(&id).unwrap().duration(), "its clock has stopped");

    drop(tracker.start("check"));
    tracker.start("restore").fail().unwrap();
    let statuses: Vec<_> = tracker.ended(None, 2).iter().map(TrackedOperation::status).collect();
    assert_eq!(statuses, [Status::Failed, Status::Abandoned]);
    assert_eq!(tracker.ended(Some("backup"), 9).len(), 1);
    assert!(tracker.running().is_empty() && tracker.get("no such id").is_none());
}

#[test]
fn the_oldest_makes_room_for_the_newest() {
    let tracker = Tracker::new();
    let ids: Vec<_> = (0..KEPT + 2)
        .map(|_| {
            let operation = tracker.start("backup");
            let id = operation.id().to_owned();
            operation.complete().unwrap();
            id
        })
        .collect();
    let kept: Vec<_> = tracker.ended(None, usize::MAX).into_iter().map(|one| one.id).collect();
    assert_eq!(kept.len(), KEPT);
    assert!(kept.iter().eq(ids[2..].iter().rev()));
    assert!(tracker.get(&ids[1]).is_none() && tracker.get(&ids[2]).is_some());
}

#[test]
fn a_summary_has_sums_means_and_throughputs() {
    let operations = [
        operation("backup", 1_000_000, Some(1_000)),
        operation("backup", 3_000_000, Some(9_000)),
        operation("backup", 2_000_000, None),
    ];
    let summary = Summary::of(&operations).unwrap();
    assert_eq!((summary.count(), summary.completed(), summary.errors()), (3, 3, 3));
    assert_eq!((summary.files(), summary.bytes()), (None, Some(10_000)));
    assert_eq!(summary.total_duration(), Duration::from_secs(6));
    assert_eq!(summary.mean_duration(), Duration::from_secs(2));
    assert_eq!(summary.min_duration(), Duration::from_secs(1));
    assert_eq!(summary.max_duration(), Duration::from_secs(3));
    assert_eq!(summary.mean_throughput(), Some(2_500.0));
    assert_eq!(summary.max_throughput(), Some(3_000.0));
    assert_eq!(Summary::of([]), None);
}

#[test]
fn the_history_is_lines_of_json() {
    let mut operation = operation("backup", 1_500_000, Some(7));
    operation.metadata.insert("target".to_owned(), "/home/\"a\"\nb".to_owned());
    insta::assert_snapshot!(serde_json::to_string(&operation).unwrap());
}

#[test]
fn bad_lines_are_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let file = HistoryFile::new(folder.path().join("history"));
    assert!(file.read().unwrap().operations().is_empty());
    file.append(&operation("backup", 1, None)).unwrap();
    let path = folder.path().join("history");
    let mut content = fs::read(&path).unwrap();
    content.extend(b"not json\n\xff\xfe\n{\"id\":\"cut");
    fs::write(&path, content).unwrap();
    file.append(&operation("backup", 2, None)).unwrap();

    let history = file.read().unwrap();
    let durations: Vec<_> = history.operations().iter().map(TrackedOperation::duration).collect();
    assert_eq!(durations, [1, 2].map(Duration::from_micros));
    assert_eq!(history.bad_lines(), 3);
}

#[test]
fn a_history_is_analysed_by_kind() {
    let folder = tempfile::tempdir().unwrap();
    let file = HistoryFile::new(folder.path().join("history"));
    assert_eq!(file.read().unwrap().analysis().to_string(), "no operation is in the history");
    let failed = TrackedOperation {
        status: Status::Failed,
        files: Some(12),
        ..operation("restore", 90_000_000, None)
    };
    let operations = [
        operation("restore", 1_500_000, Some(30_000_000)),
        operation("backup", 1_000_000, Some(1_000_000)),
        failed,
        operation("backup", 3_000_000, Some(9_000_000)),
        operation("check", 250, None),
    ];
    for operation in &operations {
        file.append(operation).unwrap();
    }
    let path = folder.path().join("history");
    let mut content = fs::read(&path).unwrap();
    content.extend(b"cut");
    fs::write(&path, content).unwrap();

    let history = file.read().unwrap();
    let summaries = history.summaries();
    assert_eq!(summaries.keys().copied().collect::<Vec<_>>(), ["backup", "check", "restore"]);
    assert_eq!(summaries["restore"].completed(), 1);
    insta::assert_snapshot!(history.analysis());
}

#[test]
fn the_history_is_bounded_by_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let file = HistoryFile::new(folder.path().join("history")).limit(1_000);
    for micros in 0..100 {
        file.append(&operation("backup", micros, None)).unwrap();
    }
    for name in ["history", "history.1"] {
        assert!(fs::metadata(folder.path().join(name)).unwrap().len() <= 1_000, "{name}");
    }
    let history = file.read().unwrap();
    let last = history.operations().last().unwrap();
    assert_eq!(last.duration(), Duration::from_micros(99));
    let first = &history.operations()[0];
    assert_eq!(history.operations().len() as u64 + first.duration, 100, "no gap");
}

#[test]
fn writers_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            // A lock of its own for each, as of a process.
            let file = HistoryFile::new(&path).limit(20_000);
            scope.spawn(move || {
                for count in 0..50 {
                    file.append(&operation("backup", writer * 1000 + count, None)).unwrap();
                }
            });
        }
    });
    let history = HistoryFile::new(&path).read().unwrap();
    assert_eq!(history.bad_lines(), 0);
    let mut ids: Vec<_> = history.operations().iter().map(|ended| ended.id()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "none is there twice");
    assert!(all >= 100, "{all}");
}

/// The other of two processes is this test program again: `WRITER` tells it where to write.
#[test]
fn processes_take_turns() {
    const WRITER: &str = "TIMELOCKER_TEST_HISTORY";
    const LINES: u64 = 200;
    let write = |path: &std::path::Path| {
        // Small, so that the file is renamed again and again while the other writes.
        let file = HistoryFile::new(path).limit(40_000);
        for count in 0..LINES {
            let id = format!("{}-{count}", std::process::id());
            file.append(&TrackedOperation { id, ..operation("backup", count, None) }).unwrap();
        }
    };
    if let Some(path) = std::env::var_os(WRITER) {
        return write(path.as_ref());
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let other = || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "performance::tracking::tests::processes_take_turns"])
            .env(WRITER, &path)
            .output()
            .unwrap()
    };
    std::thread::scope(|scope| {
        let processes = [scope.spawn(other), scope.spawn(other)];
        for process in processes {
            let output = process.join().unwrap();
            assert!(output.status.success(), "{output:?}");
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
        }
    });

    let history = HistoryFile::new(&path).read().unwrap();
    assert_eq!(history.bad_lines(), 0);
    let mut last = BTreeMap::new();
    for operation in history.operations() {
        let process = operation.id().split('-').next().unwrap();
        let before = last.insert(process, operation.duration);
        // What rotation dropped is the oldest; of the rest nothing is lost, twice or in disorder.
        assert!(before.is_none_or(|before| before + 1 == operation.duration), "{operation:?}");
    }
    assert_eq!(last.len(), 2, "both processes have written");
    assert!(last.values().all(|&count| count == LINES - 1), "{last:?}");
    let size = |name| fs::metadata(folder.path().join(name)).unwrap().len();
    assert!(size("history") <= 40_000 && size("history.1") <= 40_000);
}

#[test]
fn a_history_that_cannot_be_written_is_an_error_and_the_operation_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let tracker = Tracker::with_history(HistoryFile::new(folder.path().join("no/such/history")));
    let error = tracker.start("backup").complete().unwrap_err();
    assert!(error.to_string().starts_with("cannot lock the history of operations, "));
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(tracker.ended(None, 1)[0].status(), Status::Completed);
}
