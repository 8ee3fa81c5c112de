//! One pattern against one path, without any automaton of ours: for explanations, and as the
//! reference that the automata are tested against.

use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::{Anchored, Input};

use crate::rule::Side;
use crate::syntax::{Dialect, Pattern, Token, TokenKind};
use crate::verdict::EntryKind;
use crate::whole_path;

/// A pattern that is ready to be tried on paths.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pattern: Pattern,
    /// The bytes that all it matches begins with, and those that all ends with: of most rules they
    /// settle the matter.
    head: Box<[u8]>,
    tail: Box<[u8]>,
    /// For a pattern that has an expression for the whole path.
    whole: Option<PikeVM>,
}

impl Reference {
    pub(crate) fn new(pattern: Pattern) -> Self {
        let whole = pattern.whole().and_then(|hir| {
            let nfa = whole_path::compile_to_the_end(hir)?;
            PikeVM::new_from_nfa(nfa).ok()
        });
        let tokens = pattern.tokens().unwrap_or_default();
        let head = tokens.iter().map_while(literal).collect();
        let mut tail: Vec<u8> = tokens.iter().rev().map_while(literal).collect();
        tail.reverse();
        Self { head, tail: tail.into(), whole, pattern }
    }

    pub(crate) fn is_negated(&self) -> bool {
        self.pattern.is_negated()
    }

    /// Whether the pattern by itself matches this path; what is above the path plays no part.
    pub(crate) fn matches(&self, path: &[u8], kind: EntryKind) -> bool {
        if kind == EntryKind::File && self.pattern.is_directory_only() {
            return false;
        }
        let Some(tokens) = self.pattern.tokens() else { return false };
        if let Some(whole) = &self.whole
            && whole_matches(whole, path)
        {
            return true;
        }
        match self.pattern.dialect() {
            Dialect::Regex => false,
            _ => {
                let is_anchored = self.pattern.is_anchored();
                let subject = if is_anchored { path } else { last_component(path) };
                subject.starts_with(&self.head)
                    && subject.ends_with(&self.tail)
                    && (self.head.len() == tokens.len() && self.head.len() == subject.len()
                        || tokens_match(tokens, subject))
            }
        }
    }
}

impl Pattern {
    /// Whether the pattern by itself matches a path, `!` aside: no other rule plays a part, and
    /// neither do the directories above the path.
    ///
    /// ```
    /// use timelocker_pattern::{Dialect, EntryKind, Pattern};
    ///
    /// let pattern = Pattern::parse(b"*.JPG", Dialect::Fnmatch)?;
    /// assert!(pattern.matches(b"photos/a.jpg", EntryKind::File));
    /// # Ok::<(), timelocker_pattern::PatternError>(())
    /// ```
    pub fn matches(&self, path: &[u8], kind: EntryKind) -> bool {
        Reference::new(self.clone()).matches(path, kind)
    }
}

/// The byte that is all that a token matches.
fn literal(token: &Token) -> Option<u8> {
    match token.kind {
        TokenKind::Byte(byte) => Some(byte),
        TokenKind::Separator => Some(b'/'),
        _ => None,
    }
}

/// The rules of a set, tried one by one.
#[derive(Clone, Debug)]
pub(crate) struct References(Vec<(Side, Reference)>);

impl References {
    pub(crate) fn new(rules: impl Iterator<Item = (Side, Pattern)>) -> Self {
        Self(rules.map(|(side, pattern)| (side, Reference::new(pattern))).collect())
    }

    pub(crate) fn get(&self, index: usize) -> &Reference {
        &self.0[index].1
    }

    /// Whether a rule puts on its list what it matches.
    pub(crate) fn is_listed(&self, index: usize) -> bool {
        !self.get(index).is_negated()
    }

    /// Whether there is an include list.
    pub(crate) fn has_include_list(&self) -> bool {
        self.0.iter().any(|(side, _)| *side == Side::Include)
    }

