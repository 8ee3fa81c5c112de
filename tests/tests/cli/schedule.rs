//! Units for this program: what they say, whether systemd takes them, and that they are put in place
//! and removed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use crate::lab::{Lab, Run, run};

/// The program's own path, which is in all units, differs from machine to machine.
fn assert_units(lab: &Lab, name: &str, run: &Run) {
    let mut settings = lab.settings();
    settings.add_filter(&env!("CARGO_BIN_EXE_profiles").replace('.', r"\."), "[program]");
    settings.bind(|| insta::assert_snapshot!(name, run.to_string()));
}

const AT: [&str; 4] = ["schedule", "--user", "--at", "daily 03:30"];

#[test]
fn units_are_shown() {
    let lab = Lab::bare();
    let show = |arguments: &[&str]| lab.run(&[&AT, arguments].concat());
    let password = ["--password-file", "my password"];
    assert_units(
        &lab,
        "schedule_systemd",
        &show(&[&["home", "--systemd"][..], &password].concat()),
    );
    assert_units(&lab, "schedule_all", &show(&["--systemd", "--metrics-file", "/var/lib/x.prom"]));
    assert_units(
        &lab,
        "schedule_cron",
        &show(&[&["home", "sources", "--cron"][..], &password].concat()),
    );
    assert_units(
        &lab,
        "schedule_launchd",
        &show(&[&["home", "--launchd"][..], &password].concat()),
    );
    let result = lab.result(&[&AT[..], &["home", "--systemd"]].concat());
    assert_eq!(result["units"].as_array().unwrap().len(), 2);
    assert_eq!(result["units"][1]["name"], "profiles-home.timer");
    // No secret gets into a unit.
    let mut command = lab.command();
    command.env("TIMELOCKER_REPOSITORY", "rest:https://me:secret@backup.example/home");
    let secret = run(command.args(AT).arg("home"));
    assert_eq!(secret.code, 0, "{secret}");
    assert!(!secret.stdout.contains("secret") && !secret.stdout.contains("backup.example"));
}

#[test]
fn times_that_are_none_are_refused() {
    let lab = Lab::bare();
    assert_units(&lab, "schedule_mistake", &lab.run(&["schedule", "--at", "dayly 3:30"]));
    let odd = lab.run(&["schedule", "--cron", "--at", "every 7h"]);
    assert_eq!(odd.code, 1);
    assert!(odd.stderr.contains("cron knows no such interval"), "{odd}");
}

#[test]
fn systemd_takes_the_units() {
    let Some(analyze) = timelocker_tests::tool("systemd-analyze") else { return };
    let lab = Lab::bare();
    let times = [
        "hourly",
        "daily 03:30",
        "weekly sun 04:00",
        "monthly 28 05:00",
        "every 15m",
        "every 6h",
        "every 90m",
    ];
    for time in times {
        for user in [&[][..], &["--user"]] {
            let result = lab.result(&[&["schedule", "--at", time, "home"], user].concat());
            let mut files: Vec<PathBuf> = Vec::new();
            for unit in result["units"].as_array().unwrap() {
                let path = lab.path(unit["name"].as_str().unwrap());
                fs::write(&path, unit["contents"].as_str().unwrap()).unwrap();
                files.push(path);
            }
            assert_eq!(files.len(), 2);
            let mut command = Command::new(&analyze);
            let output = command.arg("verify").args(&files).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !said.contains("profiles-home"), "{time}: {said}");
            let timer = result["units"][1]["contents"].as_str().unwrap();
            for line in timer.lines() {
                if let Some(calendar) = line.strip_prefix("OnCalendar=") {
                    let output =
                        Command::new(&analyze).args(["calendar", calendar]).output().unwrap();
                    assert!(output.status.success(), "{calendar}");
                }
            }
        }
    }
}

/// A directory with programs that note how they are called, and keep what they are given.
fn recorders(lab: &Lab) -> PathBuf {
    let directory = lab.path("bin");
    fs::create_dir(&directory).unwrap();
    for (name, script) in [
        ("systemctl", "echo \"systemctl $*\" >> \"$HOME/calls\""),
        ("launchctl", "echo \"launchctl $*\" >> \"$HOME/calls\""),
        (
            "crontab",
            "case $1 in
            -l) cat \"$HOME/crontab\" 2>/dev/null || { echo 'no crontab for me' >&2; exit 1; } ;;
            -) cat > \"$HOME/crontab\" ;;
            esac",
        ),
    ] {
        let path = directory.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    directory
}

fn scheduled(lab: &Lab, arguments: &[&str]) -> Run {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", lab.path("bin").display());
    run(lab.command().env("PATH", path).args(AT).args(arguments))
}

#[test]
fn units_are_installed_and_removed() {
    let lab = Lab::bare();
    recorders(&lab);
    let timer = lab.home(".config/systemd/user/profiles-home.timer");
    let removed = lab.run(&["schedule", "--user", "home", "--systemd", "--remove"]);
    assert_eq!(removed.code, 1);
    assert_units(&lab, "schedule_nothing_to_remove", &removed);
    let installed = scheduled(&lab, &["home", "--systemd", "--install"]);
    assert_eq!(installed.code, 0, "{installed}");
    assert_units(&lab, "schedule_installed", &installed);
    assert!(fs::read_to_string(&timer).unwrap().contains("OnCalendar=*-*-* 03:30:00"));
    assert_eq!(scheduled(&lab, &["home", "--systemd", "--remove"]).code, 0);
    assert!(!timer.exists());
    let agent = lab.home("Library/LaunchAgents/timelocker.profiles-home.plist");
    assert_eq!(scheduled(&lab, &["home", "--launchd", "--install"]).code, 0);
    assert!(agent.exists());
    assert_eq!(scheduled(&lab, &["home", "--launchd", "--remove"]).code, 0);
    assert!(!agent.exists());
    let calls = fs::read_to_string(lab.home("calls")).unwrap();
    let agent = agent.display();
    assert_eq!(
        calls,
        format!(
            "systemctl --user daemon-reload\n\
             systemctl --user enable --now profiles-home.timer\n\
             systemctl --user disable --now profiles-home.timer\n\
             systemctl --user daemon-reload\n\
             launchctl unload {agent}\nlaunchctl load -w {agent}\nlaunchctl unload -w {agent}\n"
        )
    );
}

#[test]
fn lines_of_a_crontab_are_kept() {
    let lab = Lab::bare();
    recorders(&lab);
    let table = lab.home("crontab");
    // Without a table at first, and then beside what is in it.
    assert_eq!(scheduled(&lab, &["home", "--cron", "--install"]).code, 0);
    let block = fs::read_to_string(&table).unwrap();
    assert_eq!(block.lines().count(), 3, "{block}");
    fs::write(&table, format!("MAILTO=me\n{block}0 1 * * * mine\n")).unwrap();
    for _ in 0..2 {
        assert_eq!(scheduled(&lab, &["sources", "--cron", "--install"]).code, 0);
    }
    assert_eq!(fs::read_to_string(&table).unwrap().matches("profiles-sources").count(), 2);
    assert_eq!(scheduled(&lab, &["home", "--cron", "--remove"]).code, 0);
    assert_eq!(scheduled(&lab, &["sources", "--cron", "--remove"]).code, 0);
    assert_eq!(fs::read_to_string(&table).unwrap(), "MAILTO=me\n0 1 * * * mine\n");
}
