//! What the handlers of the library write.

use std::fs;

use super::*;

fn lines() -> Vec<Arc<StatusLine>> {
    let first = StatusLine {
        elapsed: 0,
        reason: Reason::Status,
        time: 1_700_000_000_000,
        files: None,
        bytes: None,
        total_bytes: None,
        eta: None,
        ..line()
    };
    let warning = StatusLine {
        level: Level::Warning,
        reason: Reason::Message,
        warnings: 1,
        message: Some("not saved: `a\nb\u{1b}[2J`".to_owned()),
        ..line()
    };
    let last = StatusLine {
        level: Level::Error,
        status: Status::Failed,
        reason: Reason::Status,
        elapsed: 3_700_000,
        errors: 1,
        eta: None,
        message: Some("disk full".to_owned()),
        ..line()
    };
    [first, line(), warning, last].map(Arc::new).into()
}

fn write(mut handler: impl Handler) {
    for line in lines() {
        handler.handle(&line).unwrap();
    }
    handler.flush().unwrap();
}

#[test]
fn lines_of_text() {
    let text = Kept::default();
    write(TextLines::new(text.clone()));
    insta::assert_snapshot!(text.text());
}

#[test]
fn lines_of_json() {
    let text = Kept::default();
    write(JsonLines::new(text.clone()));
    insta::assert_snapshot!(text.text());
    let read: Vec<StatusLine> =
        text.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, lines().iter().map(|line| (**line).clone()).collect::<Vec<_>>());
}

#[test]
fn lines_are_appended_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let (json, text) = (folder.path().join("json"), folder.path().join("text"));
    for _ in 0..2 {
        write(JsonLines::append_to(&json).unwrap());
        write(TextLines::append_to(&text).unwrap());
    }
    for path in [json, text] {
        assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 8);
    }
    assert!(TextLines::append_to(folder.path()).is_err());
}

#[test]
fn a_batch_is_one_write() {
    #[derive(Clone, Default)]
    struct Writes(Arc<AtomicU64>);
    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let writes = Writes::default();
    write(TextLines::new(writes.clone()));
    assert_eq!(writes.0.load(Ordering::SeqCst), 1);
}

#[test]
fn a_bar_is_drawn_on_a_terminal() {
    for (output, columns) in
        [(TerminalOutput::Coloured, 200), (TerminalOutput::Plain, 60), (TerminalOutput::Lines, 20)]
    {
        let text = Kept::default();
        let mut terminal = Terminal::new(text.clone(), output, columns);
        let live = (output != TerminalOutput::Lines).then_some(Duration::from_millis(100));
        assert_eq!(terminal.live_interval(), live);
        for line in lines() {
            terminal.handle(&line).unwrap();
            terminal.live(&[(*line).clone()]).unwrap();
        }
        terminal.flush().unwrap();
        let shown = text.text().replace('\x1b', "ESC").replace('\r', "CR");
        insta::assert_snapshot!(format!("terminal_{output:?}"), shown);
    }
}

#[test]
fn the_bar_follows_between_lines() {
    let text = Kept::default();
    let reporter = StatusReporter::builder()
        .handler(Terminal::new(text.clone(), TerminalOutput::Plain, 80))
        .build()
        .unwrap();
    let operation = reporter.start("backup", "home");
    operation.update(1, 50, Some(1000));
    operation.update(2, 60, Some(1000));
    // It is no step, and yet it is shown, when its time has come.
    while !text.text().contains("60 B of 1000 B") {
        std::thread::yield_now();
    }
    operation.complete();
    assert!(text.text().contains("\r\x1b[Kbackup home: completed"));
}

#[cfg(unix)]
#[test]
fn the_desktop_is_told_of_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (program, said) = (folder.path().join("notify"), folder.path().join("said"));
    let script = format!("#!/bin/sh\nprintf '%s|' \"$@\" >> '{}'\n", said.display());
    fs::write(&program, script).unwrap();
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(&program, mode).unwrap();
    write(DesktopNotifier::with_program(program.to_str().unwrap()));
    let said = fs::read_to_string(said).unwrap();
    let expected = "--app-name=TimeLocker|--urgency|critical|--|backup home: failed|disk full|";
    assert_eq!(said, expected);

    let mut missing = DesktopNotifier::with_program("/no/such/program");
    let last = lines().pop().unwrap();
    let error = missing.handle(&last).unwrap_err();
    assert_eq!(error.to_string(), "`/no/such/program` can't be started");
}
