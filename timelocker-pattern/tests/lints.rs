//! What the lints say, held against every path of a small world, each explained rule by rule.
#![allow(clippy::unwrap_used, missing_docs)]

mod random;

use random::Random;
use timelocker_pattern::{
    Builder, Dialect, EntryKind, Lint, Pattern, PatternTable, Rule, Side, Verdict,
};

/// Patterns that tell no names apart but those of the small world, and no paths that are deeper.
const PATTERNS: &[&str] = &[
    "a", "b", "*", "?", "a*", "*a", "[ab]", "[!a]", "/a", "/b", "/*", "a/", "b/", "*/", "a/b",
    "a/*", "/a/", "*/b", "a/**", "**/b", "**", "a/b/", "a/*/", "ab", "b*/",
];
const NAMES: &[&str] = &["a", "b", "c", "aa", "ab", "ba", "bb", "ac", "ca", "bc", "cb", "cc"];

fn paths() -> Vec<String> {
    let mut paths: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    for depth in 1..3 {
        let of_depth = |path: &&String| path.matches('/').count() == depth - 1;
        let above: Vec<String> = paths.iter().filter(of_depth).cloned().collect();
        paths.extend(
            above.iter().flat_map(|above| NAMES.iter().map(move |n| format!("{above}/{n}"))),
        );
    }
    paths
}

#[test]
fn lints_agree_with_every_path_of_a_small_world() {
    let paths = paths();
    let mut random = Random(1);
    let mut counts = [0usize; 3];
    for set in 0..400 {
        let mut rules = Vec::new();
        for _ in 0..=random.below(6) {
            let negation = if random.below(3) == 0 { "!" } else { "" };
            let pattern = format!("{negation}{}", PATTERNS[random.below(PATTERNS.len())]);
            let pattern = Pattern::parse(pattern.as_bytes(), Dialect::Gitignore).unwrap();
            let side =
                if set % 3 == 0 && random.below(2) == 0 { Side::Include } else { Side::Exclude };
            rules.push(Rule::new(pattern, side));
        }
        let builder =
            rules.iter().fold(PatternTable::builder(), |all, rule| all.rule(rule.clone()));
        check(builder, &rules, &paths, &mut counts);
    }
    assert!(counts.iter().all(|&count| count > 50), "{counts:?}");
}

fn check(builder: Builder, rules: &[Rule], paths: &[String], counts: &mut [usize; 3]) {
    let findings = builder.lint();
    let table = builder.build().unwrap();
    let exclude = one_side(rules, Side::Exclude);
    let include = one_side(rules, Side::Include);
    let (exclude, include) = (exclude.explainer(), include.explainer());
    let number = |side, index| {
        let of_side = |(_, rule): &(usize, &Rule)| rule.side() == side;
        rules.iter().enumerate().filter(of_side).nth(index).unwrap().0
    };
    let mut decides = vec![false; rules.len()];
    let mut selects = false;
    for path in paths {
        for kind in [EntryKind::File, EntryKind::Directory] {
            let path = path.as_bytes();
            selects |= table.verdict(path, kind) == Verdict::Include;
            let excluded = exclude.explain(path, kind);
            if let Some(index) = excluded.rule_index() {
                decides[number(Side::Exclude, index)] = true;
            }
            let is_excluded = excluded.rule().is_some_and(|rule| !rule.pattern().starts_with(b"!"));
            if !is_excluded && let Some(index) = include.explain(path, kind).rule_index() {
                decides[number(Side::Include, index)] = true;
            }
        }
    }
    let shown: Vec<_> = rules
        .iter()
        .map(|rule| (rule.side(), rule.pattern().text().escape_ascii().to_string()))
        .collect();
    for (index, rule) in rules.iter().enumerate() {
        let finding = findings.iter().find(|finding| finding.rule() == Some(index));
        let nothing_before = !rules[..index]
            .iter()
            .any(|before| before.side() == rule.side() && !before.pattern().is_negated());
        let expected = !decides[index] || (rule.pattern().is_negated() && nothing_before);
        assert_eq!(finding.is_some(), expected, "rule {index} of {shown:?}: {finding:?}");
        counts[0] += usize::from(finding.is_some());
        counts[1] += usize::from(finding.is_none());
    }
    let whole = findings.iter().find(|finding| finding.rule().is_none());
    assert_eq!(whole.is_some(), !selects, "{shown:?}: {whole:?}");
    if let Some(whole) = whole {
        let has_include_list = rules.iter().any(|rule| rule.side() == Side::Include);
        let lint = if has_include_list { Lint::SelectsNothing } else { Lint::ExcludesEverything };
        assert_eq!(whole.lint(), lint, "{shown:?}");
        counts[2] += 1;
    }
}

/// The rules of one list, as excludes: then `explain` is about them alone.
fn one_side(rules: &[Rule], side: Side) -> PatternTable {
    let of_side = rules.iter().filter(|rule| rule.side() == side);
    let as_exclude = |rule: &Rule| Rule::new(rule.pattern().clone(), Side::Exclude);
    of_side.fold(PatternTable::builder(), |all, rule| all.rule(as_exclude(rule))).build().unwrap()
}
