//! Where the macros can stand, and what they give there.
#![allow(clippy::unwrap_used)]

use timelocker::pattern::{EntryKind, PatternTable, Side, Verdict};
use timelocker::{Profile, backup_profile, patterns};

static TABLE: PatternTable = patterns!["*.tmp", "/target/", "!keep.tmp"];
const CONSTANT: PatternTable = patterns!["*.tmp", "/target/", "!keep.tmp"];

/// What every one of the tables in this file says, if it has the rules of [`TABLE`].
fn assert_selects(table: &PatternTable) {
    let verdicts: [(&[u8], EntryKind, Verdict); 5] = [
        (b"a.tmp", EntryKind::File, Verdict::Exclude),
        (b"below/a.tmp", EntryKind::File, Verdict::Exclude),
        (b"below/keep.tmp", EntryKind::File, Verdict::Include),
        (b"target", EntryKind::Directory, Verdict::Exclude),
        (b"below/target", EntryKind::Directory, Verdict::Include),
    ];
    for (path, kind, verdict) in verdicts {
        assert_eq!(table.verdict(path, kind), verdict, "{}", path.escape_ascii());
    }
}

#[test]
fn in_statics_constants_and_functions() {
    static INNER: PatternTable = patterns!["*.tmp", "/target/", "!keep.tmp"];
    const fn made() -> PatternTable {
        patterns!["*.tmp", "/target/", "!keep.tmp"]
    }

    assert_selects(&TABLE);
    assert_selects(&CONSTANT);
    assert_selects(&INNER);
    assert_selects(&made());
    assert_selects(&patterns!["*.tmp", "/target/", "!keep.tmp"]);
    let kept: &'static PatternTable = const { &patterns!["*.tmp", "/target/", "!keep.tmp"] };
    assert_selects(kept);
}

#[test]
fn the_table_of_the_builder() {
    let built = PatternTable::builder()
        .exclude("*.tmp")
        .exclude("/target/")
        .exclude("!keep.tmp")
        .build()
        .unwrap();
    assert_eq!(format!("{:?}", TABLE.automata()), format!("{:?}", built.automata()));
    let texts = |table: &PatternTable| -> Vec<Vec<u8>> {
        table.rules().iter().map(|rule| rule.pattern().to_vec()).collect()
    };
    assert_eq!(texts(&TABLE), [&b"*.tmp"[..], b"/target/", b"!keep.tmp"]);
}

#[test]
fn every_form_of_the_lists() {
    let empty = patterns![];
    assert_eq!(empty.rules().len(), 0);
    assert_eq!(empty.verdict(b"x", EntryKind::File), Verdict::Include);

    let both = patterns![include: ["*.jpg"], exclude: [".thumbnails/",]];
    let sides: Vec<_> = both.rules().iter().map(|rule| (rule.side(), rule.pattern())).collect();
    assert_eq!(sides, [(Side::Exclude, &b".thumbnails/"[..]), (Side::Include, b"*.jpg")]);
    assert_eq!(both.verdict(b"2024/a.jpg", EntryKind::File), Verdict::Include);
    assert_eq!(both.verdict(b"2024/a.txt", EntryKind::File), Verdict::Exclude);
    assert_eq!(both.verdict(b".thumbnails/a.jpg", EntryKind::File), Verdict::Exclude);

    let only = patterns![include: ["/raw/"]];
    assert_eq!(only.verdict(b"raw/1", EntryKind::File), Verdict::Include);
    assert_eq!(only.verdict(b"x", EntryKind::File), Verdict::Exclude);
}

