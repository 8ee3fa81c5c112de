//! The threads of the subset construction over names: the NFA states that read a byte, or accept,
//! with what they come to without reading worked out.

use std::collections::HashMap;

use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::primitives::StateID;

use crate::priority::NumberedMachine;
use crate::whole_path::{Beginning, Closure, Exit, closure, transitions};

/// An NFA state that reads a byte, or accepts.
#[derive(Debug)]
pub(crate) enum Thread {
    /// Reads any byte; one that `loops` comes back to itself: the `*` of a glob.
    Any { next: u32, loops: bool },
    /// Reads a byte of these classes.
    Read(Vec<(u8, u32)>),
    /// The name is matched: by this glob, or by a machine that goes on this way.
    Accept { number: u32 },
}

/// The NFA with its epsilon closures worked out. Threads are numbered so that those of a glob are
/// consecutive, in the order of its tokens.
pub(crate) struct Threads {
    pub(crate) threads: Vec<Thread>,
    /// By thread, its glob, or the start of the machine it belongs to.
    pub(crate) owners: Vec<u32>,
    /// By thread: it and what follows accept every continuation.
    pub(crate) unfailing: Vec<bool>,
    /// By glob, its last two threads: the loop and the end of one that ends in `*`.
    pub(crate) last: Vec<[u32; 2]>,
    /// The closures that `Any` and `Read` lead to.
    pub(crate) closures: Vec<Vec<u32>>,
    pub(crate) start: Vec<u32>,
}

/// The bytes that no glob tells apart.
pub(crate) struct ByteClasses {
    pub(crate) classes: [u8; 256],
    pub(crate) count: usize,
}

impl ByteClasses {
    pub(crate) fn of<'n>(nfas: impl Iterator<Item = &'n NFA>) -> Self {
        // The classes of each are ranges: a new one begins where one begins in any of them.
        let mut begins = [false; 256];
        for nfa in nfas {
            let classes = nfa.byte_classes();
            for byte in 1..=u8::MAX {
                begins[usize::from(byte)] |= classes.get(byte) != classes.get(byte - 1);
            }
        }
        let (mut classes, mut count) = ([0; 256], 0);
        for byte in 0..256 {
            count += usize::from(begins[byte] || byte == 0);
            classes[byte] = (count - 1) as u8;
        }
        Self { classes, count }
    }
}

impl Threads {
    pub(crate) fn new(nfa: &NFA, classes: &ByteClasses) -> Self {
        let mut threads = Self {
            threads: Vec::new(),
            owners: Vec::new(),
            unfailing: Vec::new(),
            last: Vec::new(),
            closures: Vec::new(),
            start: Vec::new(),
        };
        // The numbers of threads by NFA state, and of closures by the NFA state they begin at.
        let mut numbers = vec![u32::MAX; nfa.states().len()];
        let mut closures = vec![u32::MAX; nfa.states().len()];
        let mut seen = vec![false; nfa.states().len()];
        for pattern in nfa.patterns() {
            let Some(start) = nfa.start_pattern(pattern) else { continue };
            let mut states = reachable(nfa, start, &mut seen);
            // Thompson's construction numbers the states of a concatenation in its order.
            states.sort_unstable();
            let first = threads.threads.len();
            for &state in &states {
                if reads(nfa.state(state)) {
                    numbers[state.as_usize()] = threads.owners.len() as u32;
                    threads.owners.push(pattern.as_u32());
                }
            }
            for &state in &states {
                let thread = match nfa.state(state) {
                    State::ByteRange { trans } if (trans.start, trans.end) == (0, u8::MAX) => {
                        let next = threads.closure(nfa, trans.next, &numbers, &mut closures);
                        let own = numbers[state.as_usize()];
                        Thread::Any { next, loops: threads.closures[next as usize].contains(&own) }
                    }
                    State::ByteRange { trans } => {
                        let next = threads.closure(nfa, trans.next, &numbers, &mut closures);
                        Thread::Read(classes.expand(trans.start, trans.end, next))
                    }
                    State::Sparse(sparse) => {
                        let mut read = Vec::new();
                        for trans in &*sparse.transitions {
                            let next = threads.closure(nfa, trans.next, &numbers, &mut closures);
                            read.extend(classes.expand(trans.start, trans.end, next));
                        }
                        Thread::Read(read)
                    }
                    State::Match { .. } => Thread::Accept { number: pattern.as_u32() },
                    _ => continue,
                };
                threads.threads.push(thread);
            }
            let accept = threads.threads.len() as u32 - 1;
            threads.last.push([accept.saturating_sub(1), accept]);
            for thread in &threads.threads[first..] {
                let unfailing = match *thread {
                    Thread::Any { next, loops: true } => {
                        threads.closures[next as usize].contains(&accept)
                    }
                    _ => false,
                };
                threads.unfailing.push(unfailing);
            }
            let start = threads.closure(nfa, start, &numbers, &mut closures);
            threads.start.extend_from_slice(&threads.closures[start as usize]);
        }
        threads
    }

