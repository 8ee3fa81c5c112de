//! `plan`, `explain` and `rules`: what a backup would do, and why.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::lab::{Lab, assert_shown, run};
use crate::support::without_privileges;

#[test]
fn a_plan_before_the_first_backup() {
    let lab = Lab::new();
    assert_shown(&lab, "plan", &lab.run(&["plan", "home", "sources"]));
    let dry = lab.run(&["backup", "--dry-run", "home", "sources"]);
    assert_eq!(dry.stdout, lab.run(&["plan", "home", "sources"]).stdout);
    assert_eq!(lab.result(&["snapshots"])["snapshots"], Value::Array(Vec::new()));
    // Without a repository, nothing but the disk is looked at.
    let nowhere = run(lab.command().env_remove("TIMELOCKER_PASSWORD").args([
        "plan",
        "sources",
        "--no-compare",
    ]));
    assert_eq!(nowhere.code, 0, "{nowhere}");
}

#[test]
fn files_of_several_names_are_told_apart() {
    let lab = Lab::new();
    let once = lab.result(&["plan", "home"]);
    assert_eq!(once[0]["bytes"], once[0]["bytes_by_name"]);
    let photo = lab.home("docs/photos/one.jpg");
    fs::hard_link(&photo, lab.home("docs/photos/again.jpg")).unwrap();
    let twice = lab.result(&["plan", "home"]);
    assert_eq!(twice[0]["bytes"], once[0]["bytes"]);
    let bytes = |plan: &Value| plan[0]["bytes_by_name"].as_u64().unwrap();
    assert_eq!(bytes(&twice), bytes(&once) + 3000);
    let shown = lab.run(&["plan", "home"]);
    assert!(shown.stdout.contains("with each name of a file"), "{shown}");
    let saved = lab.result(&["backup", "home"]);
    assert_eq!(saved[0]["summary"]["bytes_processed"], twice[0]["bytes_by_name"]);
}

#[test]
fn a_repository_below_a_target_is_no_part_of_the_plan() {
    let lab = Lab::new();
    let picture = lab.path("space.svg");
    let plan = |repository: &str| {
        let mut command = lab.command();
        command.args(["plan", "home", "--json", "-r", repository, "--treemap"]).arg(&picture);
        (run(&mut command).result()[0].clone(), fs::read_to_string(&picture).unwrap())
    };
    let inside = lab.home("docs/vault");
    let inside = inside.to_str().unwrap();
    let figures = |plan: &Value| {
        ["files", "directories", "bytes", "largest_directories"].map(|name| plan[name].clone())
    };
    let (before, drawn_before) = plan(inside);
    assert_eq!(lab.run(&["init", "-r", inside]).code, 0);
    let (after, drawn_after) = plan(inside);
    assert_eq!(drawn_after, drawn_before);
    assert_eq!(figures(&after), figures(&before));
    assert_eq!(after["own_repository"], inside);
    // To another repository it is a directory like any other.
    let (elsewhere, drawn_elsewhere) = plan(lab.repository().to_str().unwrap());
    assert_ne!(figures(&elsewhere), figures(&before));
    assert_ne!(drawn_elsewhere, drawn_before);
    assert!(elsewhere["own_repository"].is_null());
    // And that is what is saved.
    let saved = lab.result(&["backup", "home", "-r", inside]);
    assert_eq!(saved[0]["summary"]["files_new"], before["files"]);
}

#[test]
fn a_plan_says_what_has_changed() {
    let lab = Lab::saved();
    lab.write("docs/new.txt", &[4; 1000]);
    lab.write("docs/letter.txt", b"Dear reader, once more\n");
    fs::remove_file(lab.home("docs/keep.tmp")).unwrap();
    let plan = lab.result(&["plan", "home"]);
    let compared = &plan[0]["compared"];
    let counts = ["new", "changed", "gone", "bytes_to_read"].map(|name| compared[name].as_u64());
    assert_eq!(counts, [Some(1), Some(1), Some(1), Some(1000 + 23)]);
    assert_shown(&lab, "plan_changes", &lab.run(&["plan", "home", "--changes"]));
    // It comes true.
    let backup = lab.result(&["backup", "home"]);
    assert_eq!(backup[0]["summary"]["files_new"], 1);
    assert_eq!(backup[0]["summary"]["files_changed"], 1);
    let after = lab.result(&["plan", "home"]);
    assert_eq!(after[0]["compared"]["bytes_to_read"], 0);
}

