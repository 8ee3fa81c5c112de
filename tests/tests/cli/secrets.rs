//! Passwords from files and commands, waiting for locks, and requests to end while something waits.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::lab::{Lab, PASSWORD, run};

#[test]
fn restic_and_the_program_open_a_repository_with_the_same_file() {
    let cases: [(&[u8], bool); 7] = [
        (b"secret", false),
        (b"secret\n", false),
        (b"secret\r\n", false),
        (b"secret\nin two lines\n", true),
        (b" \n spaces around \t\n\n", true),
        (b"\xef\xbb\xbfwith a mark\n", true),
        (b"\xff\xfeu\0t\0f\x001\x006\0\n\0", true),
    ];
    let Some(restic) = timelocker_tests::tool("restic") else { return };
    let mut opened = 0;
    for (contents, warns) in cases {
        let lab = Lab::bare();
        lab.write("password", contents);
        let file = lab.home("password");
        let repository = lab.repository();
        let made = Command::new(&restic)
            .args(["init", "--no-cache", "--repo"])
            .arg(&repository)
            .arg("--password-file")
            .arg(&file)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut command = lab.command();
        let shown = run(command.arg("snapshots").arg("--password-file").arg(&file));
        assert_eq!(shown.code, 0, "{contents:?}: {shown}");
        assert_eq!(shown.stderr.contains("warning: "), warns, "{contents:?}: {shown}");
        opened += 1;
        if str::from_utf8(contents).is_ok_and(|text| !text.starts_with('\u{feff}')) {
            let command = format!("cat {}", file.display());
            let shown = lab.run(&["snapshots", "--password-command", &command]);
            assert_eq!(shown.code, 0, "{contents:?}: {shown}");
            opened += 1;
        }
    }
    assert_eq!(opened, 12);
}

#[test]
fn programs_of_a_profile_get_no_secrets() {
    let lab = Lab::new();
    let secrets = ["TIMELOCKER_PASSWORD", "RESTIC_PASSWORD", "AWS_SECRET_ACCESS_KEY"];
    let mut command = lab.command();
    for secret in secrets {
        command.env(secret, PASSWORD);
    }
    let backup = run(command.env("BESIDE", "kept").args(["backup", "home"]));
    assert_eq!(backup.code, 0, "{backup}");
    let environment = fs::read_to_string(lab.home("../hooks.env"))
        .or_else(|_| fs::read_to_string(lab.home("hooks.env")));
    let environment = environment.unwrap();
    assert!(environment.contains("BESIDE=kept\n"), "{environment}");
    assert!(!environment.contains(PASSWORD), "{environment}");

    let file = lab.path("command.env");
    let line = format!("env > {}; echo '{PASSWORD}'", file.display());
    let mut command = lab.command();
    for secret in secrets {
        command.env(secret, "of no use");
    }
    let shown = run(command.args(["snapshots", "--password-command", &line]));
    assert_eq!(shown.code, 0, "{shown}");
    let environment = fs::read_to_string(file).unwrap();
    assert!(environment.contains("HOME=") && !environment.contains("of no use"), "{environment}");
}

/// The program, started with arguments, its stderr at hand.
fn start(lab: &Lab, arguments: &[&str]) -> Child {
    let program = env!("CARGO_BIN_EXE_profiles");
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", lab.path("home"))
        .env("TIMELOCKER_REPOSITORY", lab.repository())
        .env("TIMELOCKER_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

fn make_fifo(path: &Path) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

#[test]
fn a_request_to_end_ends_a_waiting_password_command() {
    let lab = Lab::new();
    for (number, request) in [Signal::TERM, Signal::INT].into_iter().enumerate() {
        let fifo = lab.path(&format!("fifo-{number}"));
        make_fifo(&fifo);
        // The shell and its child hold the pipe open as long as they live.
        let line = format!("exec 3> {}; echo begun >&3; sleep 3600; true", fifo.display());
        let mut program = start(&lab, &["snapshots", "--password-command", &line]);
        let mut pipe = BufReader::new(File::open(&fifo).unwrap());
        let mut begun = String::new();
        pipe.read_line(&mut begun).unwrap();
        assert_eq!(begun, "begun\n");
        signal(&program, request);
        assert_eq!(program.wait().unwrap().code(), Some(130), "{request:?}");
        // Both have ended: the pipe has.
        assert_eq!(pipe.read(&mut [0; 8]).unwrap(), 0);
    }
}

#[test]
fn a_lock_is_waited_for() {
    let lab = Lab::saved();
    let lock = lab.repository().join("locks").join("a".repeat(64));
    for is_released in [true, false] {
        fs::create_dir_all(lock.parent().unwrap()).unwrap();
        fs::write(&lock, b"of somebody else").unwrap();
        let mut program = start(&lab, &["prune", "--retry-lock", "1h"]);
        let mut stderr = BufReader::new(program.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.starts_with("waiting for the repository"), "{line}");
        match is_released {
            true => fs::remove_file(&lock).unwrap(),
            false => signal(&program, Signal::TERM),
        }
        let code = program.wait().unwrap().code();
        assert_eq!(code, Some(if is_released { 0 } else { 130 }));
    }
    let at_once = lab.run(&["prune", "--retry-lock", "0"]);
    assert_eq!(at_once.code, 11, "{at_once}");
    let misspelt = lab.run(&["prune", "--retry-lock", "soon"]);
    assert_eq!(misspelt.code, 1, "{misspelt}");
}

#[test]
fn a_limit_of_file_sizes_is_an_error() {
    let lab = Lab::new();
    lab.write("docs/large", &[b'x'; 300_000]);
    fs::write(lab.home("docs/noise"), noise(300_000)).unwrap();
    // 8 KiB or 16, by the shell.
    let line = r#"ulimit -f 16; exec "$0" backup home"#;
    let mut command = assert_cmd::Command::new("sh");
    command
        .args(["-c", line, env!("CARGO_BIN_EXE_profiles")])
        .env("HOME", lab.path("home"))
        .env("TIMELOCKER_REPOSITORY", lab.repository())
        .env("TIMELOCKER_PASSWORD", PASSWORD);
    let limited = run(&mut command);
    assert_eq!(limited.code, 1, "{limited}");
    assert!(limited.stderr.to_lowercase().contains("file too large"), "{limited}");
    assert!(!limited.stderr.contains("panicked"), "{limited}");
}

/// Bytes that can't be compressed.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_failure_to_close_a_directory_is_no_raw_panic() {
    let lab = Lab::saved();
    let Some(strace) = timelocker_tests::tool("strace") else { return };
    let mut failed = 0;
    for directory in ["snapshots", "index", "keys"] {
        let traced = Command::new(&strace)
            .args(["-f", "-qq", "-o"])
            .arg(lab.path("trace"))
            .arg("-P")
            .arg(lab.repository().join(directory))
            .args(["-e", "trace=close", "-e", "inject=close:error=EIO"])
            .args([env!("CARGO_BIN_EXE_profiles"), "snapshots"])
            .env("HOME", lab.path("home"))
            .env("TIMELOCKER_REPOSITORY", lab.repository())
            .env("TIMELOCKER_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&traced.stderr);
        assert!(!stderr.contains("panicked"), "{directory}: {stderr}");
        assert!(matches!(traced.status.code(), Some(0 | 1)), "{directory}: {traced:?}");
        let trace = fs::read_to_string(lab.path("trace")).unwrap_or_default();
        failed += trace.matches("INJECTED").count();
    }
    assert!(failed > 0, "no close was made to fail");
}
