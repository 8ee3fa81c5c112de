//! A rule with the literal or the line of a file that it came from.

use proc_macro2::Span;
use timelocker_pattern::{PatternError, Place as RulePlace, Rule};

use crate::diagnostic::{Excerpt, Place, message};
use crate::input::Quoting;

/// A rule, and where it came from.
#[derive(Clone)]
pub(super) struct Sourced {
    pub(super) rule: Rule,
    pub(super) place: RulePlace,
    /// The token of the input that the rule is, or that stands for it.
    pub(super) span: Span,
    pub(super) origin: Origin,
    /// Whether the author can change it here, and so wants to hear that it is of no use.
    pub(super) is_linted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A literal: the compiler shows it together with the message.
    Literal,
    /// A line of a file: the message has to show it.
    File,
}

impl Sourced {
    /// The rule with its place, which a table remembers.
    pub(super) fn placed(&self) -> Rule {
        self.rule.clone().at(self.place.clone())
    }

    /// The rule as an error is to show it.
    pub(super) fn shown(&self) -> Rule {
        match self.origin {
            Origin::Literal => self.rule.clone(),
            Origin::File => self.placed(),
        }
    }
}

pub(super) fn place(span: Span) -> RulePlace {
    let Place { file, line, column } = Place::of(span);
    RulePlace::new(file, line, column)
}

pub(super) fn pattern_fault(error: &PatternError, quoting: Quoting) -> String {
    let excerpt = Excerpt::new(error.pattern(), error.span());
    let help = error.help();
    let mut text = message(error.message(), Some(excerpt), Some(help));
    if quoting == Quoting::Escaped && help.contains('\\') {
        text.push_str(
            "\n    = note: in a literal, each `\\` is written twice, unless it is raw: `r\"..\"`",
        );
    }
    text
}
