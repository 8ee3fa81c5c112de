//! The rules of an exclude file in the languages of the peers.
//!
//! Only what the lists use is translated; what is wrong shows as a different answer.

/// A line of an exclude file.
#[derive(Clone, Debug)]
pub(crate) struct Rule<'l> {
    pub(crate) negated: bool,
    pub(crate) directory_only: bool,
    /// The pattern is for the whole path, and not for its last component.
    anchored: bool,
    body: &'l str,
}

impl<'l> Rule<'l> {
    pub(crate) fn parse(line: &'l [u8]) -> Self {
        let line = str::from_utf8(line).unwrap();
        assert_eq!(line, line.trim_end(), "spaces at the end are not translated");
        let (negated, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (directory_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let anchored = line.contains('/');
        Self { negated, directory_only, anchored, body: line.strip_prefix('/').unwrap_or(line) }
    }

    /// A regular expression for paths whose directories end in `/`. It matches what the rule
    /// itself does and, if asked for, what lies below.
    pub(crate) fn regex(&self, reach: Reach) -> String {
        let begin = if self.anchored { "^" } else { "(?:^|/)" };
        let end = match (reach, self.directory_only) {
            (Reach::Below, true) => "/",
            (Reach::Below, false) => "(?:/|$)",
            (Reach::Itself, true) => "/$",
            (Reach::Itself, false) => "/?$",
        };
        let components: Vec<&str> = self.body.split('/').collect();
        let mut regex = String::from(begin);
        for (index, component) in components.iter().enumerate() {
            let is_last = index + 1 == components.len();
            match *component {
                "**" if is_last => regex.push_str("[^/].*"),
                "**" => regex.push_str("(?:.*/)?"),
                "*" => regex.push_str("[^/]+"),
                other => component_regex(other, &mut regex),
            }
            if !is_last && *component != "**" {
                regex.push('/');
            }
        }
        regex + end
    }

    /// Globs for globset, on paths without a `/` at their end. `for_directories` asks for those
    /// that match directories; a rule for directories alone still hides the files below.
    pub(crate) fn globs(&self, reach: Reach, kind: PathKind) -> Vec<String> {
        let floating = if self.anchored { "" } else { "**/" };
        let itself = format!("{floating}{}", self.body);
        let below = format!("{itself}/**");
        let mut globs = Vec::new();
        if kind == PathKind::Directory || !self.directory_only {
            globs.push(itself);
        }
        if reach == Reach::Below {
            globs.push(below);
        }
        globs
    }
}

/// What a translated rule is to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// What the rule matches.
    Itself,
    /// That and all below it.
    Below,
}

/// What the paths are that a glob is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathKind {
    File,
    Directory,
}

fn component_regex(component: &str, regex: &mut String) {
    let mut rest = component.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' if regex.ends_with("[^/]*") => {}
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '\\' => regex.push_str(&regex::escape(&rest.next().unwrap().to_string())),
            '[' => {
                let (class, after) = rest.as_str().split_once(']').unwrap();
                assert!(!class.contains(['[', '\\', '&', '~', '^', '!']), "[{class}]");
                regex.push_str(&format!("[{class}]"));
                rest = after.chars();
            }
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
}
