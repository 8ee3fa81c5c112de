//! Which updates make a line.

use std::thread;

use super::*;

/// Milliseconds, bytes and total of an update.
type Update = (u64, u64, Option<u64>);

#[test]
fn updates_make_a_line_by_steps_since_the_line_last_written() {
    const ALL: Option<u64> = Some(1000);
    // The bytes of the lines that follow the first, which tells of the start.
    let table: &[(&str, &[Update], &[u64])] = &[
        ("nothing done yet", &[(0, 0, ALL)], &[]),
        ("less than a step", &[(0, 49, ALL)], &[]),
        ("a step", &[(0, 50, ALL)], &[50]),
        ("small steps add up", &[(0, 20, ALL), (0, 40, ALL), (0, 60, ALL), (0, 80, ALL)], &[60]),
        // Since the last update it is never 5 %; since the last line it is, at 51, 102 and 153.
        (
            "since the line, not since the update",
            &[(0, 17, ALL), (0, 34, ALL), (0, 51, ALL), (0, 99, ALL), (0, 102, ALL), (0, 153, ALL)],
            &[51, 102, 153],
        ),
        ("many steps at once", &[(0, 700, ALL), (0, 749, ALL), (0, 750, ALL)], &[700, 750]),
        ("the last step", &[(0, 960, ALL), (0, 1000, ALL)], &[960]),
        ("more than all", &[(0, 2000, ALL), (0, 2049, ALL)], &[2000]),
        ("a late update", &[(0, 60, ALL), (0, 10, ALL), (0, 70, ALL)], &[60]),
        ("an empty total", &[(0, 0, Some(0)), (0, 0, Some(0)), (9_000_000, 0, Some(0))], &[]),
        ("a step rounds up", &[(0, 1, Some(21)), (0, 2, Some(21))], &[2]),
        ("the largest numbers", &[(0, u64::MAX - 2, Some(u64::MAX - 1))], &[u64::MAX - 2]),
        ("no time for steps", &[(0, 10, ALL), (9_000_000, 20, ALL)], &[]),
        ("no total", &[(0, 10, None), (59_999, 20, None), (60_000, 30, None)], &[30]),
        ("no total, again", &[(60_000, 1, None), (119_999, 2, None), (120_000, 3, None)], &[1, 3]),
        ("a total at last", &[(0, 100, None), (0, 100, ALL), (0, 149, ALL)], &[100]),
        (
            "a total that grows",
            &[(0, 50, ALL), (0, 100, Some(9000)), (0, 500, Some(9000))],
            &[50, 500],
        ),
        ("a total that shrinks", &[(0, 40, ALL), (0, 40, Some(800))], &[40]),
    ];
    for (what, updates, expected) in table {
        let (reporter, lines, clock) = reporter();
        let operation = reporter.start("backup", "home");
        for &(time, bytes, total) in *updates {
            clock.set(time);
            operation.update(1, bytes, total);
        }
        assert!(reporter.flush());
        let lines = lines.get();
        assert_eq!((lines[0].reason(), lines[0].bytes()), (Reason::Status, None));
        let bytes: Vec<_> = lines[1..].iter().map(|line| line.bytes().unwrap()).collect();
        assert_eq!(bytes, *expected, "{what}");
        operation.complete();
    }
}

#[test]
fn an_expected_total_stands_in_for_one_that_is_not_known() {
    let (reporter, lines, _) = reporter();
    let operation = reporter.start("backup", "home");
    operation.expect_bytes(1000);
    for bytes in [20, 40, 60, 80, 1020] {
        operation.update(1, bytes, None);
    }
    // One that is known is the better one.
    operation.update(1, 1030, Some(4000));
    operation.complete();
    let percent: Vec<_> = lines.get().iter().map(StatusLine::percent).collect();
    assert_eq!(percent, [None, Some(6.0), Some(100.0), Some(25.75)]);
}

#[test]
fn a_step_of_zero_writes_each_update() {
    let lines = Kept::default();
    let reporter =
        StatusReporter::builder().handler(lines.handler()).step_percent(0).build().unwrap();
    let operation = reporter.start("backup", "home");
    for total in [Some(100), None] {
        for bytes in 0..10 {
            operation.update(1, bytes, total);
        }
    }
    operation.complete();
    assert_eq!(lines.get().len(), 1 + 20 + 1);
}

