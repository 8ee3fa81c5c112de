//! Where the macros can stand, and what they give there.
#![allow(clippy::unwrap_used)]

use timelocker::pattern::{EntryKind, PatternTable, RuleInfo, Side, Verdict, groups};
use timelocker::predicate::{Beside, CacheDirectories, DirectoryRules};
use timelocker::{Profile, backup_profile, include_patterns, pattern_group, patterns};

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

/// The rules of a table: side, pattern and place.
fn rules(table: &PatternTable) -> Vec<(Side, &[u8], String)> {
    let rule = |rule: &RuleInfo| rule.place().unwrap().to_string();
    table.rules().iter().map(|info| (info.side(), info.pattern(), rule(info))).collect()
}

#[test]
fn files_become_tables() {
    static HOME: PatternTable = include_patterns!("tests/lists/home.exclude");
    let file = |line: u32| format!("tests/lists/home.exclude:{line}");
    assert_eq!(
        rules(&HOME),
        [
            (Side::Exclude, &b"/Downloads/"[..], file(2)),
            (Side::Exclude, b"*.tmp", file(3)),
            (Side::Exclude, b"!keep.tmp", file(5)),
        ]
    );
    assert_eq!(HOME.verdict(b"Downloads/x", EntryKind::File), Verdict::Exclude);
    assert_eq!(HOME.verdict(b"keep.tmp", EntryKind::File), Verdict::Include);

    let built = PatternTable::builder()
        .gitignore("tests/lists/home.exclude", include_bytes!("lists/home.exclude"))
        .build()
        .unwrap();
    assert_eq!(HOME.rules(), built.rules());
    assert_eq!(format!("{:?}", HOME.automata()), format!("{:?}", built.automata()));
}

#[test]
fn every_form_of_files() {
    let texts = |table: &PatternTable| -> Vec<(Side, Vec<u8>)> {
        table.rules().iter().map(|rule| (rule.side(), rule.pattern().to_vec())).collect()
    };
    let excludes = |patterns: &[&[u8]]| -> Vec<(Side, Vec<u8>)> {
        patterns.iter().map(|pattern| (Side::Exclude, pattern.to_vec())).collect()
    };
    let editors = excludes(&[br"\#*#", b"caf\xe9*"]);
    assert_eq!(texts(&include_patterns!("tests/lists/editors.exclude",)), editors);

    let both = include_patterns!(
        include: "tests/lists/home.include",
        exclude: ["tests/lists/editors.exclude", "tests/lists/home.exclude"],
    );
    let mut expected = excludes(&[br"\#*#", b"caf\xe9*", b"/Downloads/", b"*.tmp", b"!keep.tmp"]);
    expected.extend([(Side::Include, b"/Pictures/".to_vec()), (Side::Include, b"*.odt".to_vec())]);
    assert_eq!(texts(&both), expected);

    // A file's rules stand where it is named: the last rule wins.
    let among = patterns![
        exclude: ["*.bak", file "tests/lists/home.exclude", "keep.tmp"],
        allow: [never_decides],
    ];
    let expected = excludes(&[b"*.bak", b"/Downloads/", b"*.tmp", b"!keep.tmp", b"keep.tmp"]);
    assert_eq!(texts(&among), expected);
    assert_eq!(among.verdict(b"keep.tmp", EntryKind::File), Verdict::Exclude);
}

#[test]
fn lenient_files_are_taken_as_git_takes_them() {
    let path = "tests/ui/files/never_matching.exclude";
    let built = PatternTable::builder()
        .gitignore(path, include_bytes!("ui/files/never_matching.exclude"))
        .build()
        .unwrap();
    let tables = [
        include_patterns!(lenient "tests/ui/files/never_matching.exclude"),
        include_patterns!(exclude: lenient "tests/ui/files/never_matching.exclude"),
        patterns![lenient file "tests/ui/files/never_matching.exclude"],
    ];
    for table in tables {
        let numbers: Vec<_> =
            table.rules().iter().map(|rule| rule.place().unwrap().line()).collect();
        assert_eq!(numbers, [2, 7], "the lines that match something");
        assert_eq!(format!("{:?}", table.automata()), format!("{:?}", built.automata()));
    }
}

