//! Expressions for whole paths, taken apart at the separators.
//!
//! An expression that may match `/` anywhere is no sequence of globs. But between two separators it
//! is an automaton over a name like any other: one that begins where the last separator led, and
//! that can end in several ways, by the place where the next separator leads. Those places are the
//! *starts* of a machine, few in practice, and become states of the automaton over directories.

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State, WhichCaptures};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::{Hir, Look as HirLook};

/// The NFA of an expression for a whole path.
pub(crate) fn compile(expression: &Hir) -> Option<NFA> {
    let config = Config::new()
        .utf8(false)
        .shrink(false)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(NFA_BYTES));
    Compiler::new().configure(config).build_from_hir(expression).ok()
}

/// The same for an expression that has to match up to the end of the path.
pub(crate) fn compile_to_the_end(expression: &Hir) -> Option<NFA> {
    compile(&Hir::concat(vec![expression.clone(), Hir::look(HirLook::End)]))
}

/// Counted repetitions are written out, so that one short expression can be huge.
const NFA_BYTES: usize = 1 << 20;

/// An expression for whole paths, by the components of a path.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) nfa: NFA,
    /// The first is the beginning of the path.
    pub(crate) starts: Vec<Start>,
}

/// Where a component can begin.
#[derive(Debug)]
pub(crate) struct Start {
    /// The NFA states that read a byte, before the first byte of the component.
    pub(crate) first: Closure,
    /// The starts that a separator after the component can lead to.
    pub(crate) exits: Vec<Exit>,
    /// Whether the path can end with the component.
    pub(crate) ends: bool,
}

/// A separator that is read after a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    /// The NFA state behind the separator.
    pub(crate) state: StateID,
    /// The number of the start there.
    pub(crate) start: usize,
}

/// What an NFA state comes to without reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closure {
    /// The states that read a byte.
    pub(crate) readers: Vec<StateID>,
    /// Whether the path may end here.
    pub(crate) accepts: bool,
}

impl Machine {
    /// Takes an expression apart; none if it is too large.
    pub(crate) fn new(expression: &Hir, limit: usize) -> Option<Self> {
        let nfa = compile(expression)?;
        let first = closure(&nfa, nfa.start_anchored(), Beginning::OfPath);
        // By start, the NFA state that it stands for; the beginning of the path has none.
        let mut states = vec![None];
        let mut starts: Vec<Start> = Vec::new();
        let mut pending = vec![first];
        while starts.len() < pending.len() {
            if starts.len() > limit {
                return None;
            }
            let first = pending[starts.len()].clone();
            let (targets, ends) = explore(&nfa, &first);
            let mut exits = Vec::new();
            for state in targets {
                let known = states.iter().position(|known| *known == Some(state));
                let start = known.unwrap_or_else(|| {
                    states.push(Some(state));
                    pending.push(closure(&nfa, state, Beginning::OfComponent));
                    states.len() - 1
                });
                exits.push(Exit { state, start });
            }
            starts.push(Start { first, exits, ends });
        }
        Some(Self { nfa, starts })
    }
}

/// What a closure begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    OfPath,
    /// Anywhere else.
    OfComponent,
}

/// Follows the transitions that read nothing.
pub(crate) fn closure(nfa: &NFA, from: StateID, beginning: Beginning) -> Closure {
    let mut closure = Closure::default();
    // Behind `$` nothing more can be read.
    let mut stack = vec![(from, false)];
    let mut seen = Vec::new();
    while let Some((state, at_end)) = stack.pop() {
        if seen.contains(&(state, at_end)) {
            continue;
        }
        seen.push((state, at_end));
        match nfa.state(state) {
            State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => {
                if !at_end {
                    closure.readers.push(state);
                }
            }
            State::Match { .. } => closure.accepts = true,
            State::Look { look: Look::Start, next } => {
                if beginning == Beginning::OfPath {
                    stack.push((*next, at_end));
                }
            }
            State::Look { look: Look::End, next } => stack.push((*next, true)),
            State::Look { .. } | State::Fail => {}
            State::Union { alternates } => {
                stack.extend(alternates.iter().map(|&next| (next, at_end)));
            }
            State::BinaryUnion { alt1, alt2 } => {
                stack.extend([(*alt1, at_end), (*alt2, at_end)]);
            }
            State::Capture { next, .. } => stack.push((*next, at_end)),
        }
    }
    closure.readers.sort_unstable();
    closure.readers.dedup();
    closure
}

/// The transitions of a state that reads: ranges of bytes and where they lead.
pub(crate) fn transitions(state: &State) -> Vec<(u8, u8, StateID)> {
    match state {
        State::ByteRange { trans } => vec![(trans.start, trans.end, trans.next)],
        State::Sparse(sparse) => {
            sparse.transitions.iter().map(|trans| (trans.start, trans.end, trans.next)).collect()
        }
        State::Dense(dense) => {
            (0..=u8::MAX).zip(dense.transitions.iter()).map(|(b, &next)| (b, b, next)).collect()
        }
        _ => Vec::new(),
    }
}

/// Where separators lead from anywhere in a component, and whether the path can end with it.
fn explore(nfa: &NFA, first: &Closure) -> (Vec<StateID>, bool) {
    let mut targets = Vec::new();
    let mut ends = first.accepts;
    let mut seen = vec![false; nfa.states().len()];
    let mut stack = first.readers.clone();
    while let Some(state) = stack.pop() {
        if std::mem::replace(&mut seen[state.as_usize()], true) {
            continue;
        }
        for (low, high, next) in transitions(nfa.state(state)) {
            if (low..=high).contains(&b'/') && !targets.contains(&next) {
                targets.push(next);
            }
            if (low, high) != (b'/', b'/') {
                let after = closure(nfa, next, Beginning::OfComponent);
                ends |= after.accepts;
                stack.extend(after.readers);
            }
        }
    }
    targets.sort_unstable();
    (targets, ends)
}
