//! Exclude files of other programs, as profiles.

use std::fmt::Write as _;

use crate::pattern::{Dialect, IgnoreLines, Pattern};

/// What became of a file.
#[derive(Debug, Default)]
pub(crate) struct Converted {
    /// The targets that the file names itself.
    pub(crate) targets: Vec<String>,
    pub(crate) lines: Vec<Line>,
}

/// A line that says something.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) text: String,
    /// What stands for it in the profile.
    rule: Option<Written>,
    pub(crate) outcome: Outcome,
}

/// A pattern as a profile has it.
#[derive(Debug)]
struct Written {
    side: Side,
    dialect: Dialect,
    pattern: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Exclude,
    Include,
}

/// How true the pattern is to the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Exact,
    Different(String),
    LeftOut(String),
}

impl Line {
    fn new(number: usize, text: &str, side: Side, dialect: Dialect, pattern: String) -> Self {
        // What the macro would refuse is not written.
        let (rule, outcome) = match Pattern::parse(pattern.as_bytes(), dialect) {
            Ok(_) => (Some(Written { side, dialect, pattern }), Outcome::Exact),
            Err(error) => (None, Outcome::LeftOut(error.message().to_owned())),
        };
        Self { number, text: text.to_owned(), rule, outcome }
    }

    fn left_out(number: usize, text: &str, why: &str) -> Self {
        let outcome = Outcome::LeftOut(why.to_owned());
        Self { number, text: text.to_owned(), rule: None, outcome }
    }

    fn different(mut self, why: &str) -> Self {
        if self.outcome == Outcome::Exact {
            self.outcome = Outcome::Different(why.to_owned());
        }
        self
    }
}

/// The profile as code.
pub(crate) fn profile_text(converted: &Converted, name: &str, targets: &[String]) -> String {
    let targets = match (targets, &converted.targets[..]) {
        ([], []) => vec!["/".to_owned()],
        ([], own) => own.to_vec(),
        (given, _) => given.to_vec(),
    };
    let targets: Vec<String> = targets.iter().map(|target| literal(target)).collect();
    let mut text = format!(
        "timelocker::backup_profile! {{\n    static {name} = {{\n        targets: [{}],\n",
        targets.join(", ")
    );
    for (side, field) in [(Side::Include, "include"), (Side::Exclude, "exclude")] {
        let mut rules = String::new();
        let mut any = false;
        for line in &converted.lines {
            match &line.rule {
                Some(rule) if rule.side == side => {
                    any = true;
                    let _ = writeln!(
                        rules,
                        "            {}{},",
                        dialect_word(rule.dialect),
                        literal(&rule.pattern)
                    );
                }
                None if side == Side::Exclude => {
                    let _ = writeln!(rules, "            // left out: {}", in_comment(&line.text));
                }
                _ => {}
            }
        }
        if any || (side == Side::Exclude && !rules.is_empty()) {
            let _ = write!(text, "        {field}: [\n{rules}        ],\n");
        }
    }
    text.push_str("    }\n}\n");
    text
}

fn dialect_word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Restic => "restic ",
        Dialect::Regex => "regex ",
        Dialect::Fnmatch => "fnmatch ",
        _ => "",
    }
}

/// A literal of Rust.
fn literal(text: &str) -> String {
    if text.contains('\\') && !text.chars().any(char::is_control) {
        // As many signs as the text needs so as not to end it.
        let mut signs = String::new();
        while text.contains(&format!("\"{signs}")) {
            signs.push('#');
        }
        return format!("r{signs}\"{text}\"{signs}");
    }
    format!("{text:?}")
}