#[test]
fn what_is_asserted_is_so() {
    let excluding = patterns![
        assert: {
            "a.tmp" => excluded,
            "x/target/y" => excluded,
            "target" => included,
            "target/" => excluded,
            b"caf\xe9" => included,
        },
        exclude: ["*.tmp", "target/"],
    ];
    assert_eq!(excluding.rules().len(), 2);
    let including = include_patterns!(
        include: "tests/lists/home.include",
        assert: { "Pictures/a/b" => included, "Music/" => entered, "a.txt" => excluded },
    );
    assert_eq!(including.rules().len(), 2);
    // Without rules too.
    assert_eq!(patterns![exclude: [], assert: { "a" => included }].rules().len(), 0);
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

// Before the groups are defined.
static EARLY: PatternTable = patterns!["*.iso", group JUNK, "!keep.tmp"];

mod deep {
    pub(crate) mod groups {
        timelocker::pattern_group! {
            pub static PICTURES = ["*.jpg", b"caf\xe9*"];
            pub(crate) static SOUND = ["*.flac"];
        }
    }

    pub(super) static TABLE: super::PatternTable = timelocker::patterns![
        include: [group groups::PICTURES, group super::JUNK, group crate::deep::groups::SOUND],
    ];
}

pattern_group! {
    /// What nobody
    /// misses.
    ///
    /// In detail: nothing.
    pub static JUNK = ["*.bak", group temporary_files,];

    #[cfg(any())]
    static ABSENT = ["*.bak"];

    #[cfg(all())]
    static PRESENT = ["*.bak"]
}

/// The patterns of a table.
fn texts(table: &PatternTable) -> Vec<&[u8]> {
    table.rules().iter().map(RuleInfo::pattern).collect()
}

#[test]
fn groups_of_the_crate() {
    let table = patterns![
        exclude: ["*.iso", group operating_system_caches, "!.DS_Store"],
        include: [group office_documents],
    ];
    let mut expected = vec![&b"*.iso"[..]];
    expected.extend(groups::find("operating_system_caches").unwrap().patterns());
    expected.push(b"!.DS_Store");
    expected.extend(groups::find("office_documents").unwrap().patterns());
    assert_eq!(texts(&table), expected);
    assert_eq!(table.verdict(b"a.PDF", EntryKind::File), Verdict::Include);
    assert_eq!(table.verdict(b"a.txt", EntryKind::File), Verdict::Exclude);
}

#[test]
fn groups_of_ones_own() {
    use deep::groups::PICTURES as PHOTOS;

    let temporary = groups::find("temporary_files").unwrap();
    let mut junk = vec![&b"*.bak"[..]];
    junk.extend(temporary.patterns());
    assert!(JUNK.patterns().eq(junk.iter().copied()));
    assert_eq!((JUNK.name(), JUNK.summary()), ("junk", "What nobody misses."));

    let mut early = junk.clone();
    early.insert(0, b"*.iso");
    early.push(b"!keep.tmp");
    assert_eq!(texts(&EARLY), early);

    let mut many = vec![&b"*.jpg"[..], b"caf\xe9*"];
    many.extend(&junk);
    many.push(b"*.flac");
    assert_eq!(texts(&deep::TABLE), many);

    // By an imported name, twice, and one of a function.
    pattern_group! { static LOCAL = [r"a\[b"]; }
    let table = patterns![group PHOTOS, group LOCAL, "x", group PHOTOS, group PRESENT];
    let expected: [&[u8]; 7] =
        [b"*.jpg", b"caf\xe9*", br"a\[b", b"x", b"*.jpg", b"caf\xe9*", b"*.bak"];
    assert_eq!(texts(&table), expected);
    assert!(PHOTOS.patterns().eq(deep::groups::PICTURES.patterns()));
}

#[test]
fn members_know_the_place_of_their_definition() {
    let line = line!() + 1;
    pattern_group! { static LOCAL = ["*.a", "*.b"]; }
    let table = patterns![group LOCAL, group media_files];
    let place = |index: usize| table.rules()[index].place().unwrap().to_string();
    assert_eq!(place(0), format!("{}:{line}:38", file!()));
    assert_eq!(place(1), format!("{}:{line}:45", file!()));
    // Those of the crate: where they are named.
    assert_eq!(place(2), format!("{}:{}:46", file!(), line + 1));
}

backup_profile! {
    static FIRST_OF_TWO = { targets: ["/etc"], exclude: [group JUNK] }
    static SECOND_OF_TWO = {
        targets: ["/srv"],
        exclude: ["*.iso", group JUNK],
        include: [group deep::groups::PICTURES],
        assert: { "a.jpg" => included, "a.bak" => excluded },
    }
}

#[test]
fn profiles_share_groups() {
    let (first, second) = (FIRST_OF_TWO.patterns(), SECOND_OF_TWO.patterns());
    assert_eq!(texts(first).len() + 3, texts(second).len());
    assert_eq!(texts(first), texts(second)[1..=texts(first).len()]);
    assert_eq!(second.verdict(b"x.jpg", EntryKind::File), Verdict::Include);
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
        keep_last: 1,
        keep_hourly: 2,
        keep_daily: 7,
        keep_weekly: 5,
        keep_monthly: 1_2,
        keep_yearly: 0x10,
        keep_within: "1y15d",
        keep_tags: ["release", "wedding"],
        on_surprise: "stop",
    };

    pub(crate) static NEXT_ONE = { targets: ["/etc"] }

    #[cfg(any())]
    static ABSENT = { targets: ["/etc"] }

    const CONSTANT_PROFILE = { targets: ["/etc",], exclude: ["*.tmp", "/target/", "!keep.tmp"] }

    static TYPED: Profile = { targets: ["/etc"], exclude: [], };

    static OF_FILES = {
        targets: ["~"],
        include: [file "tests/lists/home.include"],
        exclude: ["*.bak", file "tests/lists/home.exclude"],
        assert: {
            "Pictures/a" => included,
            "Pictures/a.bak" => excluded,
        },
    }
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

    let keep = "last 1, hourly 2, daily 7, weekly 5, monthly 12, yearly 16, within 1y15d, tag `release`, tag `wedding`";
    assert_eq!(FULL.retention().to_string(), keep);
    assert!(NEXT_ONE.retention().is_empty());
    assert_eq!(FULL.on_surprise(), timelocker::OnSurprise::Stop);
    assert_eq!(NEXT_ONE.on_surprise(), timelocker::OnSurprise::Ignore);

    assert_eq!(NEXT_ONE.name(), "next-one");
    assert_eq!(NEXT_ONE.tags(), [""; 0]);
    assert_eq!(NEXT_ONE.host(), None);
    assert!(!NEXT_ONE.one_file_system());
    assert_eq!(NEXT_ONE.patterns().rules().len(), 0);

    assert_eq!(CONSTANT_PROFILE.name(), "constant-profile");
    assert_selects(CONSTANT_PROFILE.patterns());
    assert_eq!(TYPED.name(), "typed");

    assert_eq!(OF_FILES.patterns().rules().len(), 6);
    assert_eq!(OF_FILES.patterns().verdict(b"Pictures/a.bak", EntryKind::File), Verdict::Exclude);
    assert_eq!(OF_FILES.patterns().verdict(b"Pictures/a", EntryKind::File), Verdict::Include);
}