    /// Adds the threads of a machine: for each start those that it can come to before the next
    /// separator. A separator is never read; it is a way out.
    pub(crate) fn add_machine(&mut self, numbered: &NumberedMachine, classes: &ByteClasses) {
        let nfa = &numbered.machine.nfa;
        for (start, ways) in numbered.machine.starts.iter().enumerate() {
            let mut copy = MachineCopy {
                owner: numbered.start(start),
                end: numbered.end(start),
                exits: &ways.exits,
                readers: HashMap::new(),
                accepts: HashMap::new(),
                pending: Vec::new(),
            };
            let first = copy.threads(nfa, &ways.first, self);
            self.start.extend(first);
            while let Some((state, thread)) = copy.pending.pop() {
                let mut read = Vec::new();
                for (low, high, next) in transitions(nfa.state(state)) {
                    let after = closure(nfa, next, Beginning::OfComponent);
                    let number = self.closures.len() as u32;
                    let after = copy.threads(nfa, &after, self);
                    self.closures.push(after);
                    // Around the separator.
                    let parts = [(low, high.min(b'/' - 1)), (low.max(b'/' + 1), high)];
                    for (low, high) in parts {
                        if low <= high {
                            read.extend(classes.expand(low, high, number));
                        }
                    }
                }
                self.threads[thread as usize] = Thread::Read(read);
            }
        }
    }

    fn push(&mut self, thread: Thread, owner: u32) -> u32 {
        self.threads.push(thread);
        self.owners.push(owner);
        self.unfailing.push(false);
        self.threads.len() as u32 - 1
    }

    /// Lets a glob that can no longer fail go on as its representative does, so that states which
    /// differ only in which of them it was become one.
    pub(crate) fn share_ends(&mut self, representatives: &[u32]) {
        for thread in self.closures.iter_mut().flatten().chain(&mut self.start) {
            let glob = self.owners[*thread as usize] as usize;
            if glob >= self.last.len() {
                // A machine's.
                continue;
            }
            let representative = representatives[glob] as usize;
            for (&own, &shared) in self.last[glob].iter().zip(&self.last[representative]) {
                if *thread == own {
                    *thread = shared;
                    break;
                }
            }
        }
    }

    /// The number of the closure of an NFA state: the threads it comes to without reading.
    fn closure(&mut self, nfa: &NFA, from: StateID, numbers: &[u32], known: &mut [u32]) -> u32 {
        if known[from.as_usize()] != u32::MAX {
            return known[from.as_usize()];
        }
        let mut stack = vec![from];
        let mut seen = Vec::new();
        let mut reached = Vec::new();
        while let Some(state) = stack.pop() {
            if seen.contains(&state) {
                continue;
            }
            seen.push(state);
            if reads(nfa.state(state)) {
                reached.push(numbers[state.as_usize()]);
            } else {
                epsilons(nfa.state(state), |next| stack.push(next));
            }
        }
        let number = self.closures.len() as u32;
        self.closures.push(reached);
        known[from.as_usize()] = number;
        number
    }
}

impl ByteClasses {
    fn expand(&self, start: u8, end: u8, next: u32) -> Vec<(u8, u32)> {
        let (first, last) = (self.classes[usize::from(start)], self.classes[usize::from(end)]);
        (first..=last).map(|class| (class, next)).collect()
    }
}

/// The threads of a machine for one of its starts, as they are found.
struct MachineCopy<'m> {
    owner: u32,
    /// The number of the end of the path; those of the exits follow.
    end: u32,
    exits: &'m [Exit],
    readers: HashMap<StateID, u32>,
    /// By number.
    accepts: HashMap<u32, u32>,
    /// States whose threads still have to be worked out.
    pending: Vec<(StateID, u32)>,
}

impl MachineCopy<'_> {
    /// The threads of a closure.
    fn threads(&mut self, nfa: &NFA, closure: &Closure, threads: &mut Threads) -> Vec<u32> {
        let mut found = Vec::new();
        if closure.accepts {
            found.push(self.accept(self.end, threads));
        }
        for &state in &closure.readers {
            let thread = *self.readers.entry(state).or_insert_with(|| {
                let thread = threads.push(Thread::Read(Vec::new()), self.owner);
                self.pending.push((state, thread));
                thread
            });
            found.push(thread);
            for (low, high, next) in transitions(nfa.state(state)) {
                if !(low..=high).contains(&b'/') {
                    continue;
                }
                let exit = self.exits.iter().position(|exit| exit.state == next);
                if let Some(exit) = exit {
                    found.push(self.accept(self.end + 1 + exit as u32, threads));
                }
            }
        }
        found
    }

    fn accept(&mut self, number: u32, threads: &mut Threads) -> u32 {
        let owner = self.owner;
        *self
            .accepts
            .entry(number)
            .or_insert_with(|| threads.push(Thread::Accept { number }, owner))
    }
}

fn reads(state: &State) -> bool {
    matches!(
        state,
        State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) | State::Match { .. }
    )
}

fn epsilons(state: &State, mut visit: impl FnMut(StateID)) {
    match state {
        State::Union { alternates } => alternates.iter().for_each(|&next| visit(next)),
        State::BinaryUnion { alt1, alt2 } => {
            visit(*alt1);
            visit(*alt2);
        }
        State::Look { next, .. } | State::Capture { next, .. } => visit(*next),
        _ => {}
    }
}

/// All NFA states of one glob.
fn reachable(nfa: &NFA, start: StateID, seen: &mut [bool]) -> Vec<StateID> {
    let mut states = Vec::new();
    let mut stack = vec![start];
    while let Some(state) = stack.pop() {
        if std::mem::replace(&mut seen[state.as_usize()], true) {
            continue;
        }
        states.push(state);
        match nfa.state(state) {
            State::ByteRange { trans } => stack.push(trans.next),
            State::Sparse(sparse) => stack.extend(sparse.transitions.iter().map(|t| t.next)),
            other => epsilons(other, |next| stack.push(next)),
        }
    }
    states
}
