//! Merges what no path tells apart: directory states, labels, name states and classes of bytes.

use crate::directory_automaton::{DirectoryAutomaton, Entry, Outcome};
use crate::interner::Interner;
use crate::name_automaton::{NameAutomaton, Row};

/// Merges rows and columns of the table until none are alike. Gives the label that each old one
/// became.
pub(crate) fn directories(directories: &DirectoryAutomaton) -> (DirectoryAutomaton, Vec<u32>) {
    let mut label_map: Vec<u32> = (0..directories.labels as u32).collect();
    let mut current =
        DirectoryAutomaton { labels: directories.labels, entries: directories.entries.clone() };
    loop {
        let before = current.entries.len();
        let (merged, map) = merge_labels(&current);
        for label in &mut label_map {
            *label = map[*label as usize];
        }
        current = merge_states(&merged);
        if current.entries.len() == before {
            return (current, label_map);
        }
    }
}

fn merge_labels(directories: &DirectoryAutomaton) -> (DirectoryAutomaton, Vec<u32>) {
    let states = directories.states();
    let mut columns = Interner::new();
    let mut kept = Vec::new();
    let mut map = Vec::with_capacity(directories.labels);
    let mut column = Vec::with_capacity(states);
    for label in 0..directories.labels {
        column.clear();
        column.extend(
            (0..states)
                .flat_map(|state| words(directories.entries[state * directories.labels + label])),
        );
        let number = columns.intern(&column);
        if number as usize == kept.len() {
            kept.push(label);
        }
        map.push(number);
    }
    let rows = (0..states).map(|state| directories.row(state));
    let entries = rows.flat_map(|row| kept.iter().map(|&label| row[label])).collect();
    (DirectoryAutomaton { labels: kept.len(), entries }, map)
}

fn words(entry: Entry) -> [u32; 2] {
    let Outcome { file, directory } = entry.outcome;
    [entry.next, u32::from(file) << 16 | u32::from(directory)]
}

/// Moore's refinement: states are alike until a label tells them apart. The blocks are numbered by
/// their first state, so that the root stays first.
fn merge_states(directories: &DirectoryAutomaton) -> DirectoryAutomaton {
    let states = directories.states();
    let mut block = vec![0u32; states];
    let mut blocks = 1;
    let mut signature = Vec::with_capacity(directories.labels + 1);
    loop {
        let mut signatures = Interner::new();
        let refined: Vec<u32> =
            (0..states)
                .map(|state| {
                    signature.clear();
                    signature.push(block[state]);
                    signature.extend(directories.row(state).iter().flat_map(|&entry| {
                        words(Entry { next: block[entry.next as usize], ..entry })
                    }));
                    signatures.intern(&signature)
                })
                .collect();
        block = refined;
        if signatures.len() == blocks {
            break;
        }
        blocks = signatures.len();
    }
    let mut entries = Vec::with_capacity(blocks * directories.labels);
    let mut next_block = 0;
    for state in 0..states {
        if block[state] == next_block {
            next_block += 1;
            entries.extend(
                directories
                    .row(state)
                    .iter()
                    .map(|&entry| Entry { next: block[entry.next as usize], ..entry }),
            );
        }
    }
    DirectoryAutomaton { labels: directories.labels, entries }
}

/// Merges name states and classes of bytes, given the label that each old label became. The states
/// come out in breadth-first order, so that those near the start share cache lines.
pub(crate) fn names(names: &NameAutomaton, label_map: &[u32]) -> NameAutomaton {
    let labels: Vec<u32> = names.labels.iter().map(|&label| label_map[label as usize]).collect();
    let block = refine(names, &labels);
    let merged = renumber(names, &labels, &block);
    merge_classes(merged)
}

fn refine(names: &NameAutomaton, labels: &[u32]) -> Vec<u32> {
    let mut block = labels.to_vec();
    let mut blocks = 0;
    let mut signature = Vec::new();
    loop {
        let mut signatures = Interner::new();
        let refined: Vec<u32> = names
            .rows
            .iter()
            .enumerate()
            .map(|(state, row)| {
                let default = block[row.default as usize];
                signature.clear();
                signature.extend([block[state], default]);
                for &(class, target) in &row.exceptions {
                    let target = block[target as usize];
                    if target != default {
                        signature.extend([u32::from(class), target]);
                    }
                }
                signatures.intern(&signature)
            })
            .collect();
        block = refined;
        if signatures.len() == blocks {
            return block;
        }
        blocks = signatures.len();
    }
}

fn renumber(names: &NameAutomaton, labels: &[u32], block: &[u32]) -> NameAutomaton {
    const UNSEEN: u32 = u32::MAX;
    let mut number = vec![UNSEEN; names.rows.len()];
    let mut order = vec![0usize];
    number[block[0] as usize] = 0;
    let mut at = 0;
    while at < order.len() {
        let row = &names.rows[order[at]];
        let targets = row.exceptions.iter().map(|exception| exception.1).chain([row.default]);
        for target in targets {
            let slot = &mut number[block[target as usize] as usize];
            if *slot == UNSEEN {
                *slot = order.len() as u32;
                order.push(target as usize);
            }
        }
        at += 1;
    }
    let number = |state: u32| number[block[state as usize] as usize];
    let rows = order.iter().map(|&state| {
        let row = &names.rows[state];
        let default = number(row.default);
        let exceptions = row.exceptions.iter().map(|&(class, target)| (class, number(target)));
        Row { default, exceptions: exceptions.filter(|e| e.1 != default).collect() }
    });
    NameAutomaton {
        classes: names.classes,
        class_count: names.class_count,
        rows: rows.collect(),
        labels: order.iter().map(|&state| labels[state]).collect(),
    }
}

fn merge_classes(mut names: NameAutomaton) -> NameAutomaton {
    let mut columns: Vec<Vec<u32>> = vec![Vec::new(); names.class_count];
    for (state, row) in names.rows.iter().enumerate() {
        for &(class, target) in &row.exceptions {
            columns[usize::from(class)].extend([state as u32, target]);
        }
    }
    let mut distinct = Interner::new();
    let map: Vec<u8> = columns.iter().map(|column| distinct.intern(column) as u8).collect();
    for row in &mut names.rows {
        for exception in &mut row.exceptions {
            exception.0 = map[usize::from(exception.0)];
        }
        row.exceptions.sort_unstable();
        row.exceptions.dedup();
    }
    for class in &mut names.classes {
        *class = map[usize::from(*class)];
    }
    names.class_count = distinct.len();
    names
}
