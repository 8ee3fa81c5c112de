use std::hint::black_box;

use gungraun::library_benchmark;
use timelocker_benches::corpus::{Corpus, Visited};
use timelocker_benches::lists::{self, List};
use timelocker_benches::tree::Tree;
use timelocker_pattern::{PatternTable, Verdict};

/// The entries of the tree: a few thousand say as much as all of them.
const ENTRIES: usize = 6_000;

/// Kept for good: freeing is not what is counted.
pub struct Matching {
    table: PatternTable,
    visited: Visited<'static>,
}

fn list(name: &str) -> List {
    lists::own().into_iter().map(Result::unwrap).find(|list| list.name == name).unwrap()
}

fn table(list: &List) -> PatternTable {
    PatternTable::builder().gitignore(&*list.name, &list.content).build().unwrap()
}

fn matching(name: &str) -> &'static Matching {
    let table = table(&list(name));
    let corpus: &'static Corpus = Box::leak(Box::new(Corpus::new(&Tree::made_up(ENTRIES))));
    let visited = corpus.visited(&table);
    Box::leak(Box::new(Matching { table, visited }))
}

#[library_benchmark(setup = matching)]
#[bench::set_8("set-8")]
#[bench::set_50("set-50")]
pub fn carried_state(Matching { table, visited }: &'static Matching) -> usize {
    let matcher = table.matcher();
    let mut excluded = 0;
    for (state, entries) in &visited.directories {
        for &(name, kind) in &visited.names[entries.clone()] {
            let step = matcher.step(state, name, kind);
            excluded += usize::from(step.verdict == Verdict::Exclude);
        }
    }
    excluded
}

#[library_benchmark(setup = matching)]
#[bench::set_8("set-8")]
#[bench::set_50("set-50")]
pub fn carried_state_batch(Matching { table, visited }: &'static Matching) -> usize {
    let matcher = table.matcher();
    let mut excluded = 0;
    for (state, entries) in &visited.directories {
        let names = visited.names[entries.clone()].iter().copied();
        matcher.step_batch(state, names, |_, step| {
            excluded += usize::from(step.verdict == Verdict::Exclude);
        });
    }
    excluded
}

#[library_benchmark(setup = matching)]
#[bench::set_8("set-8")]
#[bench::set_50("set-50")]
pub fn whole_path(Matching { table, visited }: &'static Matching) -> usize {
    let excluded = visited
        .entries
        .iter()
        .filter(|entry| table.verdict(entry.path.as_bytes(), entry.kind) == Verdict::Exclude);
    excluded.count()
}

#[library_benchmark(setup = list)]
#[bench::set_8("set-8")]
#[bench::set_50("set-50")]
pub fn build(list: List) -> PatternTable {
    black_box(table(black_box(&list)))
}
