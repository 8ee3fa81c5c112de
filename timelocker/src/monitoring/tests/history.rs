//! The history, in one process.

use std::fs;

use super::*;

#[test]
fn the_last_line_of_an_operation_is_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let history = OperationHistory::new(folder.path().join("operations"));
    assert!(history.read().unwrap().all().is_empty());
    let reporter = StatusReporter::builder().history(history.clone()).build().unwrap();
    let backup = reporter.start("backup", "home");
    let restore = reporter.start("restore", "photos");
    backup.update(3, 60, Some(100));
    backup.say(Level::Warning, "not in the history, but counted");
    restore.fail("disk full");
    assert!(reporter.flush());

    let read = history.read().unwrap();
    assert_eq!((read.all().len(), read.bad_lines()), (2, 0));
    let current: Vec<_> = read.current().collect();
    assert_eq!((current.len(), current[0].kind(), current[0].bytes()), (1, "backup", Some(60)));
    let ended: Vec<_> = read.ended().collect();
    assert_eq!((ended[0].status(), ended[0].message()), (Status::Failed, Some("disk full")));

    backup.complete();
    let read = history.read().unwrap();
    assert_eq!((read.current().count(), read.ended().count()), (0, 2));
    assert_eq!(read.all()[0].warnings(), 1);
    drop(reporter);
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["operations", "operations.lock"], "nothing is left behind");
}

#[test]
fn events_are_appended_and_the_file_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operations");
    let history = OperationHistory::new(&path).limit(20_000);
    let reporter = StatusReporter::builder().history(history.clone()).build().unwrap();
    let mut before = Vec::new();
    let mut rotations = 0;
    for count in 0..150 {
        reporter.start("backup", &format!("{count}")).complete();
        let now = fs::read(&path).unwrap();
        assert!(now.len() <= 20_000);
        if now.len() > before.len() {
            assert!(now.starts_with(&before), "a line was changed");
        } else {
            rotations += 1;
        }
        before = now;
    }
    assert!(rotations >= 2, "{rotations}");
    let read = history.read().unwrap();
    let names: Vec<u32> = read.all().iter().map(|line| line.name().parse().unwrap()).collect();
    assert_eq!(names, (names[0]..150).collect::<Vec<_>>());
}

#[test]
fn a_summary_is_of_days() {
    const DAY: u64 = 86_400_000;
    const NOW: u64 = 1_700_000_000_000;
    let of = |age: u64, status: Status, bytes: Option<u64>| StatusLine {
        id: format!("gone-{age}"),
        started: NOW - age,
        status,
        bytes,
        files: None,
        warnings: 1,
        ..line()
    };
    let lines = [
        of(10 * DAY, Status::Completed, Some(1)),
        of(7 * DAY, Status::Completed, Some(10)),
        of(7 * DAY - 1, Status::Completed, Some(100)),
        of(2 * DAY, Status::Failed, None),
        of(DAY, Status::Cancelled, Some(1000)),
        // Of a process that is gone.
        of(3, Status::Running, Some(10_000)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operations");
    let mut content = String::from("not json\n");
    for line in &lines {
        content.push_str(&serde_json::to_string(line).unwrap());
        content.push('\n');
    }
    content.push_str("{\"id\":\"cut");
    fs::write(&path, content).unwrap();

    let read = OperationHistory::new(path).read().unwrap();
    assert_eq!(read.bad_lines(), 2);
    let now = UNIX_EPOCH + Duration::from_millis(NOW);
    let count = |days| read.summary(days, now).operations();
    assert_eq!([0, 1, 2, 7, 8, 11, u32::MAX].map(count), [0, 1, 2, 4, 5, 6, 6]);
    let week = read.summary(7, now);
    assert_eq!((week.files(), week.bytes(), week.running()), (None, Some(11_100), 0));
    insta::assert_snapshot!(
        week,
        @"7 days: 4 operations, 1 completed, 1 failed, 1 cancelled, 1 interrupted, 10.8 KiB; 36 s; warnings: 4, errors: 0"
    );
}

#[test]
fn a_history_that_cannot_be_written_breaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lines = Kept::default();
    let reporter = StatusReporter::builder()
        .history(OperationHistory::new(folder.path().join("no/such/folder")))
        .handler(lines.handler())
        .build()
        .unwrap();
    reporter.start("backup", "home").complete();
    let messages = lines.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0]
            .starts_with("the handler `history` failed: cannot lock the history of operations"),
        "{messages:?}"
    );
}
