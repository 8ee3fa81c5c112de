//! Handlers that fail, panic and hang.

use std::sync::mpsc;

use super::*;

type Script = Box<dyn FnMut(&StatusLine) -> Result<(), HandlerError> + Send>;

/// Does as it is told, line by line.
struct Scripted {
    script: Script,
    flush: fn() -> Result<(), HandlerError>,
}

impl Handler for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        (self.script)(line)
    }

    fn flush(&mut self) -> Result<(), HandlerError> {
        (self.flush)()
    }
}

/// Runs an operation with five lines, each in a batch of its own, with the handler between two that work.
fn run(
    script: impl FnMut(&StatusLine) -> Result<(), HandlerError> + Send + 'static,
    flush: fn() -> Result<(), HandlerError>,
) -> Vec<String> {
    let (before, after) = (Kept::default(), Kept::default());
    let reporter = StatusReporter::builder()
        .handler(before.handler())
        .handler(Scripted { script: Box::new(script), flush })
        .handler(after.handler())
        .build()
        .unwrap();
    let operation = reporter.start("backup", "home");
    for bytes in [10, 20, 30] {
        operation.update(1, bytes, Some(100));
        assert!(reporter.flush());
    }
    operation.complete();
    let lines = before.get();
    assert_eq!(lines, after.get(), "the others receive the same");
    let own = lines.iter().filter(|line| line.reason() != Reason::Message).count();
    assert_eq!(own, 5);
    assert_eq!(lines.iter().filter(|line| line.warnings() > 0).count(), 0);
    before.messages()
}

#[test]
fn a_handler_that_panics_is_told_of_once_and_switched_off() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let messages = run(
        move |_| {
            assert!(counted.fetch_add(1, Ordering::SeqCst) < 1, "the second line");
            Ok(())
        },
        || Ok(()),
    );
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(messages, ["the handler `scripted` panicked and is switched off: the second line"]);

    let messages = run(|_| Ok(()), || panic!("at the end of a batch"));
    assert_eq!(messages.len(), 1);
}

#[test]
fn a_handler_that_fails_is_told_of_until_it_works_again() {
    let always = run(|_| Err("disk full".into()), || Ok(()));
    assert_eq!(always, ["the handler `scripted` failed: disk full"]);
    let flush = run(|_| Ok(()), || Err("disk full".into()));
    assert_eq!(flush, ["the handler `scripted` failed: disk full"]);
    // Between two failures it works.
    let mut count = 0;
    let twice = run(
        move |_| {
            count += 1;
            if count % 2 == 0 { Err("disk full".into()) } else { Ok(()) }
        },
        || Ok(()),
    );
    assert_eq!(twice.len(), 2);
    let cause = std::io::Error::other(std::fs::File::open("/no/such/file").unwrap_err());
    let mut cause = Some(cause);
    let causes = run(move |_| cause.take().map_or(Ok(()), |cause| Err(cause.into())), || Ok(()));
    assert_eq!(causes.len(), 1);
}

#[test]
fn a_handler_that_panics_when_it_is_dropped_breaks_nothing() {
    struct Dropped;
    impl Drop for Dropped {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let dropped = Dropped;
    let (lines, handler) = (Kept::default(), move |_: &Arc<StatusLine>| {
        let _ = &dropped;
    });
    let reporter =
        StatusReporter::builder().handler(handler).handler(lines.handler()).build().unwrap();
    reporter.start("backup", "home").complete();
    drop(reporter);
    assert_eq!(lines.get().len(), 2);
}

#[test]
fn a_handler_that_hangs_holds_nothing_up_for_good() {
    let (free, hanging) = mpsc::channel::<()>();
    let lines = Kept::default();
    let reporter = StatusReporter::builder()
        .handler(move |_: &Arc<StatusLine>| {
            let _ = hanging.recv();
        })
        .handler(lines.handler())
        .step_percent(0)
        .patience(Duration::from_millis(1))
        .build()
        .unwrap();
    let operation = reporter.start("backup", "home");
    assert!(!reporter.flush());
    const UPDATES: u64 = 10_000;
    for bytes in 0..UPDATES {
        operation.update(1, bytes, Some(UPDATES));
    }
    operation.say(Level::Error, "one that is not left out");
    let dropped = reporter.dropped_lines();
    assert!(dropped >= UPDATES - 4096, "{dropped}");
    operation.complete();

    // It goes on: all that found room is handled, and what did not is told of.
    drop(free);
    while !reporter.flush() {}
    let lines = lines.get();
    assert_eq!(
        lines.iter().filter(|line| line.reason() == Reason::Step).count() as u64,
        UPDATES - dropped
    );
    let messages: Vec<_> = lines.iter().filter_map(StatusLine::message).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.contains(&"one that is not left out"));
    assert!(messages[1].ends_with(&format!("{dropped} lines")), "{messages:?}");
}

#[test]
fn handlers_choose_a_level() {
    let (all, warnings, critical) = (Kept::default(), Kept::default(), Kept::default());
    let reporter = StatusReporter::builder()
        .handler(all.handler())
        .handler_from(Level::Warning, warnings.handler())
        .handler_from(Level::Critical, critical.handler())
        .build()
        .unwrap();
    let operation = reporter.start("backup", "home");
    for level in [Level::Info, Level::Warning, Level::Error, Level::Critical] {
        operation.say(level, level.name());
    }
    operation.fail("over");
    assert_eq!(all.get().len(), 6);
    assert_eq!(warnings.messages(), ["warning", "error", "critical", "over"]);
    assert_eq!(critical.messages(), ["critical"]);
}

#[test]
fn what_waits_is_handled_before_the_reporter_is_gone() {
    let lines = Kept::default();
    let reporter = StatusReporter::builder().handler(lines.handler()).build().unwrap();
    let operation = reporter.start("backup", "home");
    drop(reporter);
    operation.update(1, 50, Some(100));
    operation.say(Level::Info, "last");
    drop(operation);
    assert_eq!(lines.get().len(), 4);
}
