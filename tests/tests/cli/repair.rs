//! `check` of a damaged repository, and `repair`.

use crate::lab::Lab;
use crate::support::{damage, packs, restic_finds_no_fault};

#[test]
fn a_damaged_pack_is_named_and_repaired() {
    let lab = Lab::saved();
    damage(&packs(&lab.repository())[0], 20);
    let check = lab.run(&["check", "--read-data"]);
    assert_eq!(check.code, 1, "{check}");
    for words in ["needed by the snapshots", "/docs/", "`repair packs`", "damaged: "] {
        assert!(check.stdout.contains(words), "{words}: {check}");
    }
    for program in ["restic", "rustic", "the logs"] {
        assert!(!check.to_string().contains(program), "{check}");
    }
    let json = lab.run(&["check", "--read-data", "--json"]).json();
    let findings = json["result"]["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["file"].is_string()).unwrap();
    assert_eq!(finding["snapshots"].as_array().unwrap().len(), 1);
    assert!(!finding["paths"].as_array().unwrap().is_empty());

    let plan = lab.result(&["repair", "packs", "--dry-run"]);
    assert_eq!((&plan["dry_run"], &plan["blobs_lost"]), (&true.into(), &1.into()), "{plan}");
    assert_eq!(lab.run(&["check", "--read-data"]).code, 1);
    let repaired = lab.run(&["repair", "packs"]);
    assert_eq!(repaired.code, 0, "{repaired}");
    assert!(repaired.stdout.contains("back up with --force"), "{repaired}");
    let saved = lab.run(&["backup", "home", "sources", "--force"]);
    assert_eq!(saved.code, 0, "{saved}");
    let check = lab.run(&["check", "--read-data"]);
    assert_eq!((check.code, check.stdout.lines().count()), (0, 1), "{check}");
    restic_finds_no_fault(&lab.repository());
    let again = lab.result(&["repair", "packs"]);
    assert!(again["steps"].as_array().unwrap().is_empty(), "{again}");
}

#[test]
fn snapshots_are_rewritten_or_stay() {
    let lab = Lab::saved();
    damage(&packs(&lab.repository())[0], 20);
    let _ = lab.result(&["repair", "packs"]);
    let snapshots = || lab.result(&["snapshots"])["snapshots"].as_array().unwrap().len();
    let plan = lab.result(&["repair", "snapshots", "--dry-run", "--forget"]);
    assert_eq!(plan["snapshots"].as_array().unwrap().len(), 1, "{plan}");
    assert_eq!(snapshots(), 2);
    let repaired = lab.result(&["repair", "snapshots", "--forget"]);
    assert_eq!(repaired["snapshots"][0]["rewritten"].as_str().unwrap().len(), 64);
    assert_eq!(snapshots(), 2);
    assert_eq!(lab.run(&["check", "--read-data"]).code, 0);
    restic_finds_no_fault(&lab.repository());
    let index = lab.run(&["repair", "index"]);
    assert_eq!(index.code, 0, "{index}");
    assert!(index.stdout.contains("nothing of the index to repair"), "{index}");
    assert_eq!(lab.run(&["repair"]).code, 1);
}
