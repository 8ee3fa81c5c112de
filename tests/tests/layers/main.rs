//! The rooms of the library: none uses one above it, no files use each other in a circle, and the
//! map in ARCHITECTURE.md shows the same rooms.

#![allow(clippy::unwrap_used)]

mod graph;
mod tokens;
mod uses;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use graph::{Arrow, graph};

/// The rooms of `timelocker`, from the ground up. A room uses those below it; rooms on one floor
/// do not use each other. ARCHITECTURE.md shows the same list.
const FLOORS: &[&[&str]] = &[
    &["base64", "cancel", "quoted"],
    &["json_lines", "program"],
    &["clock", "performance"],
    &["policy"],
    &["profile"],
    &["error"],
    &["walk", "monitoring"],
    &["selection", "source"],
    &["repository"],
    &["manager"],
    &["cli"],
];

/// The crates whose files are looked at for circles.
const CRATES: [&str; 3] = ["timelocker", "timelocker-macros", "timelocker-pattern"];

/// Arrows that are still wrong, by crate. The list only shrinks: one that is no longer needed has to go.
const STILL_WRONG: &[(&str, &str, &str)] = &[
    ("timelocker", "cli/commands/completions.rs", "cli/mod.rs"),
    ("timelocker", "cli/commands/man.rs", "cli/mod.rs"),
    ("timelocker", "cli/commands/perf.rs", "cli/mod.rs"),
    ("timelocker", "cli/failure.rs", "cli/output.rs"),
    ("timelocker", "repository/read/fault.rs", "repository/read/files.rs"),
    ("timelocker", "repository/restore/levels.rs", "repository/restore/run.rs"),
    ("timelocker", "repository/restore/write.rs", "repository/restore/run.rs"),
    ("timelocker", "repository/storage/place.rs", "repository/storage/remote/mod.rs"),
];

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn room(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Tells if an arrow goes up, or to a neighbour. The crate's root may use every room.
fn goes_up((from, to): &Arrow) -> bool {
    let (from, to) = (room(from), room(to));
    if matches!(from, "lib" | "macros" | "private") || from == to {
        return false;
    }
    let own = floor(from).unwrap_or_else(|| panic!("`{from}` is in no floor of the list"));
    floor(to).is_none_or(|other| other >= own)
}

fn still_wrong(of: &str) -> BTreeSet<Arrow> {
    let of = STILL_WRONG.iter().filter(|(name, ..)| *name == of);
    of.map(|(_, from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

#[test]
fn no_room_uses_one_above_it() {
    let graph = graph(&workspace().join("timelocker/src"));
    assert!(graph.followed > 1000, "only {} paths were followed", graph.followed);
    let excepted = still_wrong("timelocker");
    let faults: Vec<String> = graph
        .arrows
        .iter()
        .filter(|(arrow, _)| goes_up(arrow) && !excepted.contains(arrow))
        .map(|((from, to), line)| format!("{from}:{line} uses {to}"))
        .collect();
    assert!(faults.is_empty(), "{} uses go up:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut faults = Vec::new();
    for name in CRATES {
        let graph = graph(&workspace().join(name).join("src"));
        for circle in graph.circles(&still_wrong(name)) {
            faults.push(format!("{name}: {}", circle.join(" -> ")));
        }
    }
    assert!(faults.is_empty(), "{} circles:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_exception_is_still_needed() {
    for name in CRATES {
        let graph = graph(&workspace().join(name).join("src"));
        let excepted = still_wrong(name);
        for arrow in &excepted {
            let others = excepted.iter().filter(|other| *other != arrow).cloned().collect();
            let is_needed = graph.arrows.contains_key(arrow)
                && (name == "timelocker" && goes_up(arrow) || !graph.circles(&others).is_empty());
            assert!(is_needed, "{name}: remove the exception of {} -> {}", arrow.0, arrow.1);
        }
    }
}

#[test]
fn the_map_shows_the_same_rooms() {
    let map = fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let shown = map.split_once("```text\nfloor").and_then(|(_, rest)| rest.split_once("```"));
    let (shown, _) = shown.expect("ARCHITECTURE.md has a list of the floors");
    let shown: Vec<Vec<&str>> = shown
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().skip(1).take_while(|word| *word != "-").collect())
        .collect();
    assert_eq!(shown, FLOORS.iter().map(|rooms| rooms.to_vec()).collect::<Vec<_>>());
}
