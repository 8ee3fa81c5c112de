use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use assert_cmd::Command;

use crate::lab::{Lab, PASSWORD, assert_shown, run};
use crate::support::without_privileges;

#[test]
fn profiles_are_backed_up() {
    let lab = Lab::new();
    let first = lab.run(&["backup", "home", "sources"]);
    assert_eq!(first.code, 0, "{first}");
    assert_shown(&lab, "backup", &first);

    lab.write("docs/new.txt", b"new");
    let result = lab.result(&["backup", "home", "--tag", "extra"]);
    let home = &result[0];
    assert_eq!(home["outcome"], "complete");
    assert_eq!(home["summary"]["files_new"], 1);
    assert_eq!(home["summary"]["files_unmodified"], 4);
    assert_eq!(home["snapshot"]["tags"], serde_json::json!(["extra", "home"]));

    let snapshots = lab.result(&["snapshots", "--host", "forge"]);
    assert_eq!(snapshots["snapshots"].as_array().unwrap().len(), 1);
    let latest = lab.result(&["snapshots", "-n", "1"]);
    assert_eq!(latest["snapshots"][0]["id"], home["snapshot"]["id"]);

    if let Some(listed) = lab.restic(&["ls", "latest", "--tag", "extra"]) {
        let holds = |name| listed.lines().any(|line| line.ends_with(name));
        assert!(holds("/docs/new.txt") && holds("/docs/keep.tmp"), "{listed}");
        assert!(!holds("/docs/a.tmp") && !holds("/docs/cache"), "{listed}");
        lab.restic(&["check", "--read-data"]);
    }
}

#[test]
fn snapshots_are_listed() {
    let lab = Lab::saved_on_desk();
    lab.write("docs/new.txt", b"new");
    let run = lab.run(&["backup", "home", "--host", "desk", "--tag", "extra"]);
    assert_eq!(run.code, 0, "{run}");
    assert_shown(&lab, "snapshots", &lab.run(&["snapshots"]));
    // Without profile and tags, and with two paths.
    let paths = [lab.home("docs"), lab.home("src")];
    let paths = [0, 1].map(|at| paths[at].to_str().unwrap());
    let Some(_) = lab.restic(&["backup", paths[0], paths[1]]) else { return };
    let shown = lab.run(&["snapshots", "--latest", "1"]);
    let lines: Vec<_> = shown.stdout.lines().collect();
    assert!(!lines[0].contains("Profile") && !lines[0].contains("Tags"), "{shown}");
    assert!(lines[1].ends_with(paths[0]), "{shown}");
    assert_eq!(lines[0].find("Paths"), lines[2].find(paths[1]), "{shown}");
    assert_eq!(lines[2].trim(), paths[1], "{shown}");
}

#[test]
fn one_profile_that_fails_leaves_the_others() {
    let lab = Lab::new();
    let run = lab.run(&["backup"]);
    assert_eq!(run.code, 1);
    assert_shown(&lab, "backup_with_a_missing_target", &run);
    assert_eq!(lab.result(&["snapshots"])["snapshots"].as_array().unwrap().len(), 2);
    assert_shown(&lab, "backup_missing_target_alone", &lab.run(&["backup", "absent"]));
    let document = lab.run(&["backup", "absent", "--json"]).json();
    assert_eq!(document["result"][0]["outcome"], "failed");
}

#[test]
fn quiet_says_what_is_wrong_alone() {
    let lab = Lab::new();
    let run = lab.run(&["backup", "home", "sources", "--quiet"]);
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (0, "", ""));
    let run = lab.run(&["backup", "--quiet"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("absent") && !run.stdout.contains("sources"), "{run}");
}

#[test]
fn what_could_not_be_read_makes_it_incomplete() {
    let lab = Lab::new();
    fs::set_permissions(lab.home("docs/letter.txt"), Permissions::from_mode(0o000)).unwrap();
    let run = without_privileges(|| lab.run(&["backup", "home"]));
    assert_eq!(run.code, 3, "{run}");
    assert_shown(&lab, "backup_incomplete", &run);
}

#[test]
fn progress_goes_to_stderr_as_json_if_asked_for() {
    let lab = Lab::new();
    let run = lab.run(&["backup", "home", "--json", "--verbose"]);
    assert_eq!(run.code, 0);
    serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        run.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 2, "{run}");
    assert_eq!((&lines[0]["status"], &lines[1]["status"]), (&"pending".into(), &"running".into()));
    assert_eq!(lines.last().unwrap()["status"], "completed");
}

#[test]
fn hooks_run_around_a_backup() {
    let lab = Lab::new();
    let said = || fs::read_to_string(lab.home("hooks.log")).unwrap_or_default();
    assert_eq!(lab.run(&["backup", "home", "--quiet"]).code, 0);
    assert_eq!(said(), "before pending\nfinally completed\n");
    fs::write(lab.home("forbidden"), b"").unwrap();
    let run = lab.run(&["backup", "home"]);
    assert_eq!(run.code, 1, "{run}");
    assert_shown(&lab, "backup_forbidden_by_a_hook", &run);
    assert!(said().ends_with("finally failed\n"), "{}", said());
    assert_eq!(lab.run(&["backup", "home", "--no-hooks"]).code, 0);
}

#[test]
fn a_signal_ends_it_cleanly() {
    let lab = Lab::new();
    // The backup waits for its hook, and finds then that it is to end.
    fs::write(lab.home("interrupt"), b"").unwrap();
    let run = lab.run(&["backup", "home"]);
    assert_eq!(run.code, 130, "{run}");
    assert_shown(&lab, "backup_interrupted", &run);
    assert_eq!(lab.result(&["snapshots"])["snapshots"], serde_json::json!([]));
    fs::remove_file(lab.home("interrupt")).unwrap();
    assert_eq!(lab.run(&["backup", "home"]).code, 0);
}

#[test]
fn a_missing_target_leaves_the_others() {
    let lab = Lab::new();
    lab.write("mounted/file", b"x");
    let pair = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_two_targets"));
        command
            .env_clear()
            .env("HOME", lab.path("home"))
            .env("TIMELOCKER_REPOSITORY", lab.repository())
            .env("TIMELOCKER_PASSWORD", PASSWORD)
            .args(arguments);
        run(&mut command)
    };
    assert_eq!(pair(&["backup"]).code, 0);
    fs::rename(lab.home("mounted"), lab.home("elsewhere")).unwrap();
    let mounted = lab.home("mounted");
    let missing = format!("could not read the metadata of `{}`", mounted.display());
    let partial = pair(&["backup"]);
    assert_eq!(partial.code, 3, "{partial}");
    assert!(partial.stdout.contains(&missing), "{partial}");
    // Its entries are not gone: they were not seen.
    for command in [&["diff", "latest"][..], &["plan"], &["rules"]] {
        let shown = pair(command);
        assert_eq!(shown.code, 3, "{command:?}: {shown}");
        assert!(shown.stdout.contains(&missing), "{command:?}: {shown}");
    }
    let below = mounted.join("file");
    let explained = pair(&["explain", below.to_str().unwrap()]);
    assert_eq!(explained.code, 3, "{explained}");
    assert!(explained.stdout.contains("could not list the directory"), "{explained}");
    fs::rename(lab.home("docs"), lab.home("docs elsewhere")).unwrap();
    let failed = pair(&["backup"]);
    assert_eq!(failed.code, 1, "{failed}");
    assert!(failed.stderr.contains("can't be backed up, nor can the other one"), "{failed}");
}
