//! Asserted paths, held against the rules.

use timelocker_pattern::{EntryKind, Explainer, Explanation, PatternTable, Side, Verdict};

use crate::diagnostic::{Faults, TextFault};
use crate::input::assertion::{Assertion, Expected};

/// Reports the assertions that are not so, and those that can not be asked.
pub(super) fn check(assertions: &[Assertion], table: Option<&PatternTable>, faults: &mut Faults) {
    let explainer = table.map(PatternTable::explainer);
    for Assertion { path, expected } in assertions {
        match parse(&path.value) {
            Err(fault) => faults.text(path.span, &path.value, &fault),
            Ok((relative, kind)) => {
                // What rules with faults say is no news.
                let wrong = explainer
                    .as_ref()
                    .and_then(|explainer| wrong(explainer, relative, kind, *expected));
                if let Some(text) = wrong {
                    faults.at(path.span, text);
                }
            }
        }
    }
}

/// Reports the assertions of a profile that are so by its own rules, and not in a target with more.
pub(super) fn check_in_target(
    assertions: &[Assertion],
    target: &[u8],
    own: &PatternTable,
    common: &PatternTable,
    faults: &mut Faults,
) {
    let (own, common) = (own.explainer(), common.explainer());
    for Assertion { path, expected } in assertions {
        if let Ok((relative, kind)) = parse(&path.value)
            && wrong(&common, relative, kind, *expected).is_none()
            && let Some(text) = wrong(&own, relative, kind, *expected)
        {
            let target = target.escape_ascii();
            faults.at(path.span, format!("in the target `{target}`: {text}"));
        }
    }
}

/// The path as the rules see it. A `/` at the end makes it a directory.
fn parse(written: &[u8]) -> Result<(&[u8], EntryKind), TextFault> {
    let fault =
        |text: &'static str, span, help: &'static str| Err(TextFault::new(text, span, help));
    let (path, kind) = match written.strip_suffix(b"/") {
        Some(path) => (path, EntryKind::Directory),
        None => (written, EntryKind::File),
    };
    if path.is_empty() {
        return fault(
            "the target itself is no question for patterns: it is always entered",
            0..written.len(),
            "write the path of something below the target, without a `/` before it",
        );
    }
    if let Some(at) = path.iter().position(|&byte| byte == 0) {
        return fault("no path holds a NUL byte", at..at + 1, "remove the NUL byte");
    }
    const RELATIVE: &str = "write the path from the target on, as patterns see it: \
                            `a.odt` for `~/Documents/a.odt` of the target `~/Documents`";
    if path.starts_with(b"/") || path.starts_with(b"~/") || path == b"~" {
        return fault("asserted paths are relative to the target", 0..1, RELATIVE);
    }
    let mut start = 0;
    for component in path.split(|&byte| byte == b'/') {
        let end = start + component.len();
        match component {
            b"" => {
                return fault(
                    "no path has an empty component",
                    start - 1..(start + 1).min(written.len()),
                    "write one `/`",
                );
            }
            b"." | b".." => {
                return fault(
                    "paths are relative to the target and hold no `.` or `..`",
                    start..end,
                    "write the path from the target on, without them",
                );
            }
            _ => start = end + 1,
        }
    }
    Ok((path, kind))
}

impl Expected {
    fn is(self, verdict: Verdict) -> bool {
        verdict
            == match self {
                Self::Included => Verdict::Include,
                Self::Excluded => Verdict::Exclude,
                Self::Entered => Verdict::Descend,
            }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Excluded => "excluded",
            Self::Entered => "entered",
        }
    }
}

/// What to report of a path that is not what it is expected to be.
fn wrong(
    explainer: &Explainer<'_>,
    path: &[u8],
    kind: EntryKind,
    expected: Expected,
) -> Option<String> {
    let explanation = explainer.explain(path, kind);
    if expected.is(explanation.verdict()) {
        return None;
    }
    let is = match explanation.verdict() {
        Verdict::Include => "this is included",
        Verdict::Exclude => "this is excluded",
        Verdict::Descend => "this is entered: not selected itself, but something below it may be",
    };
    let mut text = format!("asserted to be {}, {is}", expected.word());
    text.push_str("\n    = note: ");
    text.push_str(&reason(&explanation, path));
    if explanation.verdict() == Verdict::Descend {
        text.push_str("\n    = help: write `=> entered` if that is how it should be");
    } else if kind == EntryKind::File
        && expected.is(explainer.explain(path, EntryKind::Directory).verdict())
    {
        text.push_str(
            "\n    = help: with a `/` at its end this would be a directory, and so it is",
        );
    }
    Some(text)
}

