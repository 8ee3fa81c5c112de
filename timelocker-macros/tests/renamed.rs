//! The library under another name: there is no crate `timelocker` here.

use backups::pattern::{EntryKind, PatternTable, Verdict};

static JUNK: PatternTable = backups::patterns!["*.tmp"];

backups::backup_profile! {
    static HOME = { targets: ["/home"], exclude: ["*.tmp"], host: "nas" }
}

#[test]
fn the_macros_find_the_library() {
    assert_eq!(JUNK.verdict(b"a.tmp", EntryKind::File), Verdict::Exclude);
    assert_eq!(HOME.patterns().verdict(b"a.tmp", EntryKind::File), Verdict::Exclude);
    assert_eq!(HOME.name(), "home");
}

/// A user's own macro, in which the library's path is `$crate::..`.
mod wrapped {
    pub(crate) use backups as library;

    macro_rules! excluding {
        ($($pattern:literal),*) => { $crate::wrapped::library::patterns![$($pattern),*] };
    }
    pub(crate) use excluding;
}

#[test]
fn also_through_another_macro() {
    let table = wrapped::excluding!["*.tmp"];
    assert_eq!(table.verdict(b"a.tmp", EntryKind::File), Verdict::Exclude);
}
