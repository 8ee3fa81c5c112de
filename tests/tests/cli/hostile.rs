//! Names of files, hosts and tags that a terminal would act on, or that are no text.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use crate::lab::{Lab, Run, run};

/// Names of files, each with the form in which it is shown.
const NAMES: [(&[u8], &str); 6] = [
    (b"\x1b[31mred", r#"\033[31mred""#),
    (b"not text \xff", r#"not text \377""#),
    ("exe.\u{202e}gpj".as_bytes(), r#"exe.\342\200\256gpj""#),
    (b"two\nlines", r#"two\nlines""#),
    ("\u{9b}2J".as_bytes(), r#"\302\2332J""#),
    ("par\u{2029}\u{feff}".as_bytes(), r#"par\342\200\251\357\273\277""#),
];

fn lab() -> Lab {
    let lab = Lab::new();
    for (name, _) in NAMES {
        let path = lab.home("docs").join(OsStr::from_bytes(name));
        fs::write(path, b"written by somebody else").unwrap();
    }
    let backup = lab.run(&["backup", "home"]);
    assert_eq!(backup.code, 0, "{backup}");
    lab
}

/// Fails if a terminal would do anything but show the text.
#[track_caller]
fn assert_inert(run: &Run) {
    let hazard = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(hazard), "{text:?}");
    }
}

#[test]
fn names_of_files_are_quoted() {
    let lab = lab();
    let listed = lab.run(&["ls"]);
    assert_inert(&listed);
    for (_, shown) in NAMES {
        let line = listed.stdout.lines().find(|line| line.ends_with(shown));
        assert!(line.is_some_and(|line| line.starts_with("\"/")), "{shown}: {listed}");
    }
    // A plain name is shown without quotes.
    assert!(listed.stdout.contains("/docs/letter.txt\n"), "{listed}");
    fs::remove_file(lab.home("docs").join(OsStr::from_bytes(NAMES[0].0))).unwrap();
    for arguments in [
        &["ls", "--long"][..],
        &["find", "*"],
        &["find", "/no\u{1b}[2Jwhere"],
        &["diff", "latest"],
        &["plan", "home", "--changes"],
        &["explain", "docs/\u{1b}[2J"],
        &["rules", "home"],
        &["ls", "latest", "/no\u{1b}[2Jwhere"],
        &["restore", "lat\u{1b}[2Jest", "--target", "elsewhere"],
        &["--no-such-\u{1b}[2J"],
        &["verify", "latest", "--disk"],
    ] {
        assert_inert(&lab.run(arguments));
    }
}

#[test]
fn hosts_and_tags_are_quoted() {
    let lab = lab();
    let docs = lab.home("docs");
    let (host, tag) = ("\u{1b}[31mhost", "tag\u{202e}");
    let arguments = ["backup", "--host", host, "--tag", tag, docs.to_str().unwrap()];
    if lab.restic(&arguments).is_none() {
        return;
    }
    let shown = lab.run(&["snapshots"]);
    assert_inert(&shown);
    assert!(shown.stdout.contains(r#""\033[31mhost""#), "{shown}");
    assert!(shown.stdout.contains(r#""tag\342\200\256""#), "{shown}");
    for arguments in [
        &["forget", "--dry-run", "--keep-last", "1"][..],
        &["stats"],
        &["diff", "latest"],
        &["restore", "latest", "--target", "restored"],
        &["check"],
    ] {
        let shown = lab.run(arguments);
        assert_eq!(shown.code, 0, "{shown}");
        assert_inert(&shown);
    }
    // JSON has what was written.
    let snapshots = lab.result(&["snapshots"]);
    assert_eq!(snapshots["snapshots"][1]["host"], host);
}

#[test]
fn json_has_the_bytes_of_what_is_no_text() {
    let lab = lab();
    let listed = lab.result(&["ls"]);
    let entries = listed["entries"].as_array().unwrap();
    let raw: Vec<_> = entries.iter().filter_map(|entry| entry["path_raw"].as_str()).collect();
    let path = lab.home("docs").join(OsStr::from_bytes(b"not text \xff"));
    assert_eq!(raw.len(), 1, "{listed}");
    assert_eq!(decoded(raw[0]), path.as_os_str().as_bytes());
}

fn decoded(base64: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in base64.bytes().filter(|byte| *byte != b'=') {
        let value = DIGITS.iter().position(|known| *known == digit).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}

#[test]
fn paths_and_patterns_are_any_bytes_or_the_quoted_form() {
    let lab = lab();
    let name = OsStr::from_bytes(b"not text \xff");
    let quoted = OsStr::new(r#""not text \377""#);
    for (number, pattern) in [name, quoted].into_iter().enumerate() {
        let target = lab.path(&format!("restored-{number}"));
        let mut command = lab.command();
        command.args(["restore", "latest", "--target"]).arg(&target);
        let restored = run(command.arg("--include").arg(pattern));
        assert_eq!(restored.code, 0, "{restored}");
        let docs = target.join(lab.home("docs").strip_prefix("/").unwrap());
        assert!(docs.join(name).exists(), "{restored}");
        assert!(!docs.join("letter.txt").exists(), "{restored}");
    }
    // A name can be pasted as `ls` shows it.
    let listed = lab.run(&["ls"]);
    for (name, shown) in NAMES {
        let line = listed.stdout.lines().find(|line| line.ends_with(shown)).unwrap();
        let again = lab.run(&["ls", "latest", line]);
        assert_eq!(again.stdout.trim_end(), line, "{again}");
        let found = lab.run(&["find", line]);
        assert_eq!(found.code, 0, "{found}");
        let target = lab.path("restored").join(OsStr::from_bytes(name));
        let mut command = lab.command();
        command.args(["restore", "latest", "--subpath", line, "--target"]).arg(&target);
        let restored = run(&mut command);
        assert_eq!(restored.code, 0, "{restored}");
        assert_inert(&restored);
    }
}
