//! Which rule decided, and where: the rules one by one, without the automaton.
//!
//! The matcher here shares no code with the construction of the tables, so that each can be tested
//! against the other.

use crate::rule::{RuleInfo, Side};
use crate::syntax::{Pattern, Token, TokenKind};
use crate::table::PatternTable;
use crate::verdict::{EntryKind, Verdict};

/// Explains verdicts of a [`PatternTable`].
#[derive(Clone, Debug)]
pub struct Explainer<'t> {
    table: &'t PatternTable,
    patterns: Vec<Pattern>,
}

/// Why a path has its verdict.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'t, 'p> {
    verdict: Verdict,
    rule: Option<(usize, &'t RuleInfo)>,
    decided_at: &'p [u8],
}

impl<'t, 'p> Explanation<'t, 'p> {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The rule that decided. `None` if no rule matched: then the path is selected, or there is an
    /// include list and nothing on it matches.
    pub fn rule(&self) -> Option<&'t RuleInfo> {
        self.rule.map(|(_, rule)| rule)
    }

    /// The index of that rule in [`PatternTable::rules`].
    pub fn rule_index(&self) -> Option<usize> {
        self.rule.map(|(index, _)| index)
    }

    /// The path that the rule matched: the one that was asked about, or the directory above it
    /// that hides it, or that puts it on the include list.
    pub fn decided_at(&self) -> &'p [u8] {
        self.decided_at
    }
}

impl<'t> Explainer<'t> {
    pub(crate) fn new(table: &'t PatternTable) -> Self {
        let parse = |rule: &RuleInfo| Pattern::parse_lenient(rule.pattern(), rule.dialect());
        Self { table, patterns: table.rules().iter().map(parse).collect() }
    }

    /// Explains the verdict of a path.
    pub fn explain<'p>(&self, path: &'p [u8], kind: EntryKind) -> Explanation<'t, 'p> {
        let exclude = self.decide(Side::Exclude, path, kind);
        let decided = if exclude.is_some_and(|(index, _)| self.is_listed(index)) {
            exclude
        } else if self.table.rules().iter().any(|rule| rule.side() == Side::Include) {
            self.decide(Side::Include, path, kind)
        } else {
            exclude
        };
        Explanation {
            verdict: self.table.verdict(path, kind),
            rule: decided.map(|(index, _)| (index, &self.table.rules()[index])),
            decided_at: decided.map_or(path, |(_, at)| at),
        }
    }

    fn is_listed(&self, index: usize) -> bool {
        !self.patterns[index].is_negated()
    }

    /// The rule of one side that decides a path, and the path that it matched: the first directory
    /// from the root that the list has, or the last rule that matches the path itself.
    fn decide<'p>(&self, side: Side, path: &'p [u8], kind: EntryKind) -> Option<(usize, &'p [u8])> {
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

    fn last_match(&self, side: Side, path: &[u8], kind: EntryKind) -> Option<usize> {
        let name = &path[path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1)..];
        let rules = self.table.rules();
        (0..rules.len()).rev().find(|&index| {
            let pattern = &self.patterns[index];
            rules[index].side() == side
                && (kind == EntryKind::Directory || !pattern.is_directory_only())
                && pattern.tokens().is_some_and(|tokens| {
                    matches(tokens, if pattern.is_anchored() { path } else { name })
                })
        })
    }
}

/// Whether the tokens match the whole of `path`: a simulation of all positions at once, so that
/// the time is bounded by the product of the lengths.
fn matches(tokens: &[Token], path: &[u8]) -> bool {
    // Most rules fail by their last byte.
    if let Some(Token { kind: TokenKind::Byte(byte), .. }) = tokens.last()
        && path.last() != Some(byte)
    {
        return false;
    }
    let end = tokens.len();
    // `outside[i]`: what comes next is token i. `inside[i]`: token i is a `**/` that is under way.
    let mut outside = vec![false; end + 1];
    let mut inside = vec![false; end + 1];
    outside[0] = true;
    let (mut was_outside, mut was_inside) = (outside.clone(), inside.clone());
    for &byte in path {
        close(tokens, &mut outside);
        std::mem::swap(&mut outside, &mut was_outside);
        std::mem::swap(&mut inside, &mut was_inside);
        outside.fill(false);
        inside.fill(false);
        for (at, token) in tokens.iter().enumerate() {
            if was_outside[at] {
                match token.kind {
                    TokenKind::Byte(expected) => outside[at + 1] |= byte == expected,
                    TokenKind::Class(set) => outside[at + 1] |= set.contains(byte),
                    TokenKind::Separator => outside[at + 1] |= byte == b'/',
                    TokenKind::Star => outside[at] |= byte != b'/',
                    TokenKind::Everything => outside[at] = true,
                    TokenKind::Directories => inside[at] = true,
                }
            }
            if token.kind == TokenKind::Directories && (was_outside[at] || was_inside[at]) {
                inside[at] = true;
                outside[at + 1] |= byte == b'/';
            }
        }
    }
    close(tokens, &mut outside);
    outside[end]
}

/// Skips the tokens that match nothing.
fn close(tokens: &[Token], outside: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        let skips =
            matches!(token.kind, TokenKind::Star | TokenKind::Everything | TokenKind::Directories);
        if skips && outside[at] {
            outside[at + 1] = true;
        }
    }
}
