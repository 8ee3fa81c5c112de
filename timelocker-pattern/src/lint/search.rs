//! The first path that a question is true of, by the automaton of some rules.

use std::collections::VecDeque;

use super::candidate::representative;
use super::witness::Witness;
use crate::compile::{self, Pair, Ranked};
use crate::directory_automaton::Decide;
use crate::error::Exceeded;
use crate::name_automaton::NameAutomaton;
use crate::priority::{Rank, ranks};
use crate::rule::{Rule, Side};
use crate::verdict::EntryKind;

/// What is asked of paths.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question {
    /// Whether no later rule matches what this rule matches, whatever is said of the directories
    /// above.
    IsLast { rule: usize },
    /// Whether this rule decides.
    Decides { rule: usize },
    /// Whether it is selected.
    Selects,
}

impl Question {
    pub(super) fn asks_about_include(self, rules: &[Rule]) -> bool {
        match self {
            Self::Decides { rule } | Self::IsLast { rule } => rules[rule].side == Side::Include,
            Self::Selects => true,
        }
    }
}

/// The first path of which the question is true by the rules `members` alone: one of the fewest
/// components, with the shortest names.
pub(super) fn first(
    rules: &[Rule],
    members: &[usize],
    question: Question,
) -> Result<Option<Witness>, Exceeded> {
    let apart = match question {
        Question::Decides { rule } | Question::IsLast { rule } => {
            members.iter().position(|&member| member == rule)
        }
        Question::Selects => None,
    };
    let chosen = || members.iter().map(|&member| &rules[member]);
    let ranked: Vec<Ranked<'_>> = chosen().zip(ranks(chosen(), apart)).collect();
    let decide = match (question, apart.map(|apart| ranked[apart])) {
        (Question::Decides { .. }, Some((rule, rank))) => Decide::By { side: rule.side, rank },
        (Question::IsLast { .. }, _) => Decide::Ranks,
        _ => Decide::Selected {
            has_include_list: rules.iter().any(|rule| rule.side == Side::Include),
        },
    };
    // What comes below a directory on the list is asked about as well, then.
    let unlisting = match question {
        Question::IsLast { .. } => [Rank::HIGHEST; 2],
        _ => compile::unlisting(&ranked),
    };
    let elsewhere = match question {
        Question::IsLast { .. } => [Rank::HIGHEST; 2],
        _ => [Rank::NONE; 2],
    };
    let pair = compile::pair(&ranked, decide, unlisting, elsewhere, compile::SMALL)?;
    let sought = match (question, apart) {
        (Question::IsLast { .. }, Some(apart)) => ranked[apart].1.number() as u16,
        _ => 1,
    };
    Ok(search(&pair, sought))
}

/// Goes through the directories, breadth first, to an entry with the outcome that is sought.
fn search(Pair { names, directories }: &Pair, sought: u16) -> Option<Witness> {
    let names = shortest_names(names, directories.labels);
    let mut paths: Vec<Option<Vec<u8>>> = vec![None; directories.states()];
    paths[0] = Some(Vec::new());
    let mut level = vec![0];
    while !level.is_empty() {
        let mut found: Option<Witness> = None;
        let mut next = Vec::new();
        for state in level {
            let above = paths[state].clone().unwrap_or_default();
            for (entry, name) in directories.row(state).iter().zip(&names) {
                let Some(name) = name else { continue };
                let kind = if entry.outcome.file == sought {
                    Some(EntryKind::File)
                } else if entry.outcome.directory == sought {
                    Some(EntryKind::Directory)
                } else {
                    None
                };
                let length = above.len() + 1 + name.len();
                if let Some(kind) = kind
                    && found.as_ref().is_none_or(|found| length < found.path.len())
                {
                    found = Some(Witness { path: join(&above, name), kind });
                }
                let below = &mut paths[entry.next as usize];
                if below.is_none() {
                    *below = Some(join(&above, name));
                    next.push(entry.next as usize);
                }
            }
        }
        if found.is_some() {
            return found;
        }
        level = next;
    }
    None
}

fn join(above: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = above.to_vec();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// How far a name is from being `.` or `..`, which no entry is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dots {
    Empty,
    One,
    Two,
    Name,
}

impl Dots {
    const COUNT: usize = 4;

    fn then(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Empty, b'.') => Self::One,
            (Self::One, b'.') => Self::Two,
            _ => Self::Name,
        }
    }
}

/// By label, the shortest name that has it.
fn shortest_names(names: &NameAutomaton, labels: usize) -> Vec<Option<Vec<u8>>> {
    let representatives: Vec<(u8, u8)> = (0..names.class_count)
        .filter_map(|class| {
            let bytes = (1..=u8::MAX).filter(|&byte| byte != b'/');
            let of_class =
                bytes.filter(|&byte| usize::from(names.classes[usize::from(byte)]) == class);
            Some((class as u8, representative(of_class)?))
        })
        .collect();
    let mut shortest = vec![None; labels];
    let mut seen = vec![false; names.rows.len() * Dots::COUNT];
    // A step: the number of the step before, the byte that it took.
    let mut steps: Vec<(usize, u8)> = vec![(0, 0)];
    let mut queue = VecDeque::from([(0, 0u32, Dots::Empty)]);
    while let Some((step, state, dots)) = queue.pop_front() {
        let slot = &mut shortest[names.labels[state as usize] as usize];
        if dots == Dots::Name && slot.is_none() {
            *slot = Some(spell(&steps, step));
        }
        let row = &names.rows[state as usize];
        for &(class, byte) in &representatives {
            let exception = row.exceptions.binary_search_by_key(&class, |exception| exception.0);
            let next = exception.map_or(row.default, |at| row.exceptions[at].1);
            let dots = dots.then(byte);
            if !std::mem::replace(&mut seen[next as usize * Dots::COUNT + dots as usize], true) {
                steps.push((step, byte));
                queue.push_back((steps.len() - 1, next, dots));
            }
        }
    }
    shortest
}

fn spell(steps: &[(usize, u8)], mut step: usize) -> Vec<u8> {
    let mut name = Vec::new();
    while step > 0 {
        name.push(steps[step].1);
        step = steps[step].0;
    }
    name.reverse();
    name
}
