//! `perf`, `completions` and `man`.

use std::fs;
use std::process::Command;

use timelocker::performance::{HistoryFile, Tracker};

use crate::lab::Lab;

#[test]
fn commands_are_measured() {
    let lab = Lab::new();
    let stacks = lab.path("stacks");
    let run = lab.run(&["perf", "--stacks", stacks.to_str().unwrap(), "backup", "home"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("manager: back up"), "{run}");
    assert!(fs::read_to_string(stacks).unwrap().contains("repository: back up"));
    let result = lab.result(&["perf", "snapshots"]);
    let names: Vec<_> =
        result["operations"].as_array().unwrap().iter().map(|o| o["name"].clone()).collect();
    assert!(names.contains(&"repository: list snapshots".into()), "{names:?}");
    assert_eq!(lab.run(&["perf", "perf", "snapshots"]).code, 1);
}

#[test]
fn histories_are_analysed() {
    let lab = Lab::bare();
    let file = lab.path("history.jsonl");
    let file = file.to_str().unwrap();
    let missing = lab.run(&["perf", "--analyze", file]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("history.jsonl"), "{missing}");
    let tracker = Tracker::with_history(HistoryFile::new(file));
    for bytes in [1000, 3000] {
        let upload = tracker.start("upload");
        upload.add_bytes(bytes);
        upload.complete().unwrap();
    }
    tracker.start("upload").fail().unwrap();
    let result = lab.result(&["perf", "--analyze", file]);
    let upload = &result["operations"][0];
    assert_eq!((&upload["name"], &upload["calls"]), (&"upload".into(), &3.into()));
    assert_eq!((&upload["failed"], &upload["bytes"]), (&1.into(), &4000.into()));
    assert!(upload["own"].is_null());
    let shown = lab.run(&["perf", "--analyze", file]);
    assert!(shown.stdout.contains("upload"), "{shown}");
    let both = lab.run(&["perf", "--analyze", file, "snapshots"]);
    assert_eq!(both.code, 1, "{both}");
    assert_eq!(lab.run(&["perf"]).code, 1);
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let lab = Lab::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = lab.run(&["completions", shell]);
        assert_eq!(run.code, 0, "{run}");
        assert!(run.stdout.contains("snapshots"), "{shell}");
        // The names of the profiles are offered.
        let offers = matches!(shell, "bash" | "zsh" | "fish");
        assert!(!offers || run.stdout.contains("sources"), "{shell}");
    }
    let script = lab.path("completions.bash");
    fs::write(&script, lab.run(&["completions", "bash"]).stdout).unwrap();
    let ask = "source \"$0\"; COMP_WORDS=(profiles ba); COMP_CWORD=1; \
               _profiles profiles ba profiles; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", ask]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "backup\n");
}

#[test]
fn manual_pages() {
    let lab = Lab::bare();
    let page = lab.run(&["man"]);
    assert!(page.stdout.contains(".TH profiles 1"), "{page}");
    let directory = lab.path("man");
    let written = lab.result(&["man", "--directory", directory.to_str().unwrap()]);
    let files = written["files"].as_array().unwrap();
    assert!(files.len() > 15, "{written}");
    let restore = fs::read_to_string(directory.join("profiles-restore.1")).unwrap();
    assert!(restore.contains("existing"), "{restore}");
}
