//! Damage that is repaired: by the index, by packs, by snapshots.

use std::fs;

use timelocker::repository::{BackupOptions, CheckDepth, Parent, RepairOptions, RestoreOptions};

use super::{files, listed, open};
use crate::support::{Lab, assert_holds, damage, noise, packs, restic_finds_no_fault, write};

/// Several files in packs of about ten.
fn saved() -> Lab {
    let lab = Lab::small_packs();
    for number in 0..20 {
        write(&lab.tree().join(format!("file {number}")), &noise(number, 50_000));
    }
    lab.save(&BackupOptions::new());
    lab
}

fn is_clean(lab: &Lab) {
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.findings().is_empty(), "{check:?}");
    restic_finds_no_fault(&lab.path("repository"));
}

#[test]
fn check_names_what_a_damaged_pack_takes_with_it() {
    let lab = saved();
    let snapshot = lab.repository.snapshot("latest").unwrap();
    damage(&packs(&lab.path("repository"))[0], 1000);
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    let [finding] = check.findings() else { panic!("{check:?}") };
    assert_eq!(finding.snapshots().collect::<Vec<_>>(), [snapshot.id()]);
    let [path] = &finding.paths().collect::<Vec<_>>()[..] else { panic!("{finding:?}") };
    assert!(path.starts_with(lab.tree()), "{finding:?}");
    for word in ["restic", "rustic", "log"] {
        assert!(!finding.to_string().contains(word), "{finding}");
    }
}

#[test]
fn what_a_damaged_pack_loses_is_stored_anew() {
    let lab = saved();
    damage(&packs(&lab.path("repository"))[0], 1000);
    let before = packs(&lab.path("repository"));
    let plan = lab.repository.repair_packs(&RepairOptions::new().dry_run(true)).unwrap();
    assert_eq!((plan.packs_removed(), plan.blobs_lost()), (1, 1), "{plan:?}");
    assert_eq!(packs(&lab.path("repository")), before);
    assert!(!lab.repository.check(CheckDepth::Data, None).unwrap().is_sound());

    let report = lab.repository.repair_packs(&RepairOptions::new()).unwrap();
    assert_eq!(report.blobs_kept(), plan.blobs_kept());
    assert!(report.blobs_kept() > 3, "{report:?}");
    assert!(!lab.repository.check(CheckDepth::Data, None).unwrap().is_sound());
    lab.save(&BackupOptions::new().parent(Parent::None));
    is_clean(&lab);
    for number in 0..20 {
        let restored = format!("r{number}");
        if number % 7 == 0 {
            let file = lab.restored(&restored).join(format!("file {number}"));
            assert_holds(&file, &noise(number, 50_000));
        }
    }
}

#[test]
fn snapshots_are_rewritten_without_what_is_lost() {
    let lab = saved();
    let original = lab.repository.snapshot("latest").unwrap();
    damage(&packs(&lab.path("repository"))[0], 1000);
    let _ = lab.repository.repair_packs(&RepairOptions::new()).unwrap();
    let plan = lab.repository.repair_snapshots(&RepairOptions::new().dry_run(true)).unwrap();
    assert_eq!(plan.snapshots().collect::<Vec<_>>(), [(original.id(), None)]);
    assert_eq!(lab.repository.snapshots().unwrap().len(), 1);

    let report = lab.repository.repair_snapshots(&RepairOptions::new()).unwrap();
    let [(old, Some(new))] = report.snapshots().collect::<Vec<_>>()[..] else {
        panic!("{report:?}")
    };
    assert_eq!(old, original.id());
    assert_eq!(lab.repository.snapshots().unwrap().len(), 2);
    let new = lab.repository.snapshot(new).unwrap();
    assert_eq!(new.time(), original.time());
    let restored = lab.repository.restore(&new, lab.path("out"), &RestoreOptions::new()).unwrap();
    assert!(restored.is_complete(), "{restored:?}");
    assert_eq!(restored.files(), 19);

    let _ = lab.repository.repair_snapshots(&RepairOptions::new().forget(true)).unwrap();
    let left: Vec<_> = lab.repository.snapshots().unwrap();
    assert!(left.iter().all(|snapshot| snapshot.id() != original.id()), "{left:?}");
    is_clean(&lab);
}

#[test]
fn a_directory_that_is_lost_takes_only_itself() {
    let lab = Lab::new();
    write(&lab.tree().join("kept/file"), b"kept");
    lab.save(&BackupOptions::new());
    write(&lab.tree().join("lost/file"), b"lost");
    lab.save(&BackupOptions::new());
    // The pack of the second backup's directories goes, and with it the top of that snapshot.
    let newest = packs(&lab.path("repository"))
        .into_iter()
        .max_by_key(|pack| fs::metadata(pack).unwrap().modified().unwrap())
        .unwrap();
    fs::remove_file(newest).unwrap();
    let _ = lab.repository.repair_index_with(&RepairOptions::new()).unwrap();
    let report = lab.repository.repair_snapshots(&RepairOptions::new().forget(true)).unwrap();
    assert_eq!(report.snapshots().count(), 1, "{report:?}");
    is_clean(&lab);
    let snapshots = lab.repository.snapshots().unwrap();
    let (paths, errors) = listed(&lab.repository, &snapshots[0]);
    assert!(errors.is_empty() && paths.iter().any(|path| path.ends_with("kept/file")));
}

#[test]
fn an_index_that_is_damaged_is_made_anew_from_the_packs() {
    let lab = saved();
    let index = files(&lab.path("repository/index"));
    damage(&index[0], 50);
    let check = lab.repository.check(CheckDepth::Structure, None).unwrap();
    assert!(check.findings()[0].message().contains("`repair index`"), "{check:?}");
    let plan = lab.repository.repair_index_with(&RepairOptions::new().dry_run(true)).unwrap();
    assert!(plan.packs_added() > 1 && !plan.steps().is_empty(), "{plan:?}");
    assert_eq!(files(&lab.path("repository/index")), index);
    let report = lab.repository.repair_index_with(&RepairOptions::new()).unwrap();
    assert_eq!(report.steps(), plan.steps());
    is_clean(&lab);
    let again = lab.repository.repair_index_with(&RepairOptions::new()).unwrap();
    assert!(again.is_empty(), "{again:?}");
    let opened = open(&lab.path("repository"));
    let snapshot = opened.snapshot("latest").unwrap();
    let report = opened.restore(&snapshot, lab.path("out"), &RestoreOptions::new()).unwrap();
    assert!(report.is_complete(), "{report:?}");
}
