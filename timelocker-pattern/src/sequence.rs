//! A pattern as what it asks of the components of a path, one after another.

use std::collections::HashMap;

use crate::syntax::{ByteSet, CharSet, Dialect, Pattern, Token, TokenKind};

/// What a pattern asks of one component.
pub(crate) type Glob = Vec<GlobToken>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum GlobToken {
    Byte(u8),
    Class(ByteSet),
    Chars(CharSet),
    Star,
}

/// One element of a [`Sequence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// One component that the glob of this number matches.
    Name(u32),
    /// One component, whatever it is.
    AnyName,
    /// Any number of components, none included.
    AnyDirectories,
}

/// Elements that a whole path must go through. A pattern matches what one of its sequences does.
pub(crate) type Sequence = Vec<Element>;

/// The distinct globs of a set of patterns, in the order in which they first appear.
#[derive(Debug, Default)]
pub(crate) struct Globs {
    globs: Vec<Glob>,
    numbers: HashMap<Glob, u32>,
}

impl Globs {
    pub(crate) fn all(&self) -> &[Glob] {
        &self.globs
    }

    fn element(&mut self, glob: Glob) -> Element {
        if glob == [GlobToken::Star] {
            return Element::AnyName;
        }
        let next = self.globs.len() as u32;
        let number = *self.numbers.entry(glob).or_insert_with_key(|glob| {
            self.globs.push(glob.clone());
            next
        });
        Element::Name(number)
    }
}

/// A sequence whose last component is still being gathered.
#[derive(Clone, Debug)]
struct Partial {
    elements: Sequence,
    component: Glob,
    /// After `**` before an escaped separator, that separator ends no component of its own.
    expects_separator: bool,
}

impl Partial {
    fn push(&mut self, token: GlobToken) {
        if token != GlobToken::Star || self.component.last() != Some(&GlobToken::Star) {
            self.component.push(token);
        }
    }

    /// Ends the component.
    fn close(&mut self, globs: &mut Globs) {
        let glob = std::mem::take(&mut self.component);
        self.elements.push(globs.element(glob));
    }

    /// Ends the component as one that anything may follow, then takes any directories.
    fn open_ended(&mut self, globs: &mut Globs) {
        self.push(GlobToken::Star);
        self.close(globs);
        self.elements.push(Element::AnyDirectories);
    }
}

/// The sequences of a pattern; none if it can match nothing, or nothing that has no expression for
/// the whole path.
pub(crate) fn sequences(pattern: &Pattern, globs: &mut Globs) -> Vec<Sequence> {
    let Some(tokens) = pattern.tokens() else { return Vec::new() };
    // What is tried on the last component alone needs one without a separator.
    let one_component = tokens.iter().all(|token| token.kind != TokenKind::Separator);
    match pattern.dialect() {
        Dialect::Regex => return Vec::new(),
        Dialect::Fnmatch if !one_component => return Vec::new(),
        _ => {}
    }
    let elements = if pattern.is_anchored() { Vec::new() } else { vec![Element::AnyDirectories] };
    let mut partials = vec![Partial { elements, component: Glob::new(), expects_separator: false }];
    for (index, token) in tokens.iter().enumerate() {
        let is_last = index + 1 == tokens.len();
        take(&mut partials, token, is_last, globs);
    }
    let may_end =
        matches!(tokens.last(), Some(Token { kind: TokenKind::Everything | TokenKind::Below, .. }));
    let mut done = Vec::new();
    for mut partial in partials {
        if !partial.component.is_empty() {
            partial.close(globs);
        } else if !may_end {
            // Ends in a separator: no path does.
            continue;
        }
        done.push(partial.elements);
    }
    done
}

fn take(partials: &mut Vec<Partial>, token: &Token, is_last: bool, globs: &mut Globs) {
    let mut more = Vec::new();
    partials.retain_mut(|partial| {
        match &token.kind {
            TokenKind::Byte(byte) => partial.push(GlobToken::Byte(*byte)),
            TokenKind::Class(set) => partial.push(GlobToken::Class(*set)),
            TokenKind::Chars(set) => partial.push(GlobToken::Chars(set.clone())),
            TokenKind::Star => partial.push(GlobToken::Star),
            TokenKind::Separator if partial.expects_separator => partial.expects_separator = false,
            TokenKind::Separator if partial.component.is_empty() => return false,
            TokenKind::Separator => partial.close(globs),
            TokenKind::Directories if partial.component.is_empty() => {
                partial.elements.push(Element::AnyDirectories);
            }
            // `foo**/bar` is `foo(.*/)?bar`: either the component goes on, or it ends in anything.
            TokenKind::Directories => {
                let mut other = partial.clone();
                other.open_ended(globs);
                more.push(other);
            }
            TokenKind::Below => {
                partial.close(globs);
                partial.elements.push(Element::AnyDirectories);
            }
            TokenKind::Everything => {
                partial.open_ended(globs);
                partial.expects_separator = !is_last;
            }
        }
        true
    });
    partials.append(&mut more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Case;

    fn shape(text: &str) -> Vec<String> {
        let mut globs = Globs::default();
        let pattern = Pattern::parse_lenient(text.as_bytes(), Dialect::Gitignore, Case::Sensitive);
        let sequences = sequences(&pattern, &mut globs);
        let element = |element: &Element| match element {
            Element::Name(number) => globs.all()[*number as usize]
                .iter()
                .map(|token| match token {
                    GlobToken::Byte(byte) => char::from(*byte),
                    GlobToken::Class(_) | GlobToken::Chars(_) => '?',
                    GlobToken::Star => '*',
                })
                .collect(),
            Element::AnyName => String::from("*"),
            Element::AnyDirectories => String::from("**"),
        };
        let shown = |s: &Sequence| s.iter().map(element).collect::<Vec<_>>().join("/");
        sequences.iter().map(shown).collect()
    }

    #[test]
    fn sequences_of_patterns() {
        let table: &[(&str, &[&str])] = &[
            ("foo", &["**/foo"]),
            ("/foo", &["foo"]),
            ("*", &["**/*"]),
            ("**", &["**/*"]),
            ("a/b*", &["a/b*"]),
            ("a/**", &["a/*/**"]),
            ("**/a", &["**/a"]),
            ("a/**/b", &["a/**/b"]),
            ("/**", &["*/**"]),
            ("foo**", &["**/foo*"]),
            ("/foo**", &["foo*/**"]),
            ("/foo**/bar", &["foobar", "foo*/**/bar"]),
            ("a/x*o**/bar", &["a/x*o*/bar"]),
            (r"**\/x", &["*/**/x"]),
            // `/` at the very end asks for a directory; the one before it belongs to `**/`.
            ("a**//", &["a"]),
            ("a**/**//", &["a"]),
            ("a**//x", &["a/x"]),
            ("a**/.", &["a.", "a*/**/."]),
            ("a/**//", &[]),
            ("**//", &[]),
            (r"**\//", &[]),
            ("a//b", &[]),
            ("/", &[]),
            ("foo[", &[]),
        ];
        for (pattern, expected) in table {
            assert_eq!(shape(pattern), *expected, "{pattern}");
        }
    }
}
