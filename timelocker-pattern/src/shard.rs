//! Rules to automata: one if they fit, several otherwise.
//!
//! Names that begin like this and names that end like that multiply in one automaton, and add up
//! in two. Rules are split by the shape of their globs first, then in halves.
//!
//! The last rule that matches decides, and a rule that takes off the list what another has put on
//! it must see that one: so each shard has all negated rules of its side. An entry is excluded if
//! one shard says so. For if the shard of rule `k` does, no later negated rule matches, and what
//! else comes later in the other shards excludes too; and if the whole list does by rule `k`, then
//! so does the shard that has `k`.

use crate::automaton::{Automaton, MAX_STATES, Role};
use crate::component;
use crate::error::Exceeded;
use crate::minimise;
use crate::priority::{Priorities, Rank, RankedSequence, ranks};
use crate::prune;
use crate::rule::{Rule, Side};
use crate::sequence::{Glob, GlobToken, Globs, sequences};
use crate::tree::{self, Limits, Unmatched};

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

/// A rule that exceeds the budget by itself.
#[derive(Debug)]
pub(crate) struct Excess {
    pub(crate) rule: usize,
    pub(crate) what: Exceeded,
}

/// Compiles the rules.
pub(crate) fn compile(rules: &[Rule]) -> Result<Vec<Automaton>, Excess> {
    let all: Vec<&Rule> = rules.iter().collect();
    let unmatched = if rules.iter().any(|rule| rule.side == Side::Include) {
        Unmatched::Unselected
    } else {
        Unmatched::Selected
    };
    if let Ok(automaton) = automaton(&all, Role::Restrict, unmatched, WHOLE) {
        return Ok(vec![automaton]);
    }
    let mut automata = Vec::new();
    for (side, role, unmatched) in [
        (Side::Exclude, Role::Restrict, Unmatched::Selected),
        (Side::Include, Role::Admit, Unmatched::Unselected),
    ] {
        split(rules, side, role, unmatched, &mut automata)?;
    }
    Ok(automata)
}

/// Splits the rules of one side until each part fits.
fn split(
    rules: &[Rule],
    side: Side,
    role: Role,
    unmatched: Unmatched,
    automata: &mut Vec<Automaton>,
) -> Result<(), Excess> {
    let of_side = |index: &usize| rules[*index].side == side;
    let (negated, listed): (Vec<usize>, Vec<usize>) =
        (0..rules.len()).filter(of_side).partition(|&index| rules[index].pattern.is_negated());
    let mut work: Vec<Vec<usize>> = Vec::new();
    for shape in [Shape::Other, Shape::Suffix, Shape::Prefix] {
        let has_shape = |index: &usize| shape_of(&rules[*index]) == shape;
        let part: Vec<usize> = listed.iter().copied().filter(has_shape).collect();
        if !part.is_empty() {
            work.push(part);
        }
    }
    // An include list that lists nothing admits nothing.
    if work.is_empty() && unmatched == Unmatched::Unselected && !negated.is_empty() {
        work.push(Vec::new());
    }
    while let Some(part) = work.pop() {
        let mut members: Vec<usize> = part.iter().chain(&negated).copied().collect();
        members.sort_unstable();
        let members: Vec<&Rule> = members.iter().map(|&index| &rules[index]).collect();
        let budget = if part.len() == 1 { SINGLE } else { SHARD };
        match automaton(&members, role, unmatched, budget) {
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
    rules: &[&Rule],
    role: Role,
    unmatched: Unmatched,
    budget: Budget,
) -> Result<Automaton, Exceeded> {
    let mut globs = Globs::default();
    let mut ranked = Vec::new();
    for (rule, rank) in rules.iter().zip(ranks(rules)) {
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
    let priorities = Priorities::new(&ranked, count);
    let (names, labels) = component::build(globs.all(), &priorities, budget.name_states)?;
    let tree = tree::build(&ranked, unmatched, count, &labels, budget.directories)?;
    let (tree, label_map) = minimise::tree(&tree);
    let names = minimise::names(&names, &label_map);
    let live = prune::live(&tree, &names);
    Ok(Automaton::assemble(role, &names, &tree, &live))
}
