//! Help, mistakes on the command line, and what comes before a command begins.

use std::fs;

use crate::lab::{Lab, assert_shown, run};

#[test]
fn help() {
    let lab = Lab::bare();
    let help = lab.run(&["--help"]);
    assert_shown(&lab, "help", &help);
    let mut commands = 0;
    let listed = help.stdout.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in listed.take_while(|line| !line.is_empty()) {
        // A long description goes on in a line without a command.
        let Some(command) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else {
            continue;
        };
        let command = command.split_whitespace().next().unwrap();
        let help = lab.run(&[command, "--help"]);
        assert_eq!(help.code, 0, "{help}");
        assert_shown(&lab, &format!("help_{command}"), &help);
        commands += 1;
    }
    assert!(commands >= 4, "{help}");
}

#[test]
fn mistakes() {
    let lab = Lab::bare();
    for (name, arguments) in [
        ("nothing", &[][..]),
        ("unknown_command", &["bakup"]),
        ("unknown_profile", &["backup", "hom"]),
        ("unknown_option", &["snapshots", "--lates"]),
        ("opposites", &["profiles", "--quiet", "--verbose"]),
        ("mistake_as_json", &["bakup", "--json"]),
    ] {
        let run = lab.run(arguments);
        assert_eq!(run.code, 1, "{run}");
        assert_shown(&lab, &format!("mistake_{name}"), &run);
    }
}

#[test]
fn what_is_missing_is_named() {
    let lab = Lab::bare();
    let missing = lab.run(&["snapshots"]);
    assert_eq!(missing.code, 10);
    assert_shown(&lab, "error_no_repository", &missing);
    assert_shown(&lab, "error_no_repository_as_json", &lab.run(&["snapshots", "--json"]));
    let nowhere = run(lab.command().env_remove("TIMELOCKER_REPOSITORY").arg("snapshots"));
    assert_eq!(nowhere.code, 1);
    assert_shown(&lab, "error_nowhere", &nowhere);
    let strange = lab.run(&["snapshots", "-r", "sftp:host:/x"]);
    assert_eq!(strange.code, 1);
    assert_shown(&lab, "error_location", &strange);
}

#[test]
fn passwords_come_from_flags_first() {
    let lab = Lab::new();
    let file = lab.path("password");
    fs::write(&file, "a password for tests\n").unwrap();
    let file = file.to_str().unwrap();
    let snapshots = |variables: &[(&str, &str)], flags: &[&str]| {
        let mut command = lab.command();
        command.env_remove("TIMELOCKER_PASSWORD").envs(variables.iter().copied());
        run(command.arg("snapshots").args(flags)).code
    };
    let wrong = ("TIMELOCKER_PASSWORD", "wrong");
    assert_eq!(snapshots(&[wrong], &[]), 12);
    assert_eq!(snapshots(&[wrong], &["--password-file", file]), 0);
    assert_eq!(snapshots(&[wrong], &["--password-command", "echo a password for tests"]), 0);
    assert_eq!(snapshots(&[("RESTIC_PASSWORD", "a password for tests")], &[]), 0);
    assert_eq!(snapshots(&[("RESTIC_PASSWORD_FILE", file)], &[]), 0);
    assert_eq!(snapshots(&[("RESTIC_PASSWORD_FILE", file), wrong], &[]), 12);
}

#[test]
fn a_wrong_password_has_its_own_code() {
    let lab = Lab::new();
    let run = run(lab.command().env("TIMELOCKER_PASSWORD", "wrong").arg("snapshots"));
    assert_eq!(run.code, 12);
    assert_shown(&lab, "error_wrong_password", &run);
}

#[test]
fn profiles_are_shown() {
    let lab = Lab::bare();
    assert_shown(&lab, "profiles", &lab.run(&["profiles"]));
    assert_shown(&lab, "profiles_home", &lab.run(&["profiles", "home"]));
    let profiles = lab.result(&["profiles", "sources"]);
    assert_eq!(profiles[0]["host"], "forge");
    assert_eq!(profiles[0]["rules"][0]["pattern"], "target/");
}

#[test]
fn a_repository_is_made_once() {
    let lab = Lab::bare();
    let first = lab.run(&["init"]);
    assert_eq!(first.code, 0);
    assert_shown(&lab, "init", &first);
    let again = lab.run(&["init"]);
    assert_eq!(again.code, 1);
    assert_shown(&lab, "init_again", &again);
    if let Some(config) = lab.restic(&["cat", "config"]) {
        assert!(config.contains("chunker_polynomial"), "{config}");
    }
}
