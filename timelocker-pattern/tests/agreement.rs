//! The tables and the rule-by-rule matcher of `explain` share no code after parsing: on random
//! rules and paths they must agree.
#![allow(clippy::unwrap_used, missing_docs)]

mod random;

use std::collections::BTreeSet;

use random::Random;
use timelocker_pattern::{
    Case, Dialect, EntryKind, Explanation, Pattern, PatternTable, Rule, Side, Verdict,
};

const PIECES: &[&str] = &[
    "a", "b", "c", "ab", "*", "*", "?", "**", "/", "/", "/**/", "**/", "/**", "/*", "[ab]", "[!a]",
    "[a-c]", "*a*", "b*", "*c", "***", ".",
];
/// Pieces of which a few need as many states as one automaton may have.
const LARGE_PIECES: &[&str] =
    &["a", "b", "/", "*a?????????", "*b?????????", "*c?????????", "a*", "**/", "*b"];
/// Pieces of which each takes more states than one automaton may have.
const HUGE_PIECES: &[&str] =
    &["*a??????????????", "*[ab]???????????????", "*b????????????????/", "a*", "/", "**/", "*c"];
const NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "ab",
    "ba",
    "abc",
    "cab",
    "bb",
    "x",
    ".a",
    "cabcabacbaab",
    "abbbabcabb",
    "bacabcabacbaabbcab",
];

/// Pieces that mean something, or something else, in the other dialects.
const REGEX_PIECES: &[&str] =
    &["a", "b", "c", ".", ".*", "[^a]", "/", "(a|b/c)", "^", "$", "b?", "c+", "[a-c]{2}", "(?i)B"];
const OTHER_PIECES: &[&str] =
    &["a", "b", "c", "ab", "*", "*", "?", "**", "/", "[ab]", "[!a]", "[^a]", "[a-c]", "B", "*a*"];
const DIALECTS: &[Dialect] =
    &[Dialect::Gitignore, Dialect::Fnmatch, Dialect::Restic, Dialect::Regex];