/// Which rule decided, and of which path.
fn reason(explanation: &Explanation<'_, '_>, path: &[u8]) -> String {
    let verdict = explanation.verdict();
    let Some(rule) = explanation.rule() else {
        let text = match verdict {
            Verdict::Include => "no pattern matches it, and there is no include list",
            Verdict::Exclude | Verdict::Descend => {
                "no pattern of the include list matches it, or a directory above it"
            }
        };
        return text.to_owned();
    };
    let at = explanation.decided_at();
    let subject = if at == path {
        "it".to_owned()
    } else {
        format!("the directory `{}/` above it", at.escape_ascii())
    };
    let does = match (rule.side(), verdict) {
        (Side::Exclude, Verdict::Exclude) => format!("excludes {subject}"),
        (Side::Exclude, _) => format!("takes {subject} off the exclude list"),
        (Side::Include, Verdict::Include) => format!("selects {subject}"),
        (Side::Include, _) => format!("takes {subject} off the include list"),
    };
    let place = rule.place().map(|place| format!(", at {place},")).unwrap_or_default();
    format!("the pattern `{}`{place} {does}", rule.pattern().escape_ascii())
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    #[test]
    fn a_slash_at_the_end_makes_a_directory() {
        let table: [(&[u8], &[u8], EntryKind); 5] = [
            (b"a", b"a", EntryKind::File),
            (b"a/", b"a", EntryKind::Directory),
            (b"a/b.odt", b"a/b.odt", EntryKind::File),
            (b"...", b"...", EntryKind::File),
            (b"caf\xe9/~", b"caf\xe9/~", EntryKind::File),
        ];
        for (written, path, kind) in table {
            assert_eq!(parse(written).ok(), Some((path, kind)), "{}", written.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_path_below_a_target_is_refused() {
        let table: [(&[u8], Range<usize>); 10] = [
            (b"", 0..0),
            (b"/", 0..1),
            (b"/etc", 0..1),
            (b"~/x", 0..1),
            (b"~", 0..1),
            (b"a//b", 1..3),
            (b"a//", 1..3),
            (b"a/../b", 2..4),
            (b"./a", 0..1),
            (b"a\0b", 1..2),
        ];
        for (written, span) in table {
            let fault = parse(written).map_err(|fault| fault.span);
            assert_eq!(fault, Err(span), "{}", written.escape_ascii());
        }
    }

    /// Every way in which a rule decides.
    #[test]
    fn the_reason_is_the_rule_that_decided() {
        let excluding = PatternTable::builder()
            .gitignore("x", b"*.tmp\n!keep.tmp\ntarget/\n")
            .build()
            .expect("good patterns");
        let including = PatternTable::builder()
            .include("*.odt")
            .include("/Documents/")
            .include("!*.part")
            .exclude("*.bak")
            .build()
            .expect("good patterns");
        let table: [(&PatternTable, &[u8], &str); 10] = [
            (&excluding, b"a.tmp", "the pattern `*.tmp`, at x:1, excludes it"),
            (
                &excluding,
                b"keep.tmp",
                "the pattern `!keep.tmp`, at x:2, takes it off the exclude list",
            ),
            (
                &excluding,
                b"a/target/b",
                "the pattern `target/`, at x:3, excludes the directory `a/target/` above it",
            ),
            (&excluding, b"a", "no pattern matches it, and there is no include list"),
            (&including, b"a.odt", "the pattern `*.odt` selects it"),
            (
                &including,
                b"Documents/a/b",
                "the pattern `/Documents/` selects the directory `Documents/` above it",
            ),
            (&including, b"Documents/a.bak", "the pattern `*.bak` excludes it"),
            (&including, b"a.part", "the pattern `!*.part` takes it off the include list"),
            (
                &including,
                b"a.txt",
                "no pattern of the include list matches it, or a directory above it",
            ),
            (
                &including,
                b"Music/",
                "no pattern of the include list matches it, or a directory above it",
            ),
        ];
        for (rules, written, expected) in table {
            let Ok((path, kind)) = parse(written) else { panic!("a path") };
            let explainer = rules.explainer();
            assert_eq!(reason(&explainer.explain(path, kind), path), expected);
        }
    }
}
