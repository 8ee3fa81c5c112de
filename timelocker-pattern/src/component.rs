//! The automaton over the bytes of one component: which globs match a name.
//!
//! regex-automata compiles the globs to one Thompson NFA; the subset construction here is our own
//! because it has to drop the threads of rules that can no longer win (see [`crate::priority`]).

use std::collections::HashMap;

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Repetition};

use crate::error::Exceeded;
use crate::interner::Interner;
use crate::machine::{Beginning, Closure, Exit, closure, transitions};
use crate::priority::{NumberedMachine, Priorities};
use crate::sequence::{Glob, GlobToken};
use crate::syntax::{ByteSet, any_byte};

/// A row of a sparse transition table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// Where every class goes that `exceptions` does not name.
    pub(crate) default: u32,
    /// Class and target, ascending by class.
    pub(crate) exceptions: Vec<(u8, u32)>,
}

/// The automaton over names. State 0 is the start.
#[derive(Debug)]
pub(crate) struct NameAutomaton {
    /// The class of each byte.
    pub(crate) classes: [u8; 256],
    pub(crate) class_count: usize,
    pub(crate) rows: Vec<Row>,
    /// By state, the label of a name that ends there.
    pub(crate) labels: Vec<u32>,
}

/// The sets of globs that match a name, by label.
#[derive(Debug)]
pub(crate) struct Labels {
    sets: Interner,
}

impl Labels {
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(crate) fn globs(&self, label: u32) -> &[u32] {
        self.sets.get(label)
    }
}

/// The glob as a regular expression over bytes.
fn expression(glob: &Glob) -> Hir {
    let class = |ranges: &[(u8, u8)]| {
        let ranges = ranges.iter().map(|&(start, end)| ClassBytesRange::new(start, end));
        Hir::class(Class::Bytes(ClassBytes::new(ranges)))
    };
    Hir::concat(
        glob.iter()
            .map(|token| match token {
                GlobToken::Byte(byte) => Hir::literal([*byte]),
                GlobToken::Class(set) => class(&widen(*set).ranges()),
                GlobToken::Chars(set) => set.expression(),
                GlobToken::Star => Hir::repetition(Repetition {
                    min: 0,
                    max: None,
                    greedy: true,
                    sub: Box::new(any_byte()),
                }),
            })
            .collect(),
    )
}

/// `/` and NUL stand in no name, so what the automaton does with them is free: it treats them as
/// it does 0x01, and needs no class of bytes for them.
fn widen(mut set: ByteSet) -> ByteSet {
    if set.contains(1) {
        set.insert(b'/');
        set.insert(0);
    }
    set
}

/// An NFA state that reads a byte, or accepts.
#[derive(Debug)]
enum Thread {
    /// Reads any byte; one that `loops` comes back to itself: the `*` of a glob.
    Any { next: u32, loops: bool },
    /// Reads a byte of these classes.
    Read(Vec<(u8, u32)>),
    /// The name is matched: by this glob, or by a machine that goes on this way.
    Accept { number: u32 },
}

/// The NFA with its epsilon closures worked out. Threads are numbered so that those of a glob are
/// consecutive, in the order of its tokens.
struct Threads {
    threads: Vec<Thread>,
    /// By thread, its glob, or the start of the machine it belongs to.
    owners: Vec<u32>,
    /// By thread: it and what follows accept every continuation.
    unfailing: Vec<bool>,
    /// By glob, its last two threads: the loop and the end of one that ends in `*`.
    last: Vec<[u32; 2]>,
    /// The closures that `Any` and `Read` lead to.
    closures: Vec<Vec<u32>>,
    start: Vec<u32>,
}

/// The bytes that no glob tells apart.
struct ByteClasses {
    classes: [u8; 256],
    count: usize,
}

