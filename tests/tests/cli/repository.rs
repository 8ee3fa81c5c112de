//! `forget`, `prune`, `unlock` and `stats`, and where the repository comes from.

use std::fs;

use serde_json::Value;

use crate::lab::{Lab, assert_shown, run};
use crate::support::restic_finds_no_fault;

#[test]
fn snapshots_are_forgotten_by_the_profiles_rules() {
    let lab = Lab::saved();
    for content in ["one", "two", "three"] {
        lab.write("docs/letter.txt", content.as_bytes());
        assert_eq!(lab.run(&["backup", "home"]).code, 0);
    }
    let number = || lab.result(&["snapshots"])["snapshots"].as_array().unwrap().len();
    assert_eq!(number(), 5);
    let dry = lab.run(&["forget", "--dry-run"]);
    assert_shown(&lab, "forget_dry", &dry);
    assert_eq!(number(), 5);
    let result = lab.result(&["forget", "--prune"]);
    assert_eq!(result["forgotten"], 2);
    // `sources` has no rules: it keeps all.
    assert_eq!(number(), 3);
    restic_finds_no_fault(&lab.repository());

    let id = lab.result(&["snapshots", "--tag", "sources"])["snapshots"][0]["id"].clone();
    let run = lab.run(&["forget", id.as_str().unwrap()]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(number(), 2);
    let result = lab.result(&["forget", "--keep-last", "1"]);
    assert_eq!((&result["forgotten"], number()), (&1.into(), 1));
    let dry = lab.run(&["prune", "--dry-run", "--max-unused", "0"]);
    assert!(dry.stdout.starts_with("would free "), "{dry}");
    let pruned = lab.result(&["prune", "--max-unused", "0"]);
    assert!(pruned["bytes_freed"].as_u64().unwrap() > 0, "{pruned}");
    restic_finds_no_fault(&lab.repository());
    assert_eq!(lab.run(&["forget", "-P", "sources"]).code, 1);
}

#[test]
fn snapshots_of_the_future_are_set_aside_and_named() {
    let lab = Lab::saved();
    let docs = lab.home("docs");
    let arguments = ["backup", "--time", "2090-01-01 00:00:00", docs.to_str().unwrap()];
    if lab.restic(&arguments).is_none() {
        return;
    }
    let shown = lab.run(&["forget", "--keep-within", "1d", "--dry-run"]);
    let line = "1 snapshot is dated in the future: kept, and counted by no rule; check the clocks";
    assert!(shown.stdout.contains(line), "{shown}");
    let result = lab.result(&["forget", "--keep-within", "1d"]);
    assert_eq!(result["future"].as_array().unwrap().len(), 1, "{result}");
    assert_eq!(result["forgotten"], 0, "{result}");
}

#[test]
fn a_profile_forgets_its_own_alone() {
    let lab = Lab::saved_on_desk();
    let docs = lab.home("docs");
    let docs = docs.to_str().unwrap();
    // The same target, saved by somebody else: with a tag of the profile, and without.
    let restic = |tag: &str| lab.restic(&["backup", "--tag", tag, "--host", "elsewhere", docs]);
    let Some(_) = restic("home") else { return };
    for _ in 0..3 {
        restic("other");
        restic("home");
    }
    assert_shown(&lab, "snapshots_of_a_profile", &lab.run(&["snapshots", "-P", "home"]));
    let profiles: Vec<_> = lab.result(&["snapshots"])["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|snapshot| snapshot["profile"].as_str().unwrap_or("-").to_owned())
        .collect();
    assert_eq!(profiles[..2], ["home", "sources"]);
    assert_eq!(profiles[2..], ["-"; 7]);
    // Of the last four, by host: two are kept; that of the desk is its only one.
    let forgotten = lab.result(&["forget"]);
    assert_eq!(forgotten["forgotten"], 2);
    let number = |filter: &[&str]| {
        let snapshots = lab.result(&[&["snapshots"], filter].concat());
        snapshots["snapshots"].as_array().unwrap().len()
    };
    assert_eq!((number(&["--tag", "other"]), number(&["-P", "home"])), (3, 3));
    assert_eq!(number(&["-P", "sources"]), 1);
    restic_finds_no_fault(&lab.repository());
}

#[test]
fn locks_are_seen_and_removed() {
    let lab = Lab::saved();
    assert_shown(&lab, "unlock_nothing", &lab.run(&["unlock"]));
    // restic's lock of a process that has ended, and one of another machine.
    let Some(_) = lab.restic(&["snapshots"]) else { return };
    let locks = lab.repository().join("locks");
    fs::create_dir_all(&locks).unwrap();
    fs::write(locks.join("a".repeat(64)), b"of no use").unwrap();
    let seen = lab.result(&["unlock", "--dry-run"]);
    assert_eq!(seen["locks"].as_array().unwrap().len(), 1);
    assert_eq!(seen["locks"][0]["removed"], false);
    let in_the_way = lab.run(&["prune", "--retry-lock", "0"]);
    assert_eq!(in_the_way.code, 11, "{in_the_way}");
    assert_shown(&lab, "error_locked", &in_the_way);
    assert_shown(&lab, "unlock_stays", &lab.run(&["unlock"]));
    let all = lab.result(&["unlock", "--remove-all"]);
    assert_eq!(all["locks"][0]["removed"], true);
    assert_eq!(lab.run(&["prune"]).code, 0);
}

#[test]
fn figures_of_the_repository() {
    let lab = Lab::saved();
    let stats = lab.result(&["stats"]);
    assert_eq!(stats["snapshots"], 2);
    // Three files of several thousand bytes, and three of a few.
    let stored: u64 = walkdir::WalkDir::new(lab.repository())
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    assert_eq!(stats["bytes_stored"].as_u64(), Some(stored));
    assert_eq!(stats["data_bytes"], 12 + 6 + 3000 + 2000 + 13 + 6);
    assert_eq!(stats["bytes_of_snapshots"], stats["data_bytes"]);
    if let Some(raw) = lab.restic(&["stats", "--mode", "raw-data", "--json"]) {
        let raw: Value = serde_json::from_str(&raw).unwrap();
        let blobs = ["data_blobs", "tree_blobs"].map(|name| stats[name].as_u64());
        assert_eq!(raw["total_blob_count"].as_u64(), blobs.into_iter().sum(), "{raw} {stats}");
    }
    let text = lab.run(&["stats"]);
    assert!(text.stdout.contains("2 snapshots"), "{text}");
}

#[test]
fn a_profile_names_its_repository_and_its_password() {
    let lab = Lab::new();
    lab.write(".vault-password", b"of the vault\n");
    let by_profile = |arguments: &[&str]| {
        let mut command = lab.command();
        command.env_remove("TIMELOCKER_REPOSITORY").env_remove("TIMELOCKER_PASSWORD");
        run(command.args(arguments))
    };
    let made = by_profile(&["init", "-P", "home"]);
    assert_eq!(made.code, 0, "{made}");
    assert!(lab.home("vault/config").is_file());
    let saved = by_profile(&["backup", "home"]);
    assert_eq!(saved.code, 0, "{saved}");
    let other = by_profile(&["backup", "sources"]);
    assert_eq!(other.code, 1);
    assert_shown(&lab, "error_no_repository_named", &other);
    // What is said at run time comes first.
    let elsewhere = lab.result(&["snapshots"]);
    assert_eq!(elsewhere["snapshots"], Value::Array(Vec::new()));
}
