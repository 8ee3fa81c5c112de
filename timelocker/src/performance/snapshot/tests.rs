//! Reports of records with known figures.

use std::sync::OnceLock;

use super::*;
use crate::performance::record::End;
use crate::performance::state::Epoch;

static BACKUP: Site = Site::new("backup", "src/backup.rs", 10);
static READ: Site = Site::new("read; all", "src/read.rs", 20);
static HASH: Site = Site::new("hash", "src/hash.rs", 30);
static UPLOAD: Site = Site::new("upload", "src/upload.rs", 40);

const EPOCH: Epoch = Epoch(0);

/// A record that took so many milliseconds in calls that took so many each.
fn record(
    site: &'static Site,
    parent: Option<&'static Record>,
    own: u64,
    calls: &[u64],
) -> &'static Record {
    let record = Record::register(site, parent, EPOCH);
    record.add_own(own * 1_000_000);
    for call in calls {
        record.add_running(call * 1_000_000);
        record.add_call(Some(call * 1_000_000), End::Success);
    }
    record
}

fn report() -> Report {
    static RECORDS: OnceLock<Vec<&'static Record>> = OnceLock::new();
    let records = RECORDS.get_or_init(|| {
        let backup = record(&BACKUP, None, 100, &[1200]);
        let read = record(&READ, Some(backup), 300, &[400, 400]);
        let hash = record(&HASH, Some(read), 500, &[100, 150, 250]);
        let upload = record(&UPLOAD, Some(backup), 300, &[]);
        read.add_files(2);
        read.add_bytes(8_000_000);
        upload.add_waiting(50_000_000);
        upload.add_call(None, End::Error);
        upload.add_call(Some(350_000_000), End::Panic);
        // Another thread.
        let alone = record(&HASH, None, 200, &[200]);
        vec![backup, read, hash, upload, alone]
    });
    let records = records.iter().map(|&record| (record, record.read(EPOCH)));
    summarise(records, TickLength::NANOSECOND)
}

#[test]
fn the_table() {
    insta::assert_snapshot!(report());
}

#[test]
fn the_top() {
    insta::assert_snapshot!(report().top(2));
}

#[test]
fn the_collapsed_stacks() {
    let mut stacks = Vec::new();
    report().write_collapsed_stacks(&mut stacks).unwrap();
    insta::assert_snapshot!(String::from_utf8(stacks).unwrap());
}

#[test]
fn the_speedscope_profile() {
    let mut json = Vec::new();
    report().write_speedscope("nightly", &mut json).unwrap();
    insta::assert_snapshot!(String::from_utf8(json).unwrap());
}

#[test]
fn the_tree_and_the_operations_agree() {
    let report = report();
    assert_eq!(report.calls().len(), 2);
    let hash = report.operation("hash").unwrap();
    assert_eq!(hash.calls(), 4);
    assert_eq!(hash.self_time().as_millis(), 700);
    let upload = report.operation("upload").unwrap();
    assert_eq!((upload.calls(), upload.timed_calls()), (2, 1));
    assert_eq!((upload.errors(), upload.panics()), (1, 1));
    assert_eq!(upload.waiting_time().as_millis(), 50);
}

#[test]
fn the_flame_graph() {
    let mut svg = Vec::new();
    let written = report().write_flame_graph("nightly", &mut svg);
    if cfg!(feature = "flamegraph") {
        written.unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.starts_with("<?xml") && svg.contains("nightly"));
        assert!(svg.contains("<title>hash (500,000 us, 35.71%)</title>"), "{svg}");
    } else {
        let error = written.unwrap_err();
        assert!(error.is_not_built() && !error.is_empty() && svg.is_empty(), "{error}");
    }

    let nothing = summarise(std::iter::empty(), TickLength::NANOSECOND);
    assert!(nothing.write_flame_graph("nothing", Vec::new()).unwrap_err().is_empty());
}
