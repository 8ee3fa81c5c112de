//! The faster ways through the tables against single steps: they must agree on random names.
#![allow(clippy::unwrap_used, missing_docs)]

mod random;

use std::collections::BTreeSet;

use random::Random;
use timelocker_pattern::{EntryKind, Matcher, PatternTable, State, Step, Verdict};

/// A name of up to 12 letters: short ones and long ones end up side by side.
fn name(random: &mut Random) -> Vec<u8> {
    let len = 1 + random.below(12);
    (0..len).map(|_| b"abc.x"[random.below(5)]).collect()
}

fn kind(random: &mut Random) -> EntryKind {
    if random.below(2) == 0 { EntryKind::File } else { EntryKind::Directory }
}

const RULES: &[&str] = &[
    "*.a", "b*", "!ab*", "/a/**/b", "c?", "*x*", "!*xx", "[ab]/", "a*c", "/b/*", "!/b/a", "*.b*c",
];
/// Those with many `?` don't go together in one automaton.
const LARGE_RULES: &[&str] = &[
    "*a?????????",
    "/x/*",
    "*b?????????",
    "!*ab",
    "*c?????????",
    "!b*/a*",
    "*x?????????/",
    "*.?????????",
    "c*",
];

/// A table of half of the rules; a third of those without `!` make an include list.
fn table(random: &mut Random, rules: &[&str]) -> PatternTable {
    let mut builder = PatternTable::builder();
    for rule in rules {
        builder = match random.below(6) {
            0..=2 => builder,
            3 if !rule.starts_with('!') => builder.include(rule),
            _ => builder.exclude(rule),
        };
    }
    builder.build().unwrap()
}

/// Holds one directory's batch against its steps, and gives the states below it.
fn check(matcher: &Matcher<'_>, state: &State, names: &[(Vec<u8>, EntryKind)]) -> Vec<State> {
    let steps: Vec<Step> =
        names.iter().map(|(name, kind)| matcher.step(state, name, *kind)).collect();
    let mut batch = Vec::new();
    matcher.step_batch(state, names.iter().map(|(name, kind)| (&name[..], *kind)), |at, step| {
        assert_eq!(at, batch.len());
        batch.push(step);
    });
    assert_eq!(batch, steps, "{names:?}");
    steps.into_iter().filter_map(|step| step.below).collect()
}

/// Gives the numbers of automata that the sets took.
fn batches_are_steps(sets: usize, rules: &[&str], seed: u64) -> BTreeSet<usize> {
    let mut random = Random(seed);
    let mut automata = BTreeSet::new();
    for _ in 0..sets {
        let table = table(&mut random, rules);
        automata.insert(table.automata().len());
        let matcher = table.matcher();
        let mut states = vec![matcher.root()];
        for _ in 0..60 {
            let state = states[random.below(states.len())].clone();
            // Less than a batch, just one, several, and some left over.
            let names: Vec<_> =
                (0..random.below(14)).map(|_| (name(&mut random), kind(&mut random))).collect();
            states.extend(check(&matcher, &state, &names));
        }
    }
    automata
}

#[test]
fn batches_of_one_automaton_are_steps() {
    assert_eq!(batches_are_steps(100, RULES, 1), BTreeSet::from([1]));
}

#[test]
fn batches_of_several_automata_are_steps() {
    let automata = batches_are_steps(30, LARGE_RULES, 2);
    assert!(automata.is_superset(&BTreeSet::from([2, 3, 4, 5])), "{automata:?}");
}

/// The verdict on a whole path, by steps.
fn by_steps(table: &PatternTable, path: &[u8], kind: EntryKind) -> Verdict {
    let matcher = table.matcher();
    let mut state = matcher.root();
    let names: Vec<_> = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).collect();
    let Some((last, above)) = names.split_last() else { return Verdict::Descend };
    for name in above {
        match matcher.step(&state, name, EntryKind::Directory).below {
            Some(below) => state = below,
            None => return Verdict::Exclude,
        }
    }
    matcher.step(&state, last, kind).verdict
}

#[test]
fn whole_paths_are_their_steps() {
    for (rules, sets, seed) in [(RULES, 60, 3), (LARGE_RULES, 20, 4)] {
        let mut random = Random(seed);
        for _ in 0..sets {
            let table = table(&mut random, rules);
            for _ in 0..100 {
                let names: Vec<_> = (0..random.below(5)).map(|_| name(&mut random)).collect();
                let mut path = names.join(&b'/');
                // Separators too many change nothing.
                for _ in 0..random.below(3) {
                    path.insert(random.below(path.len() + 1), b'/');
                }
                let kind = kind(&mut random);
                let verdict = table.verdict(&path, kind);
                assert_eq!(verdict, by_steps(&table, &path, kind), "{}", path.escape_ascii());
            }
        }
    }
}

/// Tables whose offsets don't fit in two bytes as they are.
#[test]
fn large_tables_match_as_their_rules_do() {
    let mut random = Random(5);
    let mut name = || {
        let letters = (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').collect::<Vec<u8>>();
        (0..8).map(|_| char::from(letters[random.below(letters.len())])).collect::<String>()
    };
    let names: Vec<String> = (0..190).map(|_| name()).collect();
    let text = names.join("\n");
    let table = PatternTable::builder().gitignore("many", text.as_bytes()).build().unwrap();
    let parts = table.automata().iter().map(|automaton| automaton.parts());
    assert!(parts.into_iter().any(|parts| parts.shift > 0), "{table:?}");
    for name in &names {
        let verdict = |path: String| table.verdict(path.as_bytes(), EntryKind::File);
        assert_eq!(verdict(format!("x/{name}")), Verdict::Exclude);
        assert_eq!(verdict(format!("{name}/x")), Verdict::Exclude);
        assert_eq!(verdict(format!("x/{name}x")), Verdict::Include);
        assert_eq!(verdict(format!("x/{}", &name[1..])), Verdict::Include);
    }
}