    /// The rule of one side that decides a path, and the path that it matched: the first directory
    /// from the root that the list has, or the last rule that matches the path itself.
    pub(crate) fn decide<'p>(
        &self,
        side: Side,
        path: &'p [u8],
        kind: EntryKind,
    ) -> Option<(usize, &'p [u8])> {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
        for end in ends {
            let ancestor = &path[..end];
            if let Some(index) = self.last_match(side, ancestor, EntryKind::Directory)
                && self.is_listed(index)
            {
                return Some((index, ancestor));
            }
        }
        self.last_match(side, path, kind).map(|index| (index, path))
    }

    /// The rule that decides a path by both lists, and the path that it matched.
    pub(crate) fn decide_by_both<'p>(
        &self,
        path: &'p [u8],
        kind: EntryKind,
    ) -> Option<(usize, &'p [u8])> {
        let exclude = self.decide(Side::Exclude, path, kind);
        if exclude.is_some_and(|(index, _)| self.is_listed(index)) || !self.has_include_list() {
            return exclude;
        }
        self.decide(Side::Include, path, kind)
    }

    fn last_match(&self, side: Side, path: &[u8], kind: EntryKind) -> Option<usize> {
        self.0.iter().rposition(|(of, single)| *of == side && single.matches(path, kind))
    }
}

fn last_component(path: &[u8]) -> &[u8] {
    &path[path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1)..]
}

fn whole_matches(whole: &PikeVM, path: &[u8]) -> bool {
    let input = Input::new(path).anchored(Anchored::Yes);
    whole.is_match(&mut whole.create_cache(), input)
}

/// The states of the simulation at one byte of the path.
#[derive(Clone)]
struct Reached {
    /// `next[i]`: what comes next is token `i`.
    next: Vec<bool>,
    /// `under_way[i]`: token `i` has begun and takes more.
    under_way: Vec<bool>,
}

/// Whether the tokens match the whole of `path`: all ways at once, so that the time is bounded by
/// the product of the lengths.
fn tokens_match(tokens: &[Token], path: &[u8]) -> bool {
    let end = tokens.len();
    let none = Reached { next: vec![false; end + 1], under_way: vec![false; end + 1] };
    // A character takes up to four bytes.
    let mut reached = vec![none.clone(); path.len() + 5];
    reached[0].next[0] = true;
    for at in 0..=path.len() {
        let byte = path.get(at).copied();
        for (index, token) in tokens.iter().enumerate() {
            let (next, under_way) = (reached[at].next[index], reached[at].under_way[index]);
            let skips = match token.kind {
                TokenKind::Star | TokenKind::Everything | TokenKind::Directories => next,
                TokenKind::Below => next || under_way,
                _ => false,
            };
            if skips {
                reached[at].next[index + 1] = true;
            }
            let Some(byte) = byte else { continue };
            let is_separator = byte == b'/';
            match &token.kind {
                TokenKind::Byte(expected) if next => {
                    reached[at + 1].next[index + 1] |= byte == *expected;
                }
                TokenKind::Class(set) if next => {
                    reached[at + 1].next[index + 1] |= set.contains(byte);
                }
                TokenKind::Chars(set) if next => {
                    if let Some(length) = set.matches(&path[at..]) {
                        reached[at + length].next[index + 1] = true;
                    }
                }
                TokenKind::Separator if next => {
                    reached[at + 1].next[index + 1] |= is_separator;
                }
                TokenKind::Star if next => reached[at + 1].next[index] |= !is_separator,
                TokenKind::Everything if next => reached[at + 1].next[index] = true,
                TokenKind::Directories if next || under_way => {
                    reached[at + 1].under_way[index] = true;
                    reached[at + 1].next[index + 1] |= is_separator;
                }
                TokenKind::Below => {
                    reached[at + 1].under_way[index] |= under_way || (next && is_separator);
                }
                _ => {}
            }
        }
    }
    reached[path.len()].next[end]
}