impl ByteClasses {
    fn of<'n>(nfas: impl Iterator<Item = &'n NFA>) -> Self {
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
    fn new(nfa: &NFA, classes: &ByteClasses) -> Self {
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
    fn add_machine(&mut self, numbered: &NumberedMachine, classes: &ByteClasses) {
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
    fn share_ends(&mut self, representatives: &[u32]) {
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

/// Builds the automaton over names for these globs and machines, with at most `limit` states.
pub(crate) fn build<'m>(
    globs: &[Glob],
    machines: impl Iterator<Item = &'m NumberedMachine> + Clone,
    priorities: &Priorities,
    limit: usize,
) -> Result<(NameAutomaton, Labels), Exceeded> {
    let expressions: Vec<Hir> = globs.iter().map(expression).collect();
    let config = Config::new()
        .utf8(false)
        .shrink(false)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(None);
    let nfa = Compiler::new().configure(config).build_many_from_hir(&expressions);
    let nfa = nfa.map_err(|_| Exceeded::NameStates)?;
    let nfas = machines.clone().map(|machine| &machine.machine.nfa);
    let classes = ByteClasses::of(nfas.chain([&nfa]));
    let mut threads = Threads::new(&nfa, &classes);
    machines.for_each(|machine| threads.add_machine(machine, &classes));
    let ends_open = |glob: u32| {
        let last = threads.last.get(glob as usize);
        last.is_some_and(|last| threads.unfailing[last[0] as usize])
    };
    threads.share_ends(&priorities.representatives(ends_open));
    let mut subsets = Subsets {
        threads: &threads,
        priorities,
        sets: Interner::new(),
        labels: Interner::new(),
        label_of: Vec::new(),
        matched: Vec::new(),
        live: Vec::new(),
        unfailing: Vec::new(),
        keep: Vec::new(),
    };
    let mut start = threads.start.clone();
    start.sort_unstable();
    subsets.intern(&mut start);
    let rows = subsets.explore(classes.count, limit)?;
    let automaton = NameAutomaton {
        classes: classes.classes,
        class_count: classes.count,
        rows,
        labels: subsets.label_of,
    };
    Ok((automaton, Labels { sets: subsets.labels }))
}

/// The subset construction under way.
struct Subsets<'a> {
    threads: &'a Threads,
    priorities: &'a Priorities,
    sets: Interner,
    labels: Interner,
    label_of: Vec<u32>,
    // Scratch space.
    matched: Vec<u32>,
    live: Vec<u32>,
    unfailing: Vec<u32>,
    keep: Vec<bool>,
}

impl Subsets<'_> {
    /// The state for a set of threads in ascending order, which is left in its canonical form.
    fn intern(&mut self, set: &mut Vec<u32>) -> u32 {
        self.reduce(set);
        let state = self.sets.intern(set);
        if state as usize == self.label_of.len() {
            self.matched.clear();
            self.matched.extend(set.iter().filter_map(|&thread| {
                match self.threads.threads[thread as usize] {
                    Thread::Accept { number } => Some(number),
                    _ => None,
                }
            }));
            self.matched.sort_unstable();
            self.label_of.push(self.labels.intern(&self.matched));
        }
        state
    }

    /// Drops the threads that make no difference.
    fn reduce(&mut self, set: &mut Vec<u32>) {
        set.dedup();
        if set.len() < 2 {
            return;
        }
        // From the last `*` that a glob has reached it can do all that it can from before it.
        let (mut owner, mut past_loop) = (u32::MAX, false);
        let threads = self.threads;
        self.live.clear();
        self.unfailing.clear();
        set.reverse();
        set.retain(|&thread| {
            let glob = threads.owners[thread as usize];
            if glob != owner {
                owner = glob;
                past_loop = false;
                self.live.push(glob);
            }
            if past_loop {
                return false;
            }
            past_loop = matches!(threads.threads[thread as usize], Thread::Any { loops: true, .. });
            if threads.unfailing[thread as usize] {
                self.unfailing.push(glob);
            }
            true
        });
        set.reverse();
        self.priorities.decisive(&self.live, &self.unfailing, &mut self.keep);
        if self.keep.contains(&false) {
            // `live` is in descending order of glob, as `set` was walked.
            let (live, keep) = (&self.live, &self.keep);
            let mut at = live.len();
            let (mut owner, mut kept) = (u32::MAX, true);
            set.retain(|&thread| {
                let glob = threads.owners[thread as usize];
                if glob != owner {
                    owner = glob;
                    at -= 1;
                    kept = keep[at];
                }
                kept
            });
        }
    }

    fn explore(&mut self, class_count: usize, limit: usize) -> Result<Vec<Row>, Exceeded> {
        let mut rows = Vec::new();
        let mut buckets: Vec<Vec<u32>> = vec![Vec::new(); class_count];
        let mut touched: Vec<u8> = Vec::new();
        let mut everywhere: Vec<u32> = Vec::new();
        let mut set: Vec<u32> = Vec::new();
        while rows.len() < self.sets.len() {
            if self.sets.len() > limit {
                return Err(Exceeded::NameStates);
            }
            set.clear();
            set.extend_from_slice(self.sets.get(rows.len() as u32));
            everywhere.clear();
            for &thread in &set {
                match &self.threads.threads[thread as usize] {
                    Thread::Any { next, .. } => {
                        everywhere.extend_from_slice(&self.threads.closures[*next as usize]);
                    }
                    Thread::Read(read) => {
                        for &(class, next) in read {
                            let bucket = &mut buckets[usize::from(class)];
                            if bucket.is_empty() {
                                touched.push(class);
                            }
                            bucket.extend_from_slice(&self.threads.closures[next as usize]);
                        }
                    }
                    Thread::Accept { .. } => {}
                }
            }
            everywhere.sort_unstable();
            touched.sort_unstable();
            let mut exceptions = Vec::with_capacity(touched.len());
            for &class in &touched {
                let bucket = &mut buckets[usize::from(class)];
                bucket.sort_unstable();
                merge(bucket, &everywhere, &mut set);
                bucket.clear();
                exceptions.push((class, self.intern(&mut set)));
            }
            let default = if touched.len() < class_count {
                self.intern(&mut everywhere)
            } else {
                most_common(&exceptions)
            };
            touched.clear();
            exceptions.retain(|&(_, target)| target != default);
            rows.push(Row { default, exceptions });
        }
        Ok(rows)
    }
}

/// Makes `merged` of two slices in ascending order. By hand, as a loop over slices: in a macro,
/// which is not optimised, to sort the whole instead takes half of the time of the construction.
fn merge(left: &[u32], right: &[u32], merged: &mut Vec<u32>) {
    merged.clear();
    let (mut l, mut r) = (0, 0);
    while l < left.len() && r < right.len() {
        if left[l] <= right[r] {
            merged.push(left[l]);
            l += 1;
        } else {
            merged.push(right[r]);
            r += 1;
        }
    }
    merged.extend_from_slice(&left[l..]);
    merged.extend_from_slice(&right[r..]);
}

/// The most common target; the lowest of those if there are several.
fn most_common(exceptions: &[(u8, u32)]) -> u32 {
    let mut targets: Vec<u32> = exceptions.iter().map(|exception| exception.1).collect();
    targets.sort_unstable();
    let runs = targets.chunk_by(|a, b| a == b);
    runs.rev().max_by_key(|run| run.len()).map_or(0, |run| run[0])
}
