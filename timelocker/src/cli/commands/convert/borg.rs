//! borg's exclude files and files of patterns, in its styles `fm:`, `sh:`, `pp:`, `pf:` and `re:`.

use super::anchor::join;
use super::globs::braces;
use super::list::{List, NoteKind, Written};
use crate::pattern::Dialect;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Fnmatch,
    Shell,
    Prefix,
    Full,
    Regex,
}

/// What a pattern matches.
#[derive(Debug, PartialEq, Eq)]
enum Matched {
    Everything,
    Patterns(Vec<Written>),
}

pub(super) fn borg(list: &mut List<'_>) {
    let lines: Vec<(u32, &str)> = (1..)
        .zip(list.lines.iter().map(|line| line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let is_command = |line: &str| {
        let mut chars = line.chars();
        chars.next().is_some_and(|c| "+-!RrPp".contains(c)) && chars.next() == Some(' ')
    };
    if lines.iter().all(|(_, line)| is_command(line)) {
        patterns(list, &lines);
    } else {
        excludes(list, &lines);
    }
}

/// The lines of `--exclude-from`: whatever one of them matches is left out.
fn excludes(list: &mut List<'_>, lines: &[(u32, &str)]) {
    for &(line, text) in lines {
        match converted(text, Style::Fnmatch) {
            Ok(Matched::Patterns(patterns)) => {
                patterns.into_iter().for_each(|pattern| list.step(line, false, pattern));
            }
            Ok(Matched::Everything) => {
                list.step(line, false, Written::new("*", Dialect::Gitignore));
            }
            Err(message) => list.note(line, NoteKind::LeftOut, message),
        }
    }
}

/// The lines of `--patterns-from`: the first that matches decides.
fn patterns(list: &mut List<'_>, lines: &[(u32, &str)]) {
    let mut style = Style::Shell;
    let mut all_is_said = false;
    list.enters_excluded = true;
    for &(line, text) in lines {
        let (command, rest) = text.split_at(1);
        let rest = rest.trim_start();
        if all_is_said && !matches!(command, "R" | "r" | "P" | "p") {
            list.note(line, NoteKind::Info, "left out: a line before it matches everything");
            continue;
        }
        let takes = match command {
            "R" | "r" => {
                list.roots.push(rest.to_owned());
                continue;
            }
            "P" | "p" => {
                match style_named(rest) {
                    Some(named) => style = named,
                    None => {
                        list.note(line, NoteKind::LeftOut, "there is no such style of patterns");
                    }
                }
                continue;
            }
            command => command == "+",
        };
        let by_itself = matches!(style_and_rest(rest, style), Ok((Style::Full | Style::Regex, _)));
        if by_itself && command != "!" {
            let message = "what lies below a directory that it matches goes with it; borg looks at \
                           each entry by itself";
            list.note(line, NoteKind::Differs, message);
        }
        match converted(rest, style) {
            Ok(Matched::Everything) => {
                all_is_said = true;
                list.leaves_the_rest = !takes;
            }
            Ok(Matched::Patterns(patterns)) => {
                let with_all_below = |pattern| if takes { in_restic(pattern) } else { pattern };
                let patterns = patterns.into_iter().map(with_all_below);
                patterns.for_each(|pattern| list.step(line, takes, pattern));
            }
            Err(message) => list.note(line, NoteKind::LeftOut, message),
        }
    }
    // In a profile the last one decides.
    list.steps.reverse();
}

/// The same in restic's language, where a `!` takes back what is below a directory too.
fn in_restic(pattern: Written) -> Written {
    match pattern.dialect {
        Dialect::Gitignore => {
            let text = pattern.text.strip_prefix("**/").unwrap_or(&pattern.text);
            Written::new(text, Dialect::Restic)
        }
        _ => pattern,
    }
}

fn style_named(name: &str) -> Option<Style> {
    match name {
        "fm" => Some(Style::Fnmatch),
        "sh" => Some(Style::Shell),
        "pp" => Some(Style::Prefix),
        "pf" => Some(Style::Full),
        "re" => Some(Style::Regex),
        _ => None,
    }
}

fn style_and_rest(text: &str, style: Style) -> Result<(Style, &str), String> {
    match text.split_once(':') {
        Some((name, rest))
            if name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            let style = style_named(name);
            style.map(|style| (style, rest)).ok_or("there is no such style of patterns".to_owned())
        }
        _ => Ok((style, text)),
    }
}

fn converted(text: &str, style: Style) -> Result<Matched, String> {
    let (style, text) = style_and_rest(text, style)?;
    if style == Style::Regex {
        return Ok(Matched::Patterns(vec![Written::new(text, Dialect::Regex)]));
    }
    let contents = text.ends_with('/') && matches!(style, Style::Fnmatch | Style::Shell);
    let components = normal(text);
    if components.is_empty() {
        return Ok(Matched::Everything);
    }
    let patterns = match style {
        Style::Fnmatch => fnmatch(&components, contents),
        Style::Shell => return shell(text, &components, contents),
        _ => vec![literal(&components)],
    };
    Ok(match &patterns[..] {
        [Written { text, dialect: Dialect::Gitignore, .. }] if text == "/*" || text == "*" => {
            Matched::Everything
        }
        _ => Matched::Patterns(patterns),
    })
}

/// As Python's `normpath`, without the root.
fn normal(text: &str) -> Vec<&str> {
    let mut components = Vec::new();
    for component in text.split('/') {
        match component {
            "" | "." => {}
            ".." if !components.is_empty() => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    components
}

/// A path, and what is below it.
fn literal(components: &[&str]) -> Written {
    let escaped: Vec<String> = components.iter().map(|component| escaped(component)).collect();
    let parts: Vec<&str> = escaped.iter().map(String::as_str).collect();
    Written::new(join(&parts, Dialect::Gitignore, false), Dialect::Gitignore)
}

/// A name in which nothing has a meaning of its own. What ends in a blank needs it too.
fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for c in name.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    match escaped.strip_suffix(' ') {
        Some(before) => format!("{before}\\ "),
        None => escaped,
    }
}

/// In `fm:` a `*` crosses `/`, which takes several components; `?` and classes can be a `/` as well.
fn fnmatch(components: &[&str], contents: bool) -> Vec<Written> {
    let stars: usize = components.iter().map(|component| inner_stars(component)).sum();
    if stars > 3 || components.iter().any(|component| component.contains(['?', '['])) {
        return vec![expression(&components.join("/"), contents)];
    }
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    let last = components.len() - 1;
    for (at, component) in components.iter().enumerate() {
        let pieces: Vec<&str> = component.split('*').filter(|piece| !piece.is_empty()).collect();
        let (opens, closes) = (component.starts_with('*'), component.ends_with('*'));
        if pieces.is_empty() {
            for path in &mut all {
                path.push("*".to_owned());
                path.extend((at < last).then(|| "**".to_owned()));
            }
            continue;
        }
        if opens {
            all.iter_mut().for_each(|path| path.push("**".to_owned()));
        }
        let star = |is_there: bool| if is_there { "*" } else { "" };
        let mut heads: Vec<Vec<String>> = vec![Vec::new()];
        let mut open: Vec<String> = vec![format!("{}{}", star(opens), escaped(pieces[0]))];
        for piece in &pieces[1..] {
            let mut next_heads = Vec::new();
            let mut next_open = Vec::new();
            for (head, open) in heads.iter().zip(&open) {
                // Within the component, or across others.
                next_heads.push(head.clone());
                next_open.push(format!("{open}*{}", escaped(piece)));
                let mut crossed = head.clone();
                crossed.extend([format!("{open}*"), "**".to_owned()]);
                next_heads.push(crossed);
                next_open.push(format!("*{}", escaped(piece)));
            }
            (heads, open) = (next_heads, next_open);
        }
        let mut next = Vec::new();
        for path in &all {
            for (head, open) in heads.iter().zip(&open) {
                let mut path = path.clone();
                path.extend(head.iter().cloned());
                path.push(format!("{open}{}", star(closes)));
                path.extend((closes && at < last).then(|| "**".to_owned()));
                next.push(path);
            }
        }
        all = next;
    }
    let written = |mut path: Vec<String>| {
        path.extend(contents.then(|| "*".to_owned()));
        path.dedup_by(|one, other| one == "**" && other == "**");
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        Written::new(join(&parts, Dialect::Gitignore, false), Dialect::Gitignore)
    };
    all.into_iter().map(written).collect()
}

/// How many runs of `*` stand between other characters.
fn inner_stars(component: &str) -> usize {
    component.split('*').filter(|piece| !piece.is_empty()).count().saturating_sub(1)
}

/// The same as a regular expression, for what globs can't say.
fn expression(pattern: &str, contents: bool) -> Written {
    let mut expression = String::from("^");
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => expression.push_str("(?s-u:.)*"),
            '?' => expression.push_str("(?s:.)"),
            '[' => match class(rest) {
                Some((class, behind)) => {
                    expression.push_str(&class);
                    rest = behind;
                }
                None => expression.push_str(r"\["),
            },
            c => push_literal(c, &mut expression),
        }
    }
    expression.push_str(if contents { "/(?s-u:.)" } else { "(?:/|$)" });
    Written::new(expression, Dialect::Regex)
}

