//! The automaton over the bytes of one component: which globs match a name.
//!
//! regex-automata compiles the globs to one Thompson NFA; the subset construction here is our own
//! because it has to drop the threads of rules that can no longer win (see [`crate::priority`]).

use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Repetition};

use crate::error::Exceeded;
use crate::interner::Interner;
use crate::priority::{NumberedMachine, Priorities};
use crate::sequence::{Glob, GlobToken};
use crate::syntax::{ByteSet, any_byte};
use crate::threads::{ByteClasses, Thread, Threads};

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
