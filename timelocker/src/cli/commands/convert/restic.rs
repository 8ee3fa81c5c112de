//! restic's `--exclude-file` and `--iexclude-file`: its language is one of the dialects.

use super::list::{List, NoteKind, Written};
use crate::pattern::{Case, Dialect};

pub(super) fn restic(list: &mut List<'_>, case: Case) {
    for (line, text) in (1..).zip(list.lines.clone()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let expanded = expand(text, |name| {
            let value = std::env::var(name).ok();
            let (kind, message) = match &value {
                Some(value) => (NoteKind::Info, format!("`${name}` is taken to be {value}")),
                None => {
                    (NoteKind::Differs, format!("`${name}` is not set here, and so it is nothing"))
                }
            };
            list.note(line, kind, message);
            value.unwrap_or_default()
        });
        let takes = expanded.starts_with('!');
        let text = expanded.strip_prefix('!').unwrap_or(&expanded);
        list.step(line, takes, Written { text: text.to_owned(), dialect: Dialect::Restic, case });
    }
}

/// Variables as Go's `os.Expand` has them: `$NAME`, `${NAME}`, and `$$` for `$`.
fn expand(text: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(behind) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = behind;
        } else if let Some((name, behind)) =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
        {
            if !name.is_empty() {
                expanded.push_str(&value(name));
            }
            rest = behind;
        } else {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            // Of digits it is the first alone.
            let end = if rest.starts_with(|c: char| c.is_ascii_digit()) { 1 } else { end };
            match &rest[..end] {
                "" => expanded.push('$'),
                name => expanded.push_str(&value(name)),
            }
            rest = &rest[end..];
        }
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        for (text, expected) in [
            ("$HOME/x", "<HOME>/x"),
            ("!${HOME}x", "!<HOME>x"),
            ("a$$b", "a$b"),
            ("$1a", "<1>a"),
            ("x$", "x$"),
            ("$/a", "$/a"),
            ("${}a", "a"),
        ] {
            assert_eq!(expand(text, |name| format!("<{name}>")), expected);
        }
    }
}
