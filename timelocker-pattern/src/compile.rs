//! Rules to automata: one if they fit, several otherwise.
//!
//! Names that begin like this and names that end like that multiply in one automaton, and add up
//! in two. Rules are split by the shape of their globs first, then in halves.
//!
//! A rule is in one shard. Each shard gives the highest rank of its rules that matches an entry,
//! and the highest of them all decides. That is exact only because no shard stops at a directory
//! that its own rules exclude: a rule of another shard may take it off the list again.

use crate::automaton::{Automaton, MAX_STATES, Role};
use crate::cost::{self, Shape};
use crate::directory_automaton::{self, Decide, DirectoryAutomaton, Limits, Outcome};
use crate::error::Exceeded;
use crate::liveness;
use crate::minimise;
use crate::name_automaton::{self, NameAutomaton};
use crate::priority::{Body, NumberedMachine, Priorities, Rank, RankedBody, index, ranks};
use crate::rule::{Rule, Side};
use crate::sequence::{Element, Globs, sequences};
use crate::simulated::Simulated;
use crate::whole_path::Machine;

/// The budgets of one automaton.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    name_states: usize,
    directories: Limits,
}

/// For all rules at once.
const WHOLE: Budget =
    Budget { name_states: 4_000, directories: Limits { states: 512, entries: 100_000 } };
/// All rules at once are not even tried if so many states are expected.
const HOPELESS: usize = 6_000;
/// For a shard.
const SHARD: Budget =
    Budget { name_states: 5_000, directories: Limits { states: 1_024, entries: 400_000 } };
/// For a question about some of the rules, and where time counts for more than speed later.
pub(crate) const SMALL: Budget =
    Budget { name_states: 2_000, directories: Limits { states: 512, entries: 50_000 } };
/// For a rule by itself, with the negated ones.
const SINGLE: Budget =
    Budget { name_states: 12_000, directories: Limits { states: 2_048, entries: 500_000 } };
const _: () = assert!(SINGLE.directories.states <= MAX_STATES);

/// A rule that exceeds the budget by itself.
#[derive(Debug)]
pub(crate) struct Excess {
    pub(crate) rule: usize,
    pub(crate) what: Exceeded,
}

/// The most starts of a machine.
const STARTS: usize = 64;

/// A rule with its rank in its list.
pub(crate) type Ranked<'r> = (&'r Rule, Rank);

/// By side, the highest rank that takes off the list.
pub(crate) fn unlisting(rules: &[Ranked<'_>]) -> [Rank; 2] {
    let mut unlisting = [Rank::NONE; 2];
    for (rule, rank) in rules.iter().filter(|(_, rank)| !rank.is_listed()) {
        let highest = &mut unlisting[index(rule.side)];
        *highest = rank.max(highest).to_owned();
    }
    unlisting
}

/// The compiled form of rules.
pub(crate) struct Compiled {
    /// One at least.
    pub(crate) automata: Vec<Automaton>,
    pub(crate) simulated: Vec<Simulated>,
}

/// What is done with a rule that exceeds the budget by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oversized {
    Refuse,
    Simulate,
}

/// Compiles the rules.
pub(crate) fn compile(rules: &[Rule], oversized: Oversized) -> Result<Compiled, Excess> {
    let ranked = rank(rules)?;
    let unlisting = unlisting(&ranked);
    let has_include_list = rules.iter().any(|rule| rule.side == Side::Include);
    let decide = Decide::Selected { has_include_list };
    if cost::estimate(rules) < HOPELESS
        && let Ok(automaton) = automaton(&ranked, Role::Whole, decide, unlisting, WHOLE)
    {
        return Ok(Compiled { automata: vec![automaton], simulated: Vec::new() });
    }
    let effort = if rules.len() > MANY { BRISK } else { PATIENT };
    shards(&ranked, unlisting, oversized, effort)
}

/// Compiles rules that are not alone: whatever they put on the list, rules that are not here may
/// take off again.
pub(crate) fn layer(rules: &[Rule]) -> Result<Compiled, Excess> {
    let mut ranked = rank(rules)?;
    for (_, rank) in &mut ranked {
        *rank = rank.above_none();
    }
    shards(&ranked, [Rank::HIGHEST; 2], Oversized::Simulate, HASTY)
}