backup_profile! {
    static WITH_RULES = {
        targets: ["~"],
        ignore_files: [".gitignore", b".ignore"],
        exclude_if_present: [".nobackup", b"caf\xe9", "marked/"],
        exclude_caches: true,
        exclude_beside: {
            "Cargo.toml" => "target/",
            "package.json" => ["node_modules", "dist"],
        },
        exclude_larger_than: "100 MiB",
    }
    static WITHOUT_RULES = {
        targets: ["~"],
        exclude_if_present: [],
        exclude_caches: false,
        exclude_beside: {},
    }
}

#[test]
fn directory_rules_are_data() {
    static EXPECTED: DirectoryRules = DirectoryRules::NONE
        .exclude_if_present(&[b".nobackup", b"caf\xe9", b"marked"])
        .cache_directories(CacheDirectories::Exclude)
        .exclude_beside(&[
            Beside::new(b"Cargo.toml", b"target"),
            Beside::new(b"package.json", b"node_modules"),
            Beside::new(b"package.json", b"dist"),
        ])
        .exclude_larger_than(100 << 20);
    assert_eq!(WITH_RULES.directory_rules(), EXPECTED);
    assert_eq!(WITHOUT_RULES.directory_rules(), DirectoryRules::NONE);
    assert_eq!(FULL.directory_rules(), DirectoryRules::NONE);
    let names: Vec<&[u8]> = WITH_RULES.ignore_files().names().collect();
    assert_eq!(names, [b".gitignore" as &[u8], b".ignore"]);
    assert!(WITHOUT_RULES.ignore_files().is_empty());
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
