//! A group of another crate.

use timelocker::pattern::{EntryKind, PatternTable, Verdict};
use timelocker::patterns;
use timelocker_tests::SHARED as OTHERS;

static TABLE: PatternTable = patterns!["*.tmp", group timelocker_tests::SHARED];

#[test]
fn of_another_crate() {
    assert_eq!(TABLE.verdict(b"shared/x", EntryKind::File), Verdict::Exclude);
    assert_eq!(TABLE.verdict(b"a.mp3", EntryKind::File), Verdict::Exclude);
    let renamed = patterns![include: [group OTHERS]];
    assert_eq!(renamed.verdict(b"shared/x", EntryKind::File), Verdict::Include);
    assert_eq!(OTHERS.patterns().len() + 1, TABLE.rules().len());
}