fn rank(rules: &[Rule]) -> Result<Vec<Ranked<'_>>, Excess> {
    let ranked: Vec<Ranked<'_>> = rules.iter().zip(ranks(rules, None)).collect();
    let too_high = |(_, rank): &Ranked<'_>| u16::try_from(rank.above_none().number()).is_err();
    match ranked.iter().position(too_high) {
        Some(rule) => Err(Excess { rule, what: Exceeded::Alternations }),
        None => Ok(ranked),
    }
}

fn shards(
    ranked: &[Ranked<'_>],
    unlisting: [Rank; 2],
    oversized: Oversized,
    effort: Effort,
) -> Result<Compiled, Excess> {
    let (automata, excesses) = (Vec::new(), Vec::new());
    let mut splitter = Splitter { rules: ranked, unlisting, oversized, effort, automata, excesses };
    for (side, role) in [(Side::Exclude, Role::Exclude), (Side::Include, Role::Include)] {
        let of_side = ranked.iter().enumerate().filter(|(_, (rule, _))| rule.side == side);
        let side: Vec<usize> = of_side.map(|(index, _)| index).collect();
        splitter.compile(&side, role);
        if oversized == Oversized::Refuse && !splitter.excesses.is_empty() {
            return Err(splitter.excesses.swap_remove(0));
        }
    }
    let Splitter { mut automata, excesses, .. } = splitter;
    let simulated = excesses.iter().map(|excess| {
        let (rule, rank) = ranked[excess.rule];
        Simulated::new(rule, rank)
    });
    let simulated = simulated.collect();
    if automata.is_empty() {
        let none = automaton(&[], Role::Exclude, Decide::Ranks, unlisting, SHARD);
        automata.push(none.map_err(|what| Excess { rule: 0, what })?);
    }
    Ok(Compiled { automata, simulated })
}

/// What may be spent on splitting rules.
#[derive(Clone, Copy, Debug)]
struct Effort {
    shard: Budget,
    /// For a rule by itself.
    single: Budget,
    /// The most rules of a shard, where they add up: more seldom fit, and to find that out takes
    /// time.
    largest: usize,
    /// How many automata are tried.
    attempts: usize,
}

/// For rules that somebody wrote for this program.
const PATIENT: Effort = Effort { shard: SHARD, single: SINGLE, largest: 500, attempts: usize::MAX };
/// For more than [`MANY`] of those, which take time enough as it is.
const BRISK: Effort = Effort { shard: SMALL, single: SINGLE, largest: 200, attempts: usize::MAX };
/// For rules that were found on a disk: no file of them can make a walk wait for long.
const HASTY: Effort = Effort { shard: SMALL, single: SMALL, largest: 200, attempts: 100 };

/// More rules than people write by hand.
const MANY: usize = 1_000;
/// The most rules of a shard where they multiply.
const LARGEST_MULTIPLYING: usize = 50;

/// Splits the rules of one side until each part fits an automaton.
struct Splitter<'a> {
    rules: &'a [Ranked<'a>],
    unlisting: [Rank; 2],
    oversized: Oversized,
    effort: Effort,
    automata: Vec<Automaton>,
    /// The rules that fit by themselves neither: the first, if one is enough to refuse them all.
    excesses: Vec<Excess>,
}

impl Splitter<'_> {
    /// Compiles the rules of one side, each given by its index.
    fn compile(&mut self, side: &[usize], role: Role) {
        let mut attempts = self.effort.attempts;
        let mut work = self.parts(side);
        while let Some((part, budget)) = work.pop() {
            let Some(left) = attempts.checked_sub(1) else {
                let left = part.into_iter().map(|rule| Excess { rule, what: Exceeded::NameStates });
                self.excesses.extend(left);
                continue;
            };
            attempts = left;
            match self.automaton(&part, role, budget) {
                Ok(automaton) => self.automata.push(automaton),
                Err(what) if part.len() == 1 => {
                    self.excesses.push(Excess { rule: part[0], what });
                    if self.oversized == Oversized::Refuse {
                        break;
                    }
                }
                Err(_) => {
                    // Rules like these are likely to exceed any budget together, so finding that
                    // out has to cost less from here on.
                    let (left, right) = part.split_at(part.len() / 2);
                    work.extend([(right.to_vec(), SMALL), (left.to_vec(), SMALL)]);
                }
            }
        }
    }

    /// The first parts, by the shape of their globs; the last is compiled first.
    fn parts(&self, side: &[usize]) -> Vec<(Vec<usize>, Budget)> {
        let shapes: Vec<Shape> = side.iter().map(|&at| Shape::of(self.rules[at].0)).collect();
        let mut parts = Vec::new();
        for shape in Shape::ALL.into_iter().rev() {
            let of_shape = side.iter().zip(&shapes).filter(|(_, of)| **of == shape);
            let part: Vec<usize> = of_shape.map(|(&index, _)| index).collect();
            let largest = match shape {
                Shape::Additive => self.effort.largest,
                Shape::Multiplying => LARGEST_MULTIPLYING,
            };
            let chunks = part.chunks(largest).rev();
            parts.extend(chunks.map(|part| (part.to_vec(), self.effort.shard)));
        }
        parts
    }

    fn automaton(&self, part: &[usize], role: Role, budget: Budget) -> Result<Automaton, Exceeded> {
        let members: Vec<Ranked<'_>> = part.iter().map(|&index| self.rules[index]).collect();
        let budget = if part.len() == 1 { self.effort.single } else { budget };
        automaton(&members, role, Decide::Ranks, self.unlisting, budget)
    }
}

