//! `perf`, `schedule`, `convert`, `completions` and `man`.

use std::fs;
use std::process::Command;

use crate::lab::{Lab, assert_shown};

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

#[test]
fn schedules_are_shown_and_installed() {
    let lab = Lab::bare();
    let units = lab.run(&["schedule", "--kind", "systemd", "home"]);
    assert_eq!(units.code, 0, "{units}");
    for line in ["OnCalendar=*-*-* 03:30:00", "Persistent=true", "SuccessExitStatus=3"] {
        assert!(units.stdout.lines().any(|shown| shown == line), "{line}\n{units}");
    }
    let table = lab.run(&["schedule", "--kind", "cron"]);
    assert!(table.stdout.contains("30 3 * * * "), "{table}");
    assert!(table.stdout.contains("profiles backup home --quiet"), "{table}");
    let none = lab.run(&["schedule", "sources"]);
    assert_eq!(none.code, 1);
    assert_shown(&lab, "error_no_schedule", &none);
    let agents = lab.result(&["schedule", "--kind", "launchd"]);
    assert_eq!(agents["files"].as_array().unwrap().len(), 1);
    if let Some(verify) = timelocker_tests::tool("systemd-analyze") {
        let unit = lab.path("profiles-home.timer");
        let files = lab.result(&["schedule", "--kind", "systemd", "home"])["files"].clone();
        for file in files.as_array().unwrap() {
            let name = file["path"].as_str().unwrap().rsplit('/').next().unwrap();
            fs::write(lab.path(name), file["contents"].as_str().unwrap()).unwrap();
        }
        let output = Command::new(verify).args(["verify", "--man=no"]).arg(unit).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("profiles-home"), "{said}");
    }
}

#[test]
fn exclude_files_are_converted() {
    let lab = Lab::bare();
    let file = lab.path("excludes");
    fs::write(&file, "# caches\n/home/me/.cache\n*.o\n/var/tmp\n").unwrap();
    let file = file.to_str().unwrap();
    let converted =
        lab.run(&["convert", file, "--from", "restic", "--target", "/home/me", "--name", "mine"]);
    assert_eq!(converted.code, 0, "{converted}");
    assert_shown(&lab, "convert", &converted);
    let document = lab.result(&["convert", file, "--from", "gitignore"]);
    assert_eq!((&document["exact"], &document["different"]), (&3.into(), &serde_json::json!([])));
    assert_eq!(lab.run(&["convert", "/no/such/file", "--from", "borg"]).code, 1);
}