#[test]
fn every_form_of_literal() {
    let table = patterns![b"caf\xe9*", r"a\[b", br"c\*d", r#"quo"te"#, "tab\there", "naïve"];
    for name in [&b"caf\xe9s"[..], b"a[b", b"c*d", b"quo\"te", b"tab\there", "naïve".as_bytes()] {
        let verdict = table.verdict(name, EntryKind::File);
        assert_eq!(verdict, Verdict::Exclude, "{}", name.escape_ascii());
    }
    assert_eq!(table.verdict("café".as_bytes(), EntryKind::File), Verdict::Include);
}

#[test]
fn rules_know_their_place() {
    let (line, table) = (line!(), patterns!["*.tmp", "*.bak",]);
    let places: Vec<_> = table
        .rules()
        .iter()
        .map(|rule| rule.place().unwrap())
        .map(|place| (place.file(), place.line(), place.column()))
        .collect();
    assert_eq!(places, [(file!(), line, 45), (file!(), line, 54)]);
}

#[test]
fn patterns_of_other_macros() {
    macro_rules! excluding {
        ($($pattern:literal)*) => { patterns![$($pattern),*] };
    }
    macro_rules! excluding_expressions {
        ($($pattern:expr),*) => { patterns![exclude: [$($pattern),*]] };
    }
    assert_selects(&excluding!["*.tmp" "/target/" "!keep.tmp"]);
    assert_selects(&excluding_expressions!["*.tmp", "/target/", "!keep.tmp"]);
}

trait Selects {
    const RULES: PatternTable;
}

struct Of<T>(std::marker::PhantomData<T>);

impl<T> Selects for Of<T> {
    const RULES: PatternTable = patterns!["*.tmp", "/target/", "!keep.tmp"];
}

#[test]
fn in_constants_of_generic_types() {
    assert_selects(&Of::<String>::RULES);
}

backup_profile! {
    /// All fields.
    #[allow(unused)]
    pub static FULL = {
        one_file_system: true,
        host: "nas",
        tags: ["photos", "läger"],
        include: ["*.jpg"],
        exclude: [".thumbnails/"],
        targets: ["/srv/photos", "~", "~/Pictures/", b"/srv/caf\xe9"],
        name: "photographs",
    };

    pub(crate) static NEXT_ONE = { targets: ["/etc"] }

    #[cfg(any())]
    static ABSENT = { targets: ["/etc"] }

    const CONSTANT_PROFILE = { targets: ["/etc",], exclude: ["*.tmp", "/target/", "!keep.tmp"] }

    static TYPED: Profile = { targets: ["/etc"], exclude: [], };
}

#[test]
fn profiles_hold_what_is_written() {
    assert_eq!(FULL.name(), "photographs");
    let targets: Vec<_> = FULL.targets().iter().map(|target| target.as_bytes()).collect();
    assert_eq!(targets, [&b"/srv/photos"[..], b"~", b"~/Pictures/", b"/srv/caf\xe9"]);
    assert_eq!(FULL.tags(), ["photos", "läger"]);
    assert_eq!(FULL.host(), Some("nas"));
    assert!(FULL.one_file_system());
    let rules: Vec<_> = FULL.patterns().rules().iter().map(|rule| rule.pattern()).collect();
    assert_eq!(rules, [&b".thumbnails/"[..], b"*.jpg"]);
    assert_eq!(FULL.patterns().verdict(b"a.jpg", EntryKind::File), Verdict::Include);

    assert_eq!(NEXT_ONE.name(), "next-one");
    assert_eq!(NEXT_ONE.tags(), [""; 0]);
    assert_eq!(NEXT_ONE.host(), None);
    assert!(!NEXT_ONE.one_file_system());
    assert_eq!(NEXT_ONE.patterns().rules().len(), 0);

    assert_eq!(CONSTANT_PROFILE.name(), "constant-profile");
    assert_selects(CONSTANT_PROFILE.patterns());
    assert_eq!(TYPED.name(), "typed");
}

mod one {
    timelocker::backup_profile! { pub(crate) static HOME = { targets: ["/one"] } }
}

mod two {
    timelocker::backup_profile! { pub(crate) static HOME = { targets: ["/two"] } }
}

#[test]
fn profiles_in_modules_and_functions() {
    backup_profile! {
        static HOME = { targets: ["/three"] }
        static OTHER = { targets: ["/four"] }
    }
    let all: [&Profile; 4] = [&one::HOME, &two::HOME, &HOME, &OTHER];
    let targets: Vec<_> = all.iter().map(|profile| profile.targets()[0].to_string()).collect();
    assert_eq!(targets, ["/one", "/two", "/three", "/four"]);
}

#[test]
fn profiles_are_shared_between_threads() {
    static ALL: [&Profile; 2] = [&FULL, &TYPED];
    let names = std::thread::spawn(|| ALL.map(Profile::name)).join().unwrap();
    assert_eq!(names, ["photographs", "typed"]);
}

#[test]
fn a_profile_is_shown() {
    let shown = format!("{FULL:?}");
    for part in ["photographs", r#""/srv/caf\xe9""#, "läger", "nas"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}