/// Takes "and all below" off a sequence: once the directory itself is on the list, and no rule can
/// take it off again, that adds nothing.
fn leave_below(elements: &mut Vec<Element>) {
    if let [.., Element::Name(_) | Element::AnyName, Element::AnyDirectories] = elements[..] {
        elements.pop();
    }
}

/// One automaton of these rules: the stages, one after another.
fn automaton(
    rules: &[Ranked<'_>],
    role: Role,
    decide: Decide,
    unlisting: [Rank; 2],
    budget: Budget,
) -> Result<Automaton, Exceeded> {
    let elsewhere = if role == Role::Whole { [Rank::NONE; 2] } else { unlisting };
    let Pair { names, directories } = pair(rules, decide, unlisting, elsewhere, budget)?;
    let (directories, label_map) = minimise::directories(&directories);
    let names = minimise::names(&names, &label_map);
    let live = match role {
        Role::Whole => {
            liveness::live(&directories, &names, |outcome| outcome != Outcome::default())
        }
        Role::Include => liveness::live(&directories, &names, |outcome| outcome.lists()),
        Role::Exclude => vec![true; directories.states()],
    };
    Automaton::assemble(role, &names, &directories, &live)
}

/// The automaton over names and the one over directories, before they are made small.
pub(crate) struct Pair {
    pub(crate) names: NameAutomaton,
    pub(crate) directories: DirectoryAutomaton,
}

/// Builds both for these rules. `unlisting` is the highest rank by side that takes off the list, in
/// this pair or another; `elsewhere` the highest such rank in another.
pub(crate) fn pair(
    rules: &[Ranked<'_>],
    decide: Decide,
    unlisting: [Rank; 2],
    elsewhere: [Rank; 2],
    budget: Budget,
) -> Result<Pair, Exceeded> {
    let mut globs = Globs::default();
    let mut ranked = Vec::new();
    let mut machines = Vec::new();
    for &(rule, rank) in rules {
        // Nothing is on the list yet that a negated rule at its beginning could take off.
        if rank == Rank::NONE {
            continue;
        }
        let (side, directory_only) = (rule.side, rule.pattern.is_directory_only());
        let decides = rank.is_listed() && rank > unlisting[index(side)];
        for mut elements in sequences(&rule.pattern, &mut globs) {
            if decides {
                leave_below(&mut elements);
            }
            ranked.push(RankedBody { body: Body::Sequence(elements), rank, side, directory_only });
        }
        if let Some(whole) = rule.pattern.whole() {
            let machine = Machine::new(whole, STARTS).ok_or(Exceeded::DirectoryStates)?;
            machines.push((machine, rank, side));
        }
    }
    let mut numbers = globs.all().len() as u32;
    for (machine, rank, side) in machines {
        let first = numbers;
        numbers += NumberedMachine::numbers(&machine);
        let body = Body::Machine(NumberedMachine { machine, first });
        ranked.push(RankedBody { body, rank, side, directory_only: false });
    }
    let numbers = numbers as usize;
    let priorities = Priorities::new(&ranked, numbers, elsewhere);
    let machines = ranked.iter().filter_map(|ranked| match &ranked.body {
        Body::Machine(machine) => Some(machine),
        Body::Sequence(_) => None,
    });
    let (names, labels) =
        name_automaton::build(globs.all(), machines, &priorities, budget.name_states)?;
    let directories =
        directory_automaton::build(&ranked, decide, numbers, &labels, budget.directories)?;
    Ok(Pair { names, directories })
}
