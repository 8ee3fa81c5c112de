//! Rules to automata: one if they fit, several otherwise.
//!
//! Names that begin like this and names that end like that multiply in one automaton, and add up
//! in two. Rules are split by the shape of their globs first, then in halves.
//!
//! A rule is in one shard. Each shard gives the highest rank of its rules that matches an entry,
//! and the highest of them all decides. That is exact only because no shard stops at a directory
//! that its own rules exclude: a rule of another shard may take it off the list again.

use crate::automaton::{Automaton, MAX_STATES, Role};
use crate::component;
use crate::error::Exceeded;
use crate::minimise;
use crate::priority::{Priorities, Rank, RankedSequence, ranks};
use crate::prune;
use crate::rule::{Rule, Side};
use crate::sequence::{Glob, GlobToken, Globs, sequences};
use crate::tree::{self, Decide, Limits, Outcome};

/// The budgets of one automaton.
#[derive(Clone, Copy, Debug)]
struct Budget {
    name_states: usize,
    directories: Limits,
}

/// For all rules at once.
const WHOLE: Budget =
    Budget { name_states: 1_000, directories: Limits { states: 128, entries: 16_000 } };
/// For a shard.
const SHARD: Budget =
    Budget { name_states: 2_000, directories: Limits { states: 512, entries: 50_000 } };
/// For a rule by itself, with the negated ones.
const SINGLE: Budget =
    Budget { name_states: 12_000, directories: Limits { states: MAX_STATES, entries: 500_000 } };

/// The most rules of a shard: more seldom fit, and to find that out takes time.
const LARGEST: usize = 200;

/// A rule that exceeds the budget by itself.
#[derive(Debug)]
pub(crate) struct Excess {
    pub(crate) rule: usize,
    pub(crate) what: Exceeded,
}

/// A rule with its rank in its list.
type Ranked<'r> = (&'r Rule, Rank);

/// Compiles the rules.
pub(crate) fn compile(rules: &[Rule]) -> Result<Vec<Automaton>, Excess> {
    let ranked: Vec<Ranked<'_>> = rules.iter().zip(ranks(rules)).collect();
    let too_high = |(_, rank): &Ranked<'_>| u16::try_from(rank.number()).is_err();
    if let Some(rule) = ranked.iter().position(too_high) {
        return Err(Excess { rule, what: Exceeded::Alternations });
    }
    let has_include_list = rules.iter().any(|rule| rule.side == Side::Include);
    let decide = Decide::Selected { has_include_list };
    if let Ok(automaton) = automaton(&ranked, Role::Whole, decide, [Rank::NONE; 2], WHOLE) {
        return Ok(vec![automaton]);
    }
    let mut automata = Vec::new();
    for (side, role) in [(Side::Exclude, Role::Exclude), (Side::Include, Role::Include)] {
        let of_side = ranked.iter().enumerate().filter(|(_, (rule, _))| rule.side == side);
        split(&ranked, of_side.map(|(index, _)| index).collect(), role, &mut automata)?;
    }
    Ok(automata)
}

/// Splits the rules of one side until each part fits.
fn split(
    rules: &[Ranked<'_>],
    side: Vec<usize>,
    role: Role,
    automata: &mut Vec<Automaton>,
) -> Result<(), Excess> {
    let unlisting = side.iter().map(|&index| rules[index].1).filter(|rank| !rank.is_listed()).max();
    let elsewhere = [unlisting.unwrap_or(Rank::NONE); 2];
    let mut work: Vec<Vec<usize>> = Vec::new();
    for shape in [Shape::Other, Shape::Suffix, Shape::Prefix] {
        let has_shape = |index: &usize| shape_of(rules[*index].0) == shape;
        let part: Vec<usize> = side.iter().copied().filter(has_shape).collect();
        work.extend(part.chunks(LARGEST).rev().map(<[usize]>::to_vec));
    }
    while let Some(part) = work.pop() {
        let members: Vec<Ranked<'_>> = part.iter().map(|&index| rules[index]).collect();
        let budget = if part.len() == 1 { SINGLE } else { SHARD };
        match automaton(&members, role, Decide::Ranks, elsewhere, budget) {
            Ok(automaton) => automata.push(automaton),
            Err(what) if part.len() == 1 => return Err(Excess { rule: part[0], what }),
            Err(_) => {
                let (left, right) = part.split_at(part.len() / 2);
                work.extend([right.to_vec(), left.to_vec()]);
            }
        }
    }
    Ok(())
}

/// What the globs of a rule look like: those of one shape share states, those of two multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// Nothing before the last byte is a `*`.
    Prefix,
    /// The only `*` comes first.
    Suffix,
    /// Anything else.
    Other,
}

fn shape_of(rule: &Rule) -> Shape {
    let mut globs = Globs::default();
    sequences(&rule.pattern, &mut globs);
    globs.all().iter().map(shape_of_glob).max().unwrap_or(Shape::Prefix)
}

fn shape_of_glob(glob: &Glob) -> Shape {
    match glob.iter().position(|token| *token == GlobToken::Star) {
        None => Shape::Prefix,
        Some(at) if at + 1 == glob.len() => Shape::Prefix,
        Some(0) if !glob[1..].contains(&GlobToken::Star) => Shape::Suffix,
        Some(_) => Shape::Other,
    }
}

/// One automaton of these rules: the stages, one after another.
fn automaton(
    rules: &[Ranked<'_>],
    role: Role,
    decide: Decide,
    elsewhere: [Rank; 2],
    budget: Budget,
) -> Result<Automaton, Exceeded> {
    let mut globs = Globs::default();
    let mut ranked = Vec::new();
    for &(rule, rank) in rules {
        // Nothing is on the list yet that a negated rule at its beginning could take off.
        if rank == Rank::NONE {
            continue;
        }
        for elements in sequences(&rule.pattern, &mut globs) {
            ranked.push(RankedSequence {
                elements,
                rank,
                side: rule.side,
                directory_only: rule.pattern.is_directory_only(),
            });
        }
    }
    let count = globs.all().len();
    let priorities = Priorities::new(&ranked, count, elsewhere);
    let (names, labels) = component::build(globs.all(), &priorities, budget.name_states)?;
    let tree = tree::build(&ranked, decide, count, &labels, budget.directories)?;
    let (tree, label_map) = minimise::tree(&tree);
    let names = minimise::names(&names, &label_map);
    let live = match role {
        Role::Whole => prune::live(&tree, &names, |outcome| outcome != Outcome::default()),
        Role::Include => prune::live(&tree, &names, |outcome| outcome.lists()),
        Role::Exclude => vec![true; tree.states()],
    };
    Ok(Automaton::assemble(role, &names, &tree, &live))
}
