use super::*;
use crate::builder::Builder;
use crate::syntax::{Dialect, Pattern};
use crate::table::PatternTable;
use crate::verdict::{EntryKind, Verdict};

fn exclude(patterns: &[&str]) -> Builder {
    patterns.iter().fold(PatternTable::builder(), |all, pattern| all.exclude(pattern))
}

/// The lints with the index of their rule, the index of the other, and the witness.
fn found(rules: &Builder) -> Vec<(Lint, Option<usize>, Option<usize>, String)> {
    let found = rules.lint().into_iter().map(|finding| {
        let witness = finding.witness().unwrap_or_default().escape_ascii().to_string();
        (finding.lint(), finding.rule(), finding.other(), witness)
    });
    found.collect()
}

#[test]
fn exclude_lists() {
    use Lint::{Duplicate, ExcludesEverything, MatchesNothing, NeverDecides, UnreachableReinclude};
    type Expected<'e> = (Lint, Option<usize>, Option<usize>, &'e str);
    let table: &[(&[&str], &[Expected<'_>])] = &[
        (&["target/", "*.o", "!keep.o"], &[]),
        (&["*.log", "!important.log", "*.tmp"], &[]),
        (&["build/*", "!build/keep.txt"], &[]),
        (&["*", "!*/", "!*.rs"], &[]),
        (&["/*", "!/home", "/home/*", "!/home/me"], &[]),
        (
            &["build/", "!build/keep.txt"],
            &[(UnreachableReinclude, Some(1), Some(0), "build/keep.txt")],
        ),
        (
            &["*", "!*.rs", "!src/main.rs"],
            &[(UnreachableReinclude, Some(2), Some(0), "src/main.rs")],
        ),
        // It is taken back one level down by the first, and stays excluded by the second.
        (
            &["a/", "!a/", "a/b/", "!a/b/c"],
            &[
                (NeverDecides, Some(0), Some(1), "a"),
                (UnreachableReinclude, Some(3), Some(2), "a/b/c"),
            ],
        ),
        (&["*.tmp", "cache/", "*.tmp"], &[(Duplicate, Some(0), Some(2), "")]),
        (
            &["*.o", "!*.o", "*.o"],
            &[(Duplicate, Some(0), Some(2), ""), (NeverDecides, Some(1), Some(2), "x.o")],
        ),
        (&["cache/", "cache/**"], &[(NeverDecides, Some(1), Some(0), "cache/x")]),
        (
            &["/var/log/*.log", "*.l?g", "debug.log"],
            &[(NeverDecides, Some(0), Some(1), "var/log/x.log")],
        ),
        (&["!keep", "*.tmp"], &[(NeverDecides, Some(0), None, "")]),
        // Two together are in the way of a third.
        (&["[ab].o", "a.*", "b.*"], &[(NeverDecides, Some(0), Some(1), "a.o")]),
        (&["[abc].o", "a.*", "b.*"], &[]),
        // It decides on directories alone.
        (&["*.d", "!*.d", "*.d/"], &[(NeverDecides, Some(0), Some(1), "x.d")]),
        (&["**"], &[(ExcludesEverything, None, Some(0), "")]),
        (
            &["*.o", "/*"],
            &[(NeverDecides, Some(0), Some(1), "x.o"), (ExcludesEverything, None, Some(1), "")],
        ),
        // `!keep` itself is kept.
        (&["**", "!keep"], &[]),
        (&["[!x]*", "x*", "!/y"], &[]),
        (&["[!x]*", "x*"], &[(ExcludesEverything, None, None, "")]),
    ];
    for (patterns, expected) in table {
        let found = found(&exclude(patterns));
        let found: Vec<Expected<'_>> = found
            .iter()
            .map(|(lint, rule, other, path)| (*lint, *rule, *other, &path[..]))
            .collect();
        assert_eq!(found, *expected, "{patterns:?}");
    }
    let rooted = Pattern::parse(b"^/home/", Dialect::Regex).expect("a good pattern");
    let rules = exclude(&["*.o"]).rule(Rule::new(rooted, Side::Exclude));
    assert_eq!(found(&rules), [(MatchesNothing, Some(1), None, String::new())]);
}

#[test]
fn include_lists() {
    let include = |rules: Builder, patterns: &[&str]| {
        patterns.iter().fold(rules, |all, pattern| all.include(pattern))
    };
    let fine = include(exclude(&["*.bak"]), &["/docs", "*.odt"]);
    assert_eq!(found(&fine), []);

    let excluded = include(exclude(&["docs"]), &["/docs", "*.odt"]);
    let never = (Lint::NeverDecides, Some(1), Some(0), String::from("docs"));
    assert_eq!(found(&excluded), [never]);

    let nothing = include(exclude(&["docs"]), &["/docs/a"]);
    assert_eq!(
        found(&nothing),
        [
            (Lint::NeverDecides, Some(1), Some(0), String::from("docs/a")),
            (Lint::SelectsNothing, None, Some(0), String::from("docs/a")),
        ]
    );

    let taken_back = include(exclude(&[]), &["/docs", "!/docs"]);
    assert_eq!(
        found(&taken_back),
        [
            (Lint::NeverDecides, Some(0), Some(1), String::from("docs")),
            (Lint::SelectsNothing, None, None, String::new()),
        ]
    );

    let below = include(exclude(&[]), &["/docs", "!*.tmp", "!/docs/*.bak"]);
    let unreachable = (Lint::NeverDecides, Some(2), Some(0), String::from("docs/x.bak"));
    assert_eq!(found(&below), [unreachable]);
}

/// The help of the finding about a rule.
fn help(rules: &Builder, rule: usize) -> String {
    let found = rules.lint().into_iter().find(|finding| finding.rule() == Some(rule));
    found.expect("a finding").help().to_owned()
}

#[test]
fn no_include_list_is_emptied() {
    let keep = |help: String| help.contains("everything is selected");
    assert!(keep(help(&exclude(&["docs"]).include("/docs/a"), 1)));
    assert!(keep(help(&exclude(&[]).include("/docs").include("!/docs"), 0)));
    assert!(keep(help(&exclude(&["docs"]).include("!/docs"), 1)));
    // What is left selects something.
    assert!(!keep(help(&exclude(&["docs"]).include("/docs/a").include("/src"), 1)));
}

#[test]
fn the_help_for_an_unreachable_pattern_helps() {
    let table: &[(&[&str], &str)] = &[
        (&["build/"], "!build/keep"),
        (&["b*/"], "!build/keep"),
        (&["*", "!*.rs"], "!src/main"),
        (&["build/"], "!build/a/b/keep"),
        (&[r"a\*b"], r"!/a\*b/keep"),
        (&["b [x]"], "!/b [x]/keep"),
    ];
    for (before, reinclude) in table {
        let mut patterns: Vec<String> = before.iter().map(ToString::to_string).collect();
        patterns.push((*reinclude).to_owned());
        loop {
            let rules = exclude(&patterns.iter().map(String::as_str).collect::<Vec<_>>());
            let found = rules.lint();
            let Some(finding) =
                found.iter().find(|finding| finding.lint() == Lint::UnreachableReinclude)
            else {
                break;
            };
            assert!(patterns.len() < 12, "{patterns:?}");
            let advised = finding.help().split('`').skip(1).step_by(2).map(str::to_owned);
            patterns.splice(patterns.len() - 1..patterns.len() - 1, advised);
        }
        let table = exclude(&patterns.iter().map(String::as_str).collect::<Vec<_>>())
            .build()
            .expect("good patterns");
        let kept = reinclude.trim_start_matches(['!', '/']).replace(r"\*", "*").replace("[x]", "x");
        let beside = format!("{kept}.other");
        assert_eq!(table.verdict(kept.as_bytes(), EntryKind::File), Verdict::Include, "{kept}");
        assert_eq!(table.verdict(beside.as_bytes(), EntryKind::File), Verdict::Exclude, "{kept}");
    }
}