fn in_comment(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// The lines of a file with their numbers, without comments and blank ones.
fn lines(content: &str) -> impl Iterator<Item = (usize, &str)> {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let lines = content.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// An exclude file of git: the default dialect is its.
pub(crate) fn gitignore(content: &str) -> Converted {
    let lines = IgnoreLines::new(content.as_bytes()).map(|line| {
        let text = String::from_utf8_lossy(line.pattern.text()).into_owned();
        let number = line.number as usize;
        Line::new(number, &text.clone(), Side::Exclude, Dialect::Gitignore, text)
    });
    Converted { lines: lines.collect(), ..Converted::default() }
}

/// restic's `--exclude-file`. Its patterns are for whole paths, a profile's for paths below a target.
pub(crate) fn restic(content: &str, targets: &[String]) -> Converted {
    let line = |(number, text): (usize, &str)| {
        if has_variable(text) {
            let why = "restic replaces variables here; write what they stand for";
            return Line::left_out(number, text, why);
        }
        let plain = text.replace("$$", "$");
        let (bang, pattern) = match plain.strip_prefix('!') {
            Some(pattern) => ("!", pattern),
            None => ("", &*plain),
        };
        let pattern = match below_targets(pattern, targets) {
            Some(pattern) => pattern,
            None => return Line::left_out(number, text, "it is below none of the targets"),
        };
        Line::new(number, text, Side::Exclude, Dialect::Restic, format!("{bang}{pattern}"))
    };
    Converted { lines: lines(content).map(line).collect(), ..Converted::default() }
}

/// Whether restic would replace a variable: `$NAME` or `${NAME}`, but not `$$`.
fn has_variable(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        match rest.chars().next() {
            Some('$') => rest = &rest[1..],
            Some(letter) if letter == '{' || letter == '_' || letter.is_ascii_alphanumeric() => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// A pattern that begins with a target, as relative to it; `None` for one that begins elsewhere.
fn below_targets(pattern: &str, targets: &[String]) -> Option<String> {
    if !pattern.starts_with('/') || targets.is_empty() {
        return Some(pattern.to_owned());
    }
    let home = std::env::home_dir().unwrap_or_default();
    targets.iter().find_map(|target| {
        let target = match target.strip_prefix('~') {
            Some(below) => format!("{}{below}", home.display()),
            None => target.clone(),
        };
        let below = pattern.strip_prefix(target.trim_end_matches('/'))?;
        below.starts_with('/').then(|| below.to_owned())
    })
}

/// rustic's `--glob-file`: globs of gitignore with the signs the other way round.
pub(crate) fn rustic(content: &str) -> Converted {
    let line = |(number, text): (usize, &str)| match text.strip_prefix('!') {
        Some(pattern) => {
            Line::new(number, text, Side::Exclude, Dialect::Gitignore, pattern.to_owned())
        }
        None => Line::new(number, text, Side::Include, Dialect::Gitignore, text.to_owned()),
    };
    let mut lines: Vec<Line> = lines(content).map(line).collect();
    let is = |line: &Line, side| line.rule.as_ref().is_some_and(|rule| rule.side == side);
    if lines.iter().any(|line| is(line, Side::Exclude)) {
        let why = "in rustic the last glob that matches decides; here what is excluded stays so, \
                   whatever the include list says";
        for line in &mut lines {
            if is(line, Side::Include) {
                line.outcome = Outcome::Different(why.to_owned());
            }
        }
    }
    Converted { lines, ..Converted::default() }
}

/// borg's `--exclude-from`, and `--patterns-from` if its lines begin with signs.
pub(crate) fn borg(content: &str, targets: &[String]) -> Converted {
    const SIGNS: [&str; 5] = ["R ", "P ", "+ ", "- ", "! "];
    let has_signs = lines(content).all(|(_, line)| SIGNS.iter().any(|sign| line.starts_with(sign)));
    let mut converted = Converted::default();
    let mut style = if has_signs { "sh" } else { "fm" };
    for (number, text) in lines(content) {
        let (sign, pattern) = match has_signs {
            true => text.split_at(1),
            false => ("-", text),
        };
        let pattern = pattern.trim();
        match sign {
            "R" => converted.targets.push(pattern.to_owned()),
            "P" => {
                style = ["fm", "sh", "re", "pp", "pf"]
                    .into_iter()
                    .find(|known| *known == pattern)
                    .unwrap_or(style);
            }
            "+" => converted.lines.push(Line::left_out(
                number,
                text,
                "in borg the first pattern that matches decides, and it goes on into what is left \
                 out; here write `!` and the pattern after those that leave more out",
            )),
            sign => {
                let line = borg_line(number, text, pattern, style, targets);
                converted.lines.push(match (sign, has_signs) {
                    ("-", true) => line.different(
                        "in borg what is below a directory that is left out may still be taken by \
                         a `+`; here the directory is not opened",
                    ),
                    _ => line,
                });
            }
        }
    }
    converted
}

fn borg_line(number: usize, text: &str, pattern: &str, default: &str, targets: &[String]) -> Line {
    let (style, pattern) = match pattern.split_once(':') {
        Some((style @ ("fm" | "sh" | "re" | "pp" | "pf"), pattern)) => (style, pattern),
        _ => (default, pattern),
    };
    if style == "re" {
        let line = Line::new(number, text, Side::Exclude, Dialect::Regex, pattern.to_owned());
        return match targets.is_empty() {
            true => line,
            false => line.different("borg searches the whole path, here it is that below a target"),
        };
    }
    // What ends with a slash is all in the directory, and not the directory itself.
    let inside = pattern.ends_with('/');
    let whole = format!("/{}", pattern.trim_matches('/'));
    let starts_open = pattern.starts_with('*');
    let below = match starts_open {
        true => Some(whole.clone()),
        false => below_targets(&whole, targets),
    };
    let Some(below) = below else {
        return Line::left_out(number, text, "it is below none of the targets");
    };
    match style {
        "pp" | "pf" => {
            let line =
                Line::new(number, text, Side::Exclude, Dialect::Gitignore, escaped_glob(&below));
            match style {
                "pf" => line.different("a directory takes all below it along, in borg it does not"),
                _ => line,
            }
        }
        "sh" => {
            let end = if inside { "/**" } else { "" };
            let glob = below.strip_prefix("/**/").map_or(below.clone(), |rest| match rest {
                rest if rest.contains('/') => below.clone(),
                rest => rest.to_owned(),
            });
            Line::new(number, text, Side::Exclude, Dialect::Gitignore, format!("{glob}{end}"))
        }
        _ => {
            // `*name`: whatever ends so, at any depth; in gitignore the same.
            let rest = pattern.strip_prefix('*').unwrap_or_default();
            let simple = !rest.is_empty()
                && !rest.contains(['/', '*', '?', '[', '\\'])
                && !rest.ends_with(' ');
            let (dialect, written) = match simple {
                true => (Dialect::Gitignore, pattern.to_owned()),
                false => (Dialect::Regex, fnmatch_regex(&below[1..], inside)),
            };
            Line::new(number, text, Side::Exclude, dialect, written)
        }
    }
}

/// A path as a glob that matches it alone.
fn escaped_glob(path: &str) -> String {
    let mut glob = String::with_capacity(path.len());
    for character in path.chars() {
        if matches!(character, '*' | '?' | '[' | '\\') {
            glob.push('\\');
        }
        glob.push(character);
    }
    glob
}

/// A pattern of fnmatch, whose `*` crosses slashes, for a whole path or all above a slash of it.
fn fnmatch_regex(pattern: &str, inside: bool) -> String {
    let mut regex = String::from("(?s)^");
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                let rest: String = characters.clone().collect();
                // The first character of a class may be the bracket itself.
                let start = 1 + usize::from(rest.starts_with('!'));
                match rest.char_indices().skip(start).find(|(_, c)| *c == ']') {
                    Some((end, _)) => {
                        let class = &rest[..end];
                        let class = class.replace('\\', r"\\").replace('[', r"\[");
                        let class = class
                            .strip_prefix('!')
                            .map_or(class.clone(), |class| format!("^{class}"));
                        let _ = write!(regex, "[{class}]");
                        for _ in 0..rest[..=end].chars().count() {
                            characters.next();
                        }
                    }
                    None => regex.push_str(r"\["),
                }
            }
            character if character.is_alphanumeric() || "/_- ".contains(character) => {
                regex.push(character);
            }
            character => {
                regex.push('\\');
                regex.push(character);
            }
        }
    }
    regex.push_str(if inside { "/" } else { "(/|$)" });
    regex
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pattern::{EntryKind, PatternTable, Rule, Side as RuleSide, Verdict};

    /// What a converted file excludes of some paths.
    fn excluded<'p>(converted: &Converted, paths: &[&'p str]) -> Vec<&'p str> {
        let mut builder = PatternTable::builder();
        for rule in converted.lines.iter().filter_map(|line| line.rule.as_ref()) {
            let pattern = Pattern::parse(rule.pattern.as_bytes(), rule.dialect).unwrap();
            let side = match rule.side {
                Side::Exclude => RuleSide::Exclude,
                Side::Include => RuleSide::Include,
            };
            builder = builder.rule(Rule::new(pattern, side));
        }
        let table = builder.build().unwrap();
        let is_out =
            |path: &&&str| table.verdict(path.as_bytes(), EntryKind::File) == Verdict::Exclude;
        paths.iter().filter(is_out).copied().collect()
    }

    fn outcomes(converted: &Converted) -> Vec<char> {
        let letter = |line: &Line| match line.outcome {
            Outcome::Exact => '=',
            Outcome::Different(_) => '~',
            Outcome::LeftOut(_) => '-',
        };
        converted.lines.iter().map(letter).collect()
    }

    #[test]
    fn files_of_restic() {
        let file = "# caches\n\n/home/me/.cache\n*.o\n!keep.o\n/var/tmp\n$HOME/x\ncost$$\n[a\n";
        let converted = restic(file, &["/home/me".to_owned()]);
        assert_eq!(outcomes(&converted), ['=', '=', '=', '-', '-', '=', '-']);
        let paths = [".cache/a", "b.o", "d/keep.o", "cost$", "x"];
        assert_eq!(excluded(&converted, &paths), [".cache/a", "b.o", "cost$"]);
        // Without targets, all paths are whole ones.
        let converted = restic("/home/me/.cache\n", &[]);
        assert_eq!(excluded(&converted, &["home/me/.cache/a", ".cache/a"]), ["home/me/.cache/a"]);
    }

    #[test]
    fn files_of_rustic() {
        let converted = rustic("!*.o\n!/target/\n");
        assert_eq!(outcomes(&converted), ['=', '=']);
        assert_eq!(excluded(&converted, &["a.o", "target/x", "b"]), ["a.o", "target/x"]);
        assert_eq!(outcomes(&rustic("*.jpg\n!thumbs/\n")), ['~', '=']);
        assert_eq!(outcomes(&rustic("*.jpg\n")), ['=']);
    }

    #[test]
    fn files_of_git_stay_as_they_are() {
        let converted = gitignore("*.o\n#x\n\\#y\n!a b\\ \ndir/\n[a-\n");
        assert_eq!(outcomes(&converted), ['=', '=', '=', '=', '-']);
        let text = profile_text(&converted, "GIT", &["~".to_owned()]);
        let listed: Vec<&str> = text.lines().skip(4).take(5).map(str::trim).collect();
        let expected = ["\"*.o\",", "r\"\\#y\",", "r\"!a b\\ \",", "\"dir/\",", "// left out: [a-"];
        assert_eq!(listed, expected, "{text}");
    }

    #[test]
    fn files_of_borg() {
        // As `borg help patterns` has it.
        let file = "*.pyc\n/home/*/.cache\nhome/*/.cache/*\npp:root\npf:/etc/x[1]\nre:\\.tmp$\n\
                    sh:home/*/junk\nsh:**/.thumbs\n*/[!a]x\nfm:in/\n";
        let converted = borg(file, &[]);
        assert_eq!(outcomes(&converted), ['=', '=', '=', '=', '~', '=', '=', '=', '=', '=']);
        let out = [
            "a/b.pyc",
            "home/me/.cache",
            "home/me/d/.cache/x",
            "root/x",
            "etc/x[1]",
            "a.tmp",
            "home/me/junk/x",
            "a/.thumbs/b",
            "d/bx",
            "in/x",
        ];
        let kept = ["home/.cache", "x/root", "etc/x1", "home/a/b/junk", "d/ax", "x/in/y"];
        let all: Vec<&str> = out.into_iter().chain(kept).collect();
        assert_eq!(excluded(&converted, &all), out);
        let signs = "R /home\nP sh\n- home/*/x\n+ home/me\n! re:y$\n";
        let converted = borg(signs, &[]);
        assert_eq!(converted.targets, ["/home"]);
        assert_eq!(outcomes(&converted), ['~', '-', '=']);
    }

    #[test]
    fn literals_end_where_they_end() {
        assert_eq!(literal("a\"b"), "\"a\\\"b\"");
        assert_eq!(literal(r"a\b"), r#"r"a\b""#);
        assert_eq!(literal("a\\\"#b"), "r##\"a\\\"#b\"##");
        assert_eq!(literal("a\tb\\"), "\"a\\tb\\\\\"");
    }
}
