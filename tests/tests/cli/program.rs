//! What the program says of itself to shells and manual pages.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::lab::Lab;

#[test]
fn shells_complete_commands_and_profiles() {
    let lab = Lab::bare();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = lab.run(&["completions", shell]);
        assert_eq!(script.code, 0, "{script}");
        // Those two complete no values.
        let values = !["elvish", "powershell"].contains(&shell);
        for word in
            ["backup", "snapshots", "metrics-file"].into_iter().chain(values.then_some("sources"))
        {
            assert!(script.stdout.contains(word), "{shell}: {word}");
        }
        let document = lab.result(&["completions", shell]);
        assert_eq!(document["script"], script.stdout.as_str());
    }
    // bash itself, as if tab were pressed after these words.
    let completed = |words: &[&str]| {
        let script = "source <(\"$0\" completions bash)
            COMP_WORDS=(profiles \"$@\" '') COMP_CWORD=$(($# + 1))
            _profiles profiles '' \"${@: -1}\"
            printf '%s\\n' \"${COMPREPLY[@]}\"";
        let output = Command::new("bash")
            .args(["-c", script, env!("CARGO_BIN_EXE_profiles")])
            .args(words)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        String::from_utf8(output.stdout).unwrap()
    };
    if timelocker_tests::tool("bash").is_some() {
        let shells = completed(&["completions"]);
        assert!(shells.contains("zsh\n"), "{shells}");
        let profiles = completed(&["snapshots", "--profile"]);
        assert_eq!(profiles, "home\nsources\nabsent\n");
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let lab = Lab::bare();
    let directory = lab.path("man");
    let run = lab.run(&["man", "--dir", directory.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{run}");
    let names: BTreeSet<String> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), run.stdout.lines().count());
    for name in ["profiles.1", "profiles-backup.1", "profiles-man.1"] {
        assert!(names.contains(name), "{names:?}");
    }
    let page = fs::read_to_string(directory.join("profiles-backup.1")).unwrap();
    // The options of the command, and those that all have.
    for option in [r"\-\-metrics\-file", r"\-\-password\-file"] {
        assert!(page.contains(option), "{option}: {page}");
    }
    let page = lab.run(&["man"]).stdout;
    assert!(page.contains(".TH profiles 1") && page.contains(r"profiles\-backup(1)"), "{page}");
    assert_eq!(lab.result(&["man"])["page"], page.as_str());
    let nowhere = lab.run(&["man", "--dir", "/dev/null/man"]);
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.stderr.starts_with("error: could not write /dev/null/man"), "{nowhere}");
}