fn push_literal(c: char, expression: &mut String) {
    if r"\.+*?()|[]{}^$#&-~".contains(c) {
        expression.push('\\');
    }
    expression.push(c);
}

/// A class as regular expressions have it, and what is behind it; none if it is not closed.
fn class(rest: &str) -> Option<(String, &str)> {
    let negated = usize::from(rest.starts_with('!'));
    // The first member may be `]`.
    let skip = negated + usize::from(rest[negated..].starts_with(']'));
    let end = skip + rest.get(skip..)?.find(']')?;
    let mut class = String::from(if negated == 1 { "[^" } else { "[" });
    for c in rest[negated..end].chars() {
        if r"\[]^&~".contains(c) {
            class.push('\\');
        }
        class.push(c);
    }
    class.push(']');
    Some((class, &rest[end + 1..]))
}

/// In `sh:` a `*` stays within a component and `**/` is any number of them, as in restic, which has
/// characters, and not bytes, for `?`.
fn shell(text: &str, components: &[&str], contents: bool) -> Result<Matched, String> {
    let is_odd = |component: &&str| *component != "**" && component.contains("**");
    if components.iter().any(is_odd) {
        return Err("`**` beside other characters has no counterpart; left out".to_owned());
    }
    if text.contains('{') {
        let alternatives =
            braces(text).ok_or("the braces are too many, or not closed; left out")?;
        if alternatives.len() > 1 {
            let mut all = Vec::new();
            for text in alternatives {
                match shell(&text, &normal(&text), text.ends_with('/'))? {
                    Matched::Everything => return Ok(Matched::Everything),
                    Matched::Patterns(patterns) => all.extend(patterns),
                }
            }
            return Ok(Matched::Patterns(all));
        }
    }
    let mut parts = Vec::new();
    let mut dialect = Dialect::Gitignore;
    for component in components {
        if component.contains(['?', '[']) {
            dialect = Dialect::Restic;
        }
        parts.push(shell_component(component).ok_or("this class has no counterpart; left out")?);
    }
    // What lies below goes with it.
    while !contents && parts.last().is_some_and(|part| part == "**") {
        parts.pop();
    }
    parts.extend(contents.then(|| "*".to_owned()));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ok(match parts[..] {
        [] | ["*" | "**"] | ["**", "*"] => Matched::Everything,
        _ => Matched::Patterns(vec![Written::new(join(&parts, dialect, false), dialect)]),
    })
}