#[test]
fn a_picture_of_what_takes_the_space() {
    let lab = Lab::new();
    for (file, start) in [("space.svg", "<svg "), ("space.html", "<!doctype html>")] {
        let path = lab.path(file);
        let run = lab.run(&["plan", "home", "--treemap", path.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{run}");
        let picture = fs::read_to_string(path).unwrap();
        assert!(picture.starts_with(start) && picture.contains("photos"), "{picture}");
    }
    let run = lab.run(&["plan", "home", "--treemap", "space.png"]);
    assert_eq!(run.code, 1);
    assert_shown(&lab, "plan_no_picture", &run);
}

#[test]
fn paths_are_explained() {
    let lab = Lab::new();
    lab.write("docs/cache/deep/x", b"");
    let paths = ["docs/letter.txt", "docs/a.tmp", "docs/keep.tmp", "docs/cache/deep/x"];
    let more = ["src/build.log", "src/target/debug/x", "docs", "elsewhere", "docs/gone.tmp"];
    let paths: Vec<_> = paths.iter().chain(&more).map(|path| lab.home(path)).collect();
    let arguments: Vec<&str> =
        ["explain"].into_iter().chain(paths.iter().map(|path| path.to_str().unwrap())).collect();
    let explained = lab.run(&arguments);
    assert_shown(&lab, "explain", &explained);
    let (first, others) = (arguments[1], &arguments[2..]);
    for (words, end) in [
        (&["explain", first, "--stdin"][..], "\n"),
        (&["explain", first, "-"], "\n"),
        (&["explain", first, "-0"], "\0"),
        (&["explain", first, "-", "--null"], "\0"),
    ] {
        let by_stdin = run(lab.command().args(words).write_stdin(others.join(end)));
        assert_eq!(by_stdin.stdout, explained.stdout, "{words:?}");
    }
    // In between, and not for a file of that name.
    let (last, between) = (paths[8].to_str().unwrap(), arguments[2..9].join("\n"));
    let words = ["explain", first, "-", last];
    let between = run(lab.command().args(words).write_stdin(between));
    assert_eq!(between.stdout, explained.stdout);
    let file = run(lab.command().args(["explain", "./-"]).write_stdin(first));
    assert!(file.stdout.starts_with("./-  (not there"), "{file}");

    let document = lab.result(&["explain", paths[4].to_str().unwrap()]);
    let said = document[0]["profiles"].as_array().unwrap();
    let sources = said.iter().find(|said| said["profile"] == "sources").unwrap();
    assert_eq!(sources["rule"], "*.log");
    let place = sources["place"].as_str().unwrap();
    assert!(place.ends_with("/src/.gitignore:1"), "{place}");
}

/// What is explained to be saved is what is saved.
#[test]
fn explanations_are_true() {
    let lab = Lab::saved();
    let listed = lab.result(&["ls", "--tag", "sources"]);
    let saved: Vec<&str> =
        listed["entries"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
    let mut asked = 0;
    for entry in walkdir::WalkDir::new(lab.home("src")) {
        let entry = entry.unwrap();
        let path = entry.path().to_str().unwrap();
        let explained = lab.result(&["explain", path, "-P", "sources"]);
        let selected = explained[0]["profiles"][0]["selected"].as_bool().unwrap();
        assert_eq!(selected, saved.contains(&path), "{explained}");
        asked += 1;
    }
    assert_eq!(asked, 7);
}

#[test]
fn rules_and_what_they_save() {
    let lab = Lab::new();
    assert_shown(&lab, "rules", &lab.run(&["rules", "home", "sources"]));
    let rules = lab.result(&["rules", "home"]);
    let cache = &rules[0]["rules"][1];
    assert_eq!((&cache["rule"], &cache["bytes"]), (&"cache/".into(), &5000.into()));
    let fast = lab.result(&["rules", "home", "--fast"]);
    assert_eq!(fast[0]["rules"][1]["bytes"], Value::Null);
    let unused = lab.result(&["rules", "sources", "--unused"]);
    assert_eq!(unused[0]["rules"].as_array().unwrap().len(), 1);
    assert_eq!(unused[0]["rules"][0]["rule"], "*.never");
}

/// Commands that look at the disk name what they could not read, and say nothing of it.
#[test]
fn what_could_not_be_read_of_the_disk_is_named() {
    let lab = Lab::saved();
    let photos = lab.home("docs/photos");
    let photo = photos.join("one.jpg");
    let close = |mode| fs::set_permissions(&photos, Permissions::from_mode(mode)).unwrap();
    let commands: [&[&str]; 6] = [
        &["diff", "latest", "--tag", "home"],
        &["verify", "latest", "--tag", "home", "--disk"],
        &["verify", "latest", "--tag", "home", "--disk", "--contents"],
        &["plan", "home"],
        &["rules", "home"],
        &["explain", photo.to_str().unwrap()],
    ];
    // Its metadata are as they were.
    let mode = photos.metadata().unwrap().permissions().mode();
    for command in commands {
        let open = lab.run(command);
        assert_eq!(open.code, 0, "{command:?}: {open}");
        close(0o000);
        let (shown, document) = without_privileges(|| {
            (lab.run(command), lab.run(&[command, &["--json"]].concat()).json())
        });
        close(mode);
        let expected = if command.contains(&"--disk") { 1 } else { 3 };
        assert_eq!(shown.code, expected, "{command:?}: {shown}");
        let named = format!("could not list the directory `{}`", photos.display());
        assert!(shown.stdout.contains(&named), "{command:?}: {shown}");
        assert!(document.to_string().contains(&named), "{command:?}: {document}");
        let says_gone = |line: &str| line.starts_with("- ") || line.starts_with("  - ");
        assert!(!shown.stdout.lines().any(says_gone), "{command:?}: {shown}");
    }
}
