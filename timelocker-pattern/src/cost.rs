//! What rules look like, as far as that tells which of them are cheap to have in one automaton.

use crate::rule::Rule;
use crate::sequence::{Glob, GlobToken, Globs, sequences};

/// Rules of one shape share an automaton well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Names without a `*`, or with one that comes first. Together they add up: while a name can
    /// still be one of those without, which bytes it has is known, and so how far it is in each of
    /// the others.
    Additive,
    /// Anything else: how a name began is then one thing, and how it goes on another.
    Multiplying,
}

impl Shape {
    /// From those that take the fewest states to those that take the most.
    pub(crate) const ALL: [Self; 2] = [Self::Additive, Self::Multiplying];

    pub(crate) fn of(rule: &Rule) -> Self {
        let mut globs = Globs::default();
        sequences(&rule.pattern, &mut globs);
        let is_additive = |glob| matches!(Stars::of(glob), Stars::Nowhere | Stars::First);
        if rule.pattern.whole().is_none() && globs.all().iter().all(is_additive) {
            Self::Additive
        } else {
            Self::Multiplying
        }
    }
}

/// Where a glob has a `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stars {
    Nowhere,
    First,
    Elsewhere,
}

impl Stars {
    fn of(glob: &Glob) -> Self {
        let mut stars = glob.iter().enumerate().filter(|(_, token)| **token == GlobToken::Star);
        match (stars.next(), stars.next()) {
            (None, _) => Self::Nowhere,
            (Some((0, _)), None) => Self::First,
            _ => Self::Elsewhere,
        }
    }
}

/// About how many states the names of all these rules take in one automaton: what is open about how
/// a name goes on, after each glob that says how it begins, times what it may end in.
///
/// It need not be right: it is to save the time for an automaton that will not do.
pub(crate) fn estimate(rules: &[Rule]) -> usize {
    let mut globs = Globs::default();
    for rule in rules {
        sequences(&rule.pattern, &mut globs);
    }
    let [mut names, mut ends, mut beginnings] = [0, 0, 1];
    for glob in globs.all() {
        match Stars::of(glob) {
            Stars::Nowhere => names += glob.len(),
            Stars::First => ends += glob.len() - 1,
            Stars::Elsewhere => beginnings += 1,
        }
    }
    names + ends * beginnings
}

#[cfg(test)]
mod tests {
    use super::{Shape, estimate};
    use crate::rule::{Rule, Side};
    use crate::syntax::{Dialect, Pattern};

    fn rule(text: &str, dialect: Dialect) -> Rule {
        Rule::new(Pattern::parse(text.as_bytes(), dialect).expect(text), Side::Exclude)
    }

    #[test]
    fn shapes_of_patterns() {
        let table = [
            (
                Shape::Additive,
                &["target/", "*.o", "!keep", "[ab]c", "a?", "/a", "*", "a/*/*.o"][..],
            ),
            (Shape::Multiplying, &["a*", "a*b", "*a*", "x/*a*b", "/a*/b"]),
        ];
        for (shape, patterns) in table {
            for pattern in patterns {
                assert_eq!(Shape::of(&rule(pattern, Dialect::Gitignore)), shape, "{pattern}");
            }
        }
        assert_eq!(Shape::of(&rule("a.*b", Dialect::Regex)), Shape::Multiplying);
    }

    #[test]
    fn names_add_up_and_ends_multiply() {
        let rules = |texts: &[&str]| -> Vec<Rule> {
            texts.iter().map(|text| rule(text, Dialect::Gitignore)).collect()
        };
        assert_eq!(estimate(&rules(&["abc", "abd", "*.o"])), 3 + 3 + 2);
        assert_eq!(estimate(&rules(&["abc", "*.o", "*.a", "x*", "y*"])), 3 + (2 + 2) * 3);
    }
}