/// A component in the language of git and restic.
fn shell_component(component: &str) -> Option<String> {
    let mut written = String::new();
    let mut rest = component;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => written.push_str(r"\\"),
            '[' if rest.contains(']') => {
                let (class, behind) = class(rest)?;
                written.push_str(&class);
                rest = behind;
            }
            '[' => written.push_str(r"\["),
            c => written.push(c),
        }
    }
    Some(match written.strip_suffix(' ') {
        Some(before) => format!("{before}\\ "),
        None => written,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The patterns, those of other dialects than git's with a word before.
    fn shown(text: &str) -> String {
        match converted(text, Style::Fnmatch) {
            Err(message) => message,
            Ok(Matched::Everything) => "everything".to_owned(),
            Ok(Matched::Patterns(patterns)) => {
                let shown = |pattern: &Written| match pattern.dialect {
                    Dialect::Gitignore => pattern.text.clone(),
                    dialect => format!("{dialect:?} {}", pattern.text),
                };
                patterns.iter().map(shown).collect::<Vec<_>>().join(", ")
            }
        }
    }

    #[test]
    fn styles() {
        for (text, expected) in [
            ("*.tmp", "*.tmp"),
            ("/home/*/junk", "/home/*/**/junk"),
            ("home/*.tmp", "/home/**/*.tmp"),
            ("*/.cache/*", "/*/**/.cache/*"),
            ("root/.cache", "/root/.cache"),
            ("a*b/c", "/a*b/c, /a*/**/*b/c"),
            ("a*/b", "/a*/**/b"),
            ("var/tmp/", "/var/tmp/*"),
            ("a?", "Regex ^a(?s:.)(?:/|$)"),
            ("[!a]b/", "Regex ^[^a]b/(?s-u:.)"),
            ("#a", "/#a"),
            ("*#a", "*#a"),
            ("a ", "/a\\ "),
            ("*", "everything"),
            ("sh:home/*/.thumbnails", "/home/*/.thumbnails"),
            ("sh:**/.pr????e", "Restic .pr????e"),
            ("sh:**/*.o", "*.o"),
            ("sh:etc/**", "/etc"),
            ("sh:etc/", "/etc/*"),
            ("sh:a[!b]c", "Restic /a[^b]c"),
            ("sh:{a,b}/c", "/a/c, /b/c"),
            ("sh:**", "everything"),
            ("pp:/home/a*", r"/home/a\*"),
            ("pp:/", "everything"),
            ("re:^home/[^/]+/x$", "Regex ^home/[^/]+/x$"),
            ("xx:a", "there is no such style of patterns"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