fn pattern(random: &mut Random, pieces: &[&'static str]) -> String {
    let mut text = String::new();
    match random.below(10) {
        0..=2 => text.push('!'),
        3 => text.push('/'),
        _ => {}
    }
    for _ in 0..=random.below(4) {
        text.push_str(random.pick(pieces));
    }
    if random.below(5) == 0 {
        text.push('/');
    }
    text
}

fn path(random: &mut Random) -> String {
    let names: Vec<&str> = (0..=random.below(3)).map(|_| random.pick(NAMES)).collect();
    names.join("/")
}

/// Whether the deciding rule selects the path.
fn selects(table: &PatternTable, explanation: &Explanation<'_, '_>) -> bool {
    let Some(rule) = explanation.rule() else {
        return table.rules().iter().all(|rule| rule.side() == Side::Exclude);
    };
    rule.pattern().starts_with(b"!") == (rule.side() == Side::Exclude)
}

/// What the sets took.
#[derive(Default)]
struct Taken {
    /// The numbers of automata.
    automata: BTreeSet<usize>,
    /// The most rules without one.
    simulated: usize,
}

fn agree(
    sets: usize,
    rules: usize,
    dialects: &[Dialect],
    pieces: &[&'static str],
    seed: u64,
) -> Taken {
    let mut taken = Taken::default();
    let mut random = Random(seed);
    let (mut checks, mut selected) = (0u32, 0u32);
    for _ in 0..sets {
        let mut builder = PatternTable::builder();
        for _ in 0..=random.below(rules) {
            let dialect = dialects[random.below(dialects.len())];
            let case =
                if random.below(4) == 0 { Case::Insensitive } else { dialect.default_case() };
            let side = if random.below(4) == 0 { Side::Include } else { Side::Exclude };
            let pieces = match dialect {
                Dialect::Regex => REGEX_PIECES,
                Dialect::Gitignore => pieces,
                _ => OTHER_PIECES,
            };
            let text = pattern(&mut random, pieces);
            // A pattern that can match nothing is refused, and left out.
            if let Ok(pattern) = Pattern::parse_with_case(text.as_bytes(), dialect, case) {
                builder = builder.rule(Rule::new(pattern, side));
            }
        }
        let table = builder.build().unwrap();
        taken.automata.insert(table.automata().len());
        taken.simulated = taken.simulated.max(table.simulated_rules());
        let explainer = table.explainer();
        for _ in 0..40 {
            let path = path(&mut random);
            for kind in [EntryKind::File, EntryKind::Directory] {
                let verdict = table.verdict(path.as_bytes(), kind);
                let explanation = explainer.explain(path.as_bytes(), kind);
                checks += 1;
                selected += u32::from(verdict == Verdict::Include);
                assert_eq!(
                    verdict == Verdict::Include,
                    selects(&table, &explanation),
                    "{path:?} as {kind:?} is {verdict:?}, but {:?} decides; seed {seed}, {:#?}",
                    explanation.rule().map(|rule| String::from_utf8_lossy(rule.pattern())),
                    table
                        .rules()
                        .iter()
                        .map(|rule| {
                            let text = String::from_utf8_lossy(rule.pattern());
                            format!(
                                "{:?} {:?} {:?} {text}",
                                rule.side(),
                                rule.dialect(),
                                rule.case()
                            )
                        })
                        .collect::<Vec<_>>(),
                );
            }
        }
    }
    // Neither answer may be so rare that the comparison is empty.
    assert!(selected > checks / 50 && selected < checks - checks / 20, "{selected} of {checks}");
    taken
}

#[test]
fn small_sets() {
    agree(1_500, 6, &[Dialect::Gitignore], PIECES, 1);
}

#[test]
fn sets_of_one_rule() {
    agree(1_500, 1, &[Dialect::Gitignore], PIECES, 2);
}

#[test]
fn sets_that_take_several_automata() {
    let taken = agree(25, 12, &[Dialect::Gitignore], LARGE_PIECES, 3);
    // By up to four at once, and by more: there are several ways through them.
    assert!(taken.automata.is_superset(&BTreeSet::from([2, 3, 4])), "{:?}", taken.automata);
    assert!(taken.automata.last() > Some(&4), "{:?}", taken.automata);
}

#[test]
fn sets_with_patterns_that_no_automaton_holds() {
    assert!(agree(8, 5, &[Dialect::Gitignore], HUGE_PIECES, 5).simulated > 1);
}

#[test]
fn tables_alone_refuse_what_no_automaton_holds() {
    let rules = || PatternTable::builder().exclude("*.o").exclude("*a???????????????");
    assert_eq!(rules().build().unwrap().simulated_rules(), 1);
    let error = rules().build_static().unwrap_err().to_string();
    assert!(error.starts_with("`*a???????????????` needs too many states"), "{error}");
}

#[test]
fn each_dialect_by_itself() {
    for (dialect, seed) in DIALECTS.iter().zip(10..) {
        agree(100, 1, &[*dialect], PIECES, seed);
        agree(100, 5, &[*dialect], PIECES, seed + 10);
    }
}

#[test]
fn dialects_in_one_set() {
    agree(150, 6, DIALECTS, PIECES, 4);
}

/// A directory that nothing can be selected below must say so, and one that something can must not.
#[test]
fn pruning_is_exact_for_one_automaton() {
    let table = PatternTable::builder().include("/a/*/c").exclude("/a/b").build().unwrap();
    let matcher = table.matcher();
    let a = matcher.step(&matcher.root(), b"a", EntryKind::Directory);
    assert_eq!(a.verdict, Verdict::Descend);
    let a = a.below.unwrap();
    assert_eq!(matcher.step(&matcher.root(), b"b", EntryKind::Directory).below, None);
    assert_eq!(matcher.step(&a, b"b", EntryKind::Directory).below, None);
    let x = matcher.step(&a, b"x", EntryKind::Directory).below.unwrap();
    assert_eq!(matcher.step(&x, b"d", EntryKind::Directory).below, None);
    let c = matcher.step(&x, b"c", EntryKind::Directory);
    assert_eq!(c.verdict, Verdict::Include);
    assert!(c.below.is_some(), "all below a directory of the include list is on it");
}

/// A directory that is selected, but nothing below it: it need not be opened.
#[test]
fn a_directory_kept_empty_is_not_opened() {
    let table = PatternTable::builder().exclude("/cache/*").build().unwrap();
    let matcher = table.matcher();
    let cache = matcher.step(&matcher.root(), b"cache", EntryKind::Directory);
    assert_eq!((cache.verdict, cache.below), (Verdict::Include, None));
}
