//! Below which directories something can be selected.

use crate::directory_automaton::{DirectoryAutomaton, Outcome};
use crate::name_automaton::NameAutomaton;

/// By directory state, whether a path below it can have an outcome that `selects`.
pub(crate) fn live(
    directories: &DirectoryAutomaton,
    names: &NameAutomaton,
    selects: impl Fn(Outcome) -> bool,
) -> Vec<bool> {
    let named = named_labels(directories, names);
    let entries = |state: usize| {
        directories
            .row(state)
            .iter()
            .zip(&named)
            .filter(|(_, named)| **named)
            .map(|(entry, _)| *entry)
    };
    let mut live: Vec<bool> = (0..directories.states())
        .map(|state| entries(state).any(|entry| selects(entry.outcome)))
        .collect();
    loop {
        let mut changed = false;
        for state in 0..live.len() {
            if !live[state] && entries(state).any(|entry| live[entry.next as usize]) {
                live[state] = true;
                changed = true;
            }
        }
        if !changed {
            return live;
        }
    }
}

/// Which labels a name can have. The empty name is none, and the start state may have a label that
/// only the empty name comes to.
fn named_labels(directories: &DirectoryAutomaton, names: &NameAutomaton) -> Vec<bool> {
    let mut named = vec![false; directories.labels];
    for row in &names.rows {
        let targets = row.exceptions.iter().map(|exception| exception.1).chain([row.default]);
        for target in targets {
            named[names.labels[target as usize] as usize] = true;
        }
    }
    named
}
