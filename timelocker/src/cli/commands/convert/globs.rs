//! Files of gitignore's patterns: git's own, and rustic's globs, in which `!` means the reverse.

use super::list::{List, NoteKind, Written};
use crate::pattern::{Case, Dialect, IgnoreLines};

/// A `.gitignore`: the same patterns.
pub(super) fn gitignore(list: &mut List<'_>, content: &str, case: Case) {
    for line in IgnoreLines::new(content.as_bytes()) {
        let text = String::from_utf8_lossy(line.pattern.text()).into_owned();
        let takes = line.pattern.is_negated();
        let text = if takes { text[1..].to_owned() } else { text };
        if let Some(fault) = line.pattern.fault() {
            let message = format!("{}; git takes it, and it never matches", fault.message());
            list.note(line.number, NoteKind::Info, message);
            continue;
        }
        list.step(line.number, takes, Written { text, dialect: Dialect::Gitignore, case });
    }
}

/// The globs of `--glob-file`: what one matches is taken, what one with `!` matches is left out, and
/// once there is one without, what none matches is left out too.
pub(super) fn rustic(list: &mut List<'_>, content: &str, case: Case) {
    for line in IgnoreLines::new(content.as_bytes()) {
        let text = String::from_utf8_lossy(line.pattern.text()).into_owned();
        let takes = !line.pattern.is_negated();
        let text = if takes { &*text } else { &text[1..] };
        let Some(alternatives) = braces(text) else {
            let message = "the braces stand for too many patterns, or are not closed; left out";
            list.note(line.number, NoteKind::LeftOut, message);
            continue;
        };
        let names_a_directory = !text.ends_with("**") && !text.ends_with("/*");
        if takes && names_a_directory {
            let message = "of a directory of that name all is selected; rustic selects only entries \
                           that match themselves";
            list.note(line.number, NoteKind::Differs, message);
        }
        list.leaves_the_rest |= takes;
        for text in alternatives {
            list.step(line.number, takes, Written { text, dialect: Dialect::Gitignore, case });
        }
    }
}

/// More than anybody writes.
const MOST_ALTERNATIVES: usize = 64;

/// What `{a,b}` stands for, which git's patterns don't have.
pub(super) fn braces(text: &str) -> Option<Vec<String>> {
    let Some((before, inside, behind)) = first_group(text)? else {
        return Some(vec![text.to_owned()]);
    };
    let mut all = Vec::new();
    for part in inside {
        all.extend(braces(&format!("{before}{part}{behind}"))?);
        if all.len() > MOST_ALTERNATIVES {
            return None;
        }
    }
    Some(all)
}

/// What is before the first group, its alternatives and what is behind it; none if it is not closed.
type Group<'t> = (&'t str, Vec<&'t str>, &'t str);

fn first_group(text: &str) -> Option<Option<Group<'_>>> {
    let (mut begin, mut depth, mut part) = (None, 0_u32, 0);
    let mut parts = Vec::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {
                escaped = false;
                continue;
            }
            '\\' => escaped = true,
            '{' => {
                depth += 1;
                if depth == 1 && begin.is_none() {
                    (begin, part) = (Some(at), at + 1);
                }
            }
            ',' if depth == 1 => {
                parts.push(&text[part..at]);
                part = at + 1;
            }
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    parts.push(&text[part..at]);
                    return Some(begin.map(|begin| (&text[..begin], parts, &text[at + 1..])));
                }
            }
            _ => {}
        }
    }
    if depth > 0 { None } else { Some(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_spread() {
        for (text, expected) in [
            ("*.o", Some(&["*.o"][..])),
            ("*.{o,a}", Some(&["*.o", "*.a"])),
            ("{a,b}{c,d}", Some(&["ac", "ad", "bc", "bd"])),
            ("x{a,{b,c}y}", Some(&["xa", "xby", "xcy"])),
            (r"\{a,b\}", Some(&[r"\{a,b\}"])),
            ("a}b", Some(&["a}b"])),
            ("{a,b", None),
        ] {
            let found = braces(text);
            assert_eq!(
                found,
                expected.map(|all| all.iter().map(|text| text.to_string()).collect())
            );
        }
        assert_eq!(braces(&"{a,b}".repeat(7)), None);
    }
}
