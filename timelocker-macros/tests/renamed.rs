//! The library under another name: there is no crate `timelocker` here.

use backups::pattern::{EntryKind, PatternTable, Verdict};

static JUNK: PatternTable = backups::patterns!["*.tmp"];

backups::pattern_group! {
    static SCRATCH = ["scratch/", "*.tmp"];
}

static SHARED: PatternTable = backups::patterns![group SCRATCH];

backups::backup_profile! {
    static HOME = { targets: ["/home"], exclude: ["*.tmp"], host: "nas" }
}

#[test]
fn the_macros_find_the_library() {
    assert_eq!(JUNK.verdict(b"a.tmp", EntryKind::File), Verdict::Exclude);
    assert_eq!(HOME.patterns().verdict(b"a.tmp", EntryKind::File), Verdict::Exclude);
    assert_eq!(HOME.name(), "home");
    assert_eq!(SHARED.verdict(b"scratch/x", EntryKind::File), Verdict::Exclude);
    assert_eq!(SCRATCH.name(), "scratch");
}

/// A user's own macro, in which the library's path is `$crate::..`.
mod wrapped {
    pub(crate) use backups as library;

    macro_rules! excluding {
        ($($pattern:literal),*) => { $crate::wrapped::library::patterns![$($pattern),*] };
    }
    pub(crate) use excluding;

    library::pattern_group! { pub(crate) static OURS = ["*.ours"]; }

    macro_rules! excluding_ours {
        ($($pattern:literal),*) => {
            $crate::wrapped::library::patterns![group $crate::wrapped::OURS $(, $pattern)*]
        };
    }
    pub(crate) use excluding_ours;
}

#[test]
fn also_through_another_macro() {
    let table = wrapped::excluding!["*.tmp"];
    assert_eq!(table.verdict(b"a.tmp", EntryKind::File), Verdict::Exclude);

    let table = wrapped::excluding_ours!["*.tmp"];
    assert_eq!(table.verdict(b"a.tmp", EntryKind::File), Verdict::Exclude);
    assert_eq!(table.verdict(b"a.ours", EntryKind::File), Verdict::Exclude);
}
