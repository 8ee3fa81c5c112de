//! Patterns for whole paths, brought below a target: in a profile they begin there.

use super::list::Written;
use crate::pattern::{Case, Dialect, EntryKind, Pattern};

/// What a pattern says of a target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Below {
    /// The same for what is below it; there may be several ways.
    pub(super) patterns: Vec<Written>,
    /// Whether it matches the target itself, or a directory above it.
    pub(super) is_target: bool,
}

/// The pattern, a glob, as it is below the target, whose components these are.
pub(super) fn below(pattern: &Written, target: &[&str]) -> Below {
    if target.is_empty() || pattern.dialect == Dialect::Regex {
        return Below { patterns: vec![pattern.clone()], is_target: false };
    }
    let (components, directory_only) = components(pattern);
    let glob = Glob { dialect: pattern.dialect, case: pattern.case };
    let mut found = Vec::new();
    let is_target = glob.rest(&components, target, &mut found);
    let mut patterns = Vec::new();
    for rest in found {
        let text = join(&rest, pattern.dialect, directory_only);
        let written = Written { text, ..pattern.clone() };
        if !patterns.contains(&written) {
            patterns.push(written);
        }
    }
    Below { patterns, is_target }
}

/// The components from the root; `**` stands for any number, and for none.
fn components(pattern: &Written) -> (Vec<&str>, bool) {
    let text = &*pattern.text;
    let (body, directory_only) = match text.strip_suffix('/') {
        Some(body) if pattern.dialect == Dialect::Gitignore => (body, true),
        _ => (text, false),
    };
    let is_anchored = match pattern.dialect {
        Dialect::Gitignore => body.contains('/'),
        _ => body.starts_with('/'),
    };
    let mut components: Vec<&str> = body.split('/').filter(|part| !part.is_empty()).collect();
    if !is_anchored && components.first() != Some(&"**") {
        components.insert(0, "**");
    }
    (components, directory_only)
}

/// A pattern of these components.
pub(super) fn join(components: &[&str], dialect: Dialect, directory_only: bool) -> String {
    let end = if directory_only { "/" } else { "" };
    let text = match (components, dialect) {
        (["**", name], Dialect::Gitignore) if *name != "**" => format!("{name}{end}"),
        (["**", rest @ ..], Dialect::Restic) if !rest.is_empty() => rest.join("/"),
        (["**", ..], _) => format!("{}{end}", components.join("/")),
        _ => format!("/{}{end}", components.join("/")),
    };
    match text.chars().next() {
        Some('#' | '!') => format!("\\{text}"),
        _ => text,
    }
}

struct Glob {
    dialect: Dialect,
    case: Case,
}

impl Glob {
    /// Gathers what is left of a pattern behind the target, and tells whether it ends before.
    fn rest<'p>(
        &self,
        pattern: &[&'p str],
        target: &[&str],
        found: &mut Vec<Vec<&'p str>>,
    ) -> bool {
        match (pattern, target) {
            ([], _) => true,
            (_, []) => {
                found.push(pattern.to_vec());
                false
            }
            (["**", behind @ ..], [_, below @ ..]) => {
                let through = self.rest(pattern, below, found);
                // `**` at the end is no match of the directory before it.
                let here = !behind.is_empty() && self.rest(behind, target, found);
                through || here
            }
            ([first, behind @ ..], [name, below @ ..]) => {
                self.matches(first, name) && self.rest(behind, below, found)
            }
        }
    }

    fn matches(&self, component: &str, name: &str) -> bool {
        let pattern = Pattern::parse_with_case(component.as_bytes(), self.dialect, self.case);
        pattern.is_ok_and(|pattern| pattern.matches(name.as_bytes(), EntryKind::Directory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_begin_at_the_target() {
        let target = ["home", "ada"];
        for (dialect, text, expected, is_target) in [
            (Dialect::Gitignore, "*.o", &["*.o"][..], false),
            (Dialect::Gitignore, "ada", &["ada"], true),
            (Dialect::Gitignore, "/home/*/.cache/", &["/.cache/"], false),
            (Dialect::Gitignore, "/home/ada", &[], true),
            (Dialect::Gitignore, "/home", &[], true),
            (Dialect::Gitignore, "/home/eve/x", &[], false),
            (Dialect::Gitignore, "/etc", &[], false),
            (Dialect::Gitignore, "/home/**/x", &["x"], false),
            (Dialect::Gitignore, "**/ada/x", &["**/ada/x", "/x"], false),
            (Dialect::Gitignore, "/home/ada/**", &["**"], false),
            (Dialect::Restic, "*.go", &["*.go"], false),
            (Dialect::Restic, "foo/**/bar", &["foo/**/bar"], false),
            (Dialect::Restic, "/home/ada/*", &["/*"], false),
            (Dialect::Restic, "ada/x", &["ada/x", "/x"], false),
            (Dialect::Restic, "ada", &["ada"], true),
            (Dialect::Restic, "/srv", &[], false),
        ] {
            let found = below(&Written::new(text, dialect), &target);
            let texts: Vec<&str> = found.patterns.iter().map(|found| &*found.text).collect();
            assert_eq!((&texts[..], found.is_target), (expected, is_target), "{text}");
        }
    }
}
