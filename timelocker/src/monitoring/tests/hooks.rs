//! Commands around operations, run by a real shell.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::*;

/// Appends a word and what the environment says to a file.
fn note(path: &Path, word: &str) -> Hook {
    let path = path.display();
    Hook::shell(format!(
        "echo \"{word} $TIMELOCKER_OPERATION $TIMELOCKER_NAME $TIMELOCKER_STATUS \
         ${{TIMELOCKER_FILES-none}} ${{TIMELOCKER_BYTES-none}} ${{TIMELOCKER_MILLISECONDS-none}} \
         ${{TIMELOCKER_ERRORS-none}} ${{TIMELOCKER_MESSAGE-none}}\" >> '{path}'"
    ))
}

fn all(path: &Path) -> Hooks {
    Hooks::new()
        .before(note(path, "before"))
        .success(note(path, "success"))
        .failure(note(path, "failure"))
        .finally(note(path, "finally"))
}

#[test]
fn hooks_learn_the_outcome() {
    type Work = fn(&OperationHandle) -> Result<(), &'static str>;
    let folder = tempfile::tempdir().unwrap();
    let done: Work = |operation| {
        operation.update(2, 4096, Some(4096));
        Ok(())
    };
    let table: &[(&str, Work, &str)] = &[
        (
            "done",
            done,
            "before backup done pending none none 0 0 none\n\
             success backup done completed 2 4096 0 0 none\n\
             finally backup done completed 2 4096 0 0 none\n",
        ),
        (
            "failed",
            |_| Err("it's \"full\"; $(exit)"),
            "before backup failed pending none none 0 0 none\n\
             failure backup failed failed none none 0 1 it's \"full\"; $(exit)\n\
             finally backup failed failed none none 0 1 it's \"full\"; $(exit)\n",
        ),
        (
            "cancelled",
            |operation| {
                operation.status(Status::Cancelled);
                Err("by Ctrl-C")
            },
            "before backup cancelled pending none none 0 0 none\n\
             failure backup cancelled cancelled none none 0 0 none\n\
             finally backup cancelled cancelled none none 0 0 none\n",
        ),
    ];
    for (name, work, expected) in table {
        let (reporter, _, _) = reporter();
        let path = folder.path().join(name);
        let result = reporter.run("backup", name, &all(&path), work);
        assert_eq!(result.is_ok(), *name == "done");
        assert_eq!(fs::read_to_string(&path).unwrap(), *expected);
    }
    // Without handlers just the same, but on the system's clock.
    let path = folder.path().join("nobody");
    StatusReporter::none().run("backup", "nobody", &all(&path), done).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
}

#[test]
fn a_required_hook_that_fails_stops_the_operation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    let broken = Hook::shell("echo mounting; echo no such disk >&2; exit 3");
    for required in [true, false] {
        let _ = fs::remove_file(&path);
        let (reporter, lines, _) = reporter();
        let hook = if required { broken.clone().required() } else { broken.clone() };
        let hooks = Hooks::new()
            .before(hook)
            .success(note(&path, "success"))
            .failure(note(&path, "failure"))
            .finally(note(&path, "finally"));
        let mut begun = false;
        let result = reporter.run("backup", "home", &hooks, |_| {
            begun = true;
            Ok::<_, &str>(())
        });
        assert_eq!(begun, !required);
        let notes = fs::read_to_string(&path).unwrap();
        let said = "`sh` failed: exit status: 3; the last it said: no such disk";
        if required {
            let Err(RunError::Before(error)) = result else { panic!("{result:?}") };
            assert_eq!(error.output(), "mounting\nno such disk\n");
            assert!(
                notes.starts_with("failure backup home failed") && notes.contains("\nfinally ")
            );
            assert_eq!(lines.messages(), [format!("not begun: {said}")]);
        } else {
            result.unwrap();
            assert!(notes.starts_with("success backup home completed"));
            assert_eq!(lines.messages(), [format!("a hook before it failed: {said}")]);
            assert_eq!(lines.get().last().unwrap().warnings(), 1);
        }
    }
}

#[test]
fn hooks_after_an_operation_are_told_of_and_break_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    let hooks = Hooks::new()
        .success(Hook::shell("exit 1"))
        .success(Hook::command("/no/such/program", ["a"]))
        .finally(Hook::shell("kill -9 $$"))
        .finally(note(&path, "finally"));
    let (reporter, lines, _) = reporter();
    assert_eq!(reporter.run("backup", "home", &hooks, |_| Ok::<_, &str>(7)).unwrap(), 7);
    assert!(reporter.flush());
    insta::assert_snapshot!(lines.messages().join("\n"), @r"
    a hook after it failed: `sh` failed: exit status: 1
    a hook after it failed: `/no/such/program` can't be started
    a hook after it failed: `sh` failed: signal: 9 (SIGKILL)
    ");
    assert!(fs::read_to_string(&path).unwrap().starts_with("finally"));
    assert_eq!(lines.get().iter().filter(|line| line.status() == Status::Completed).count(), 4);
}

#[test]
fn a_hook_that_takes_too_long_is_ended_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    // A child of the shell's own sleeps; both hold the pipe open for as long as they live.
    let line =
        format!("mkfifo '{0}'; echo begun; exec 3<>'{0}'; sleep 3600 & wait", pipe.display());
    let hook = Hook::shell(line).time_limit(Duration::from_secs(2)).required();
    let result = StatusReporter::none()
        .run("backup", "home", &Hooks::new().before(hook), |_| Ok::<_, &str>(()));
    let Err(RunError::Before(error)) = result else { panic!("{result:?}") };
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.output(), "begun\n");
    // Soon nobody has it open any more: to open it for writing without waiting is then refused.
    let open = || {
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        rustix::fs::open(&pipe, flags, rustix::fs::Mode::empty())
    };
    let refused = loop {
        match open() {
            Ok(_) => std::thread::yield_now(),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, rustix::io::Errno::NXIO);
}

#[test]
fn a_hook_may_leave_something_running_and_say_much() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let hook = Hook::shell(format!(
        "sleep 3600 & echo $! > '{}'; head -c 1000000 /dev/zero | tr '\\0' x; exit 1",
        pid.display()
    ));
    let result =
        StatusReporter::none()
            .run("backup", "home", &Hooks::new().before(hook.required()), |_| Ok::<_, &str>(()));
    let Err(RunError::Before(error)) = result else { panic!("{result:?}") };
    assert!(!error.is_timeout());
    assert_eq!(error.output().len(), 64 << 10);
    let pid = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_panic_goes_on_after_the_hooks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    let (reporter, lines, _) = reporter();
    let hooks = all(&path);
    let work = |_: &OperationHandle| -> Result<(), &str> { panic!("in the middle") };
    let panic = catch_unwind(AssertUnwindSafe(|| reporter.run("backup", "home", &hooks, work)));
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "in the middle");
    let notes = fs::read_to_string(&path).unwrap();
    assert_eq!(
        notes.lines().filter(|line| line.ends_with("it panicked: in the middle")).count(),
        2
    );
    assert_eq!(lines.get().last().unwrap().status(), Status::Failed);
}