#[test]
fn changes_messages_and_ends_always_make_a_line() {
    let (reporter, lines, _) = reporter();
    let operation = reporter.announce("verify", "home");
    operation.status(Status::Running);
    operation.status(Status::Running);
    operation.update(1, 10, Some(100));
    operation.update(1, 11, Some(100));
    operation.say(Level::Warning, "a");
    operation.say(Level::Error, "b");
    operation.status(Status::Verifying);
    operation.restart();
    operation.update(0, 1, Some(100));
    operation.fail("c");
    let lines: Vec<_> = lines
        .get()
        .iter()
        .map(|line| format!("{} {:?}: {line}", line.level().name(), line.reason()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    info Status: verify home: pending
    info Status: verify home: running
    info Step: verify home: running, 10 %, 1 file, 10 B of 100 B
    warning Message: verify home: running, 11 %, 1 file, 11 B of 100 B, warnings: 1: a
    error Message: verify home: running, 11 %, 1 file, 11 B of 100 B, warnings: 1, errors: 1: b
    info Status: verify home: verifying, 11 %, 1 file, 11 B of 100 B, warnings: 1, errors: 1
    error Status: verify home: failed, 1 %, 0 files, 1 B of 100 B, warnings: 1, errors: 2: c
    ");
}

#[test]
fn an_end_is_for_good() {
    for (end, status) in [
        (OperationHandle::complete as fn(OperationHandle), Status::Completed),
        (OperationHandle::cancel, Status::Cancelled),
        (|handle| handle.fail("no"), Status::Failed),
        (|handle| handle.finish(&Ok::<_, &str>(())), Status::Completed),
        (|handle| handle.finish(&Err::<(), _>("no")), Status::Failed),
        (drop, Status::Interrupted),
    ] {
        let (reporter, lines, _) = reporter();
        let operation = reporter.start("backup", "home");
        assert_eq!(reporter.current().len(), 1);
        end(operation);
        assert!(reporter.current().is_empty());
        let statuses: Vec<_> = lines.get().iter().map(StatusLine::status).collect();
        assert_eq!(statuses, [Status::Running, status]);
    }

    let (reporter, lines, _) = reporter();
    let operation = reporter.start("backup", "home");
    operation.status(Status::Completed);
    operation.status(Status::Failed);
    operation.say(Level::Critical, "late");
    operation.update(1, 100, Some(100));
    assert!(operation.present().is_none());
    drop(operation);
    assert!(reporter.flush());
    assert_eq!(lines.get().len(), 2);
}

#[test]
fn without_handlers_nothing_is_computed() {
    struct Loud;
    impl std::fmt::Display for Loud {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("formatted for nobody")
        }
    }

    for reporter in [
        StatusReporter::none(),
        StatusReporter::default(),
        StatusReporter::builder().build().unwrap(),
    ] {
        let operation = reporter.start("backup", "home");
        operation.update(1, 1, None);
        operation.say(Level::Error, Loud);
        assert!(operation.present().is_none() && reporter.current().is_empty());
        assert!(operation.operation.is_none());
        assert!(reporter.flush());
        operation.fail(Loud);
    }
}

#[test]
fn threads_write_each_step_once() {
    const EACH: u64 = 20_000;
    let (reporter, lines, _) = reporter();
    let operation = reporter.start("backup", "home");
    let done = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let bytes = done.fetch_add(1, Ordering::Relaxed) + 1;
                    operation.update(bytes, bytes, Some(4 * EACH));
                }
            });
        }
    });
    operation.complete();
    let lines = lines.get();
    let bytes: Vec<_> = lines.iter().map(|line| line.bytes().unwrap_or(0)).collect();
    assert!(bytes.is_sorted(), "{bytes:?}");
    for pair in bytes[..bytes.len() - 1].windows(2) {
        assert!(pair[1] - pair[0] >= 4 * EACH / 20, "{bytes:?}");
    }
    assert!((10..=22).contains(&lines.len()), "{bytes:?}");
    assert_eq!(*bytes.last().unwrap(), 4 * EACH);
}

#[test]
fn the_time_left_comes_from_real_progress() {
    let (reporter, lines, clock) = reporter();
    let operation = reporter.start("backup", "home");
    for second in 1..=10 {
        clock.set(second * 1000);
        operation.update(second, second * 100, Some(2000));
    }
    assert_eq!(operation.present().unwrap().eta(), Some(Duration::from_secs(10)));
    operation.status(Status::Verifying);
    operation.complete();
    let eta: Vec<_> = lines.get().iter().map(|line| line.eta.map(|eta| eta / 1000)).collect();
    // Two speeds take three moments.
    let known = (3..=10).map(|second| Some(20 - second));
    let expected: Vec<_> =
        [None, None, None].into_iter().chain(known).chain([None, None]).collect();
    assert_eq!(eta, expected);
}

/// The speed of an attempt that failed says nothing of the next one.
#[test]
fn the_time_left_begins_anew_with_each_attempt() {
    let (reporter, _lines, clock) = reporter();
    let operation = reporter.start("backup", "home");
    for second in 1..=10 {
        clock.set(second * 1000);
        operation.update(second, second * 100, Some(2000));
    }
    let eta = || operation.present().unwrap().eta();
    assert_eq!(eta(), Some(Duration::from_secs(10)));
    operation.restart();
    assert_eq!(eta(), None);
    // Half as fast.
    for step in 1..=10 {
        clock.set((10 + 2 * step) * 1000);
        operation.update(step, step * 100, Some(2000));
    }
    assert_eq!(eta(), Some(Duration::from_secs(20)));
    operation.complete();
}
