//! `ls`, `find`, `diff`, `restore` and `verify`: what is in snapshots, and getting it back.

use std::fs;

use crate::lab::{Lab, assert_shown};
use crate::support::{assert_same, damage, facts, packs, restic_finds_no_fault};

#[test]
fn snapshots_are_listed() {
    let lab = Lab::saved();
    assert_shown(&lab, "ls", &lab.run(&["ls", "latest", "--tag", "home"]));
    let photos = lab.home("docs/photos");
    let listed = lab.result(&["ls", "latest", photos.to_str().unwrap(), "--tag", "home"]);
    let entries = listed["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    assert_eq!((&entries[1]["kind"], &entries[1]["bytes"]), (&"file".into(), &3000.into()));
    let long = lab.run(&["ls", "--long", "--tag", "sources"]);
    assert!(long.stdout.contains("-rw-r--r--"), "{long}");
    assert_eq!(lab.run(&["ls", "latest", "/no/such"]).code, 1);
    assert_shown(&lab, "ls_missing", &lab.run(&["ls", "latest", "/no/such", "--tag", "home"]));
    if let Some(restic) = lab.restic(&["ls", "latest", "--tag", "home"]) {
        let ours = lab.run(&["ls", "--tag", "home"]).stdout;
        let ours: Vec<_> = ours.lines().map(|line| line.trim_end_matches('/')).collect();
        let theirs: Vec<_> = restic.lines().filter(|line| line.starts_with('/')).collect();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn files_are_found() {
    let lab = Lab::saved();
    lab.write("docs/letter.txt", b"another\n");
    assert_eq!(lab.run(&["backup", "home"]).code, 0);
    assert_shown(&lab, "find", &lab.run(&["find", "*.jpg"]));
    assert_shown(&lab, "find_nothing", &lab.run(&["find", "*.JPG"]));
    assert_eq!(lab.result(&["find", "*.JPG", "-i"]).as_array().unwrap().len(), 2);
    let letter = lab.home("docs/letter.txt");
    let history = lab.result(&["find", letter.to_str().unwrap()]);
    let history = history.as_array().unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!((&history[0]["bytes"], &history[1]["bytes"]), (&12.into(), &8.into()));
    assert_eq!(history[1]["same_as_before"], false);
    let by_home = lab.run(&["find", "~/docs/letter.txt"]);
    assert_shown(&lab, "find_history", &by_home);
}

#[test]
fn snapshots_are_compared() {
    let lab = Lab::saved();
    lab.write("docs/letter.txt", b"another\n");
    lab.write("docs/new", b"new");
    fs::remove_file(lab.home("docs/photos/one.jpg")).unwrap();
    let disk = lab.run(&["diff", "latest", "--tag", "home", "--no-metadata"]);
    assert_shown(&lab, "diff_disk", &disk);
    let first = lab.result(&["snapshots", "--tag", "home"]);
    let first = first["snapshots"][0]["short_id"].as_str().unwrap();
    assert_eq!(lab.run(&["backup", "home"]).code, 0);
    let both = lab.run(&["diff", first, "latest", "--tag", "home", "--no-metadata"]);
    // The directories above are those of the machine.
    let changes = |text: &str| text.lines().filter(|line| !line.contains("metadata")).count();
    assert_eq!(changes(&disk.stdout), 3);
    assert!(disk.stdout.lines().take(3).eq(both.stdout.lines().take(3)), "{both}");
    let verified = lab.run(&["verify", first, "--disk"]);
    assert_eq!(verified.code, 1, "{verified}");
}

#[test]
fn contents_are_compared_with_the_disk() {
    let lab = Lab::saved();
    let letter = lab.home("docs/letter.txt");
    let time = fs::metadata(&letter).unwrap().modified().unwrap();
    let verify = ["verify", "-P", "home", "--disk"];
    assert_eq!(lab.run(&verify).code, 0);
    fs::write(&letter, b"Dear writer\n").unwrap();
    fs::File::open(&letter).unwrap().set_modified(time).unwrap();
    // Of the same size and time, but its metadata have changed since.
    assert_eq!(lab.run(&verify).code, 1);
    let contents = lab.run(&[&verify[..], &["--contents"]].concat());
    assert_eq!(contents.code, 1, "{contents}");
    assert!(contents.stdout.contains("/docs/letter.txt\n"), "{contents}");
    assert_eq!(lab.run(&["verify", "--contents"]).code, 1);
}

#[test]
fn snapshots_are_restored() {
    let lab = Lab::saved();
    let back = lab.path("back");
    let (docs, back) = (lab.home("docs"), back.to_str().unwrap());
    let restore = ["restore", "latest", "--tag", "home", "--subpath", docs.to_str().unwrap()];
    let dry = lab.run(&[&restore[..], &["-t", back, "--dry-run"]].concat());
    assert_shown(&lab, "restore_dry", &dry);
    assert!(!lab.path("back").exists());
    let run = lab.run(&[&restore[..], &["-t", back, "--verify"]].concat());
    assert_eq!(run.code, 0, "{run}");
    assert_shown(&lab, "restore", &run);
    for left_out in ["docs/a.tmp", "docs/cache/blob"] {
        fs::remove_file(lab.home(left_out)).unwrap();
    }
    fs::remove_dir(lab.home("docs/cache")).unwrap();
    let mut original = facts(&docs);
    let mut restored = facts(&lab.path("back"));
    // What was removed from the directory changed its time.
    original.remove(std::path::Path::new(""));
    restored.remove(std::path::Path::new(""));
    assert_same(&original, &restored);

    let again = lab.run(&[&restore[..], &["-t", back]].concat());
    assert_eq!(again.code, 1);
    assert_shown(&lab, "restore_into_something", &again);
    fs::write(lab.path("back/letter.txt"), b"changed since").unwrap();
    let result = lab.result(&[&restore[..], &["-t", back, "--existing", "keep-both"]].concat());
    assert_eq!(result["renamed"].as_array().unwrap().len(), 1);
    let result = lab.result(&[&restore[..], &["-t", back, "--existing", "overwrite"]].concat());
    assert_eq!((&result["files"], &result["unchanged"]), (&1.into(), &3.into()));
    let some = lab.path("some");
    let some = ["-t", some.to_str().unwrap(), "--include", "*.jpg", "--exclude", "two.*"];
    let result = lab.result(&[&restore[..], &some].concat());
    assert_eq!(result["files"], 1);
}

#[test]
fn damage_is_found_and_told() {
    let lab = Lab::saved();
    assert_shown(&lab, "check", &lab.run(&["check"]));
    assert_shown(&lab, "verify", &lab.run(&["verify", "--tag", "home", "--data", "100"]));
    restic_finds_no_fault(&lab.repository());
    for pack in packs(&lab.repository()) {
        damage(&pack, 20);
    }
    let check = lab.run(&["check", "--read-data", "--json"]);
    assert_eq!(check.code, 1);
    let document = check.json();
    assert_eq!(document["result"]["sound"], false);
    assert!(!document["result"]["findings"].as_array().unwrap().is_empty());
    let verify = lab.run(&["verify", "--tag", "home", "--data", "100"]);
    assert_eq!(verify.code, 1, "{verify}");
    let back = lab.path("back");
    let restore = lab.run(&["restore", "latest", "--tag", "home", "-t", back.to_str().unwrap()]);
    assert!(restore.code == 3 || restore.code == 1, "{restore}");
}
