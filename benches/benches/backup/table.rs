//! Ratios between all who back up, in one table.

use std::io;
use std::iter;
use std::path::Path;

use timelocker_benches::figures::{About, Better, Compared, Figure, Measured, Sink, What};
use timelocker_benches::statistics::Summary;

use crate::lab::{Cost, Lab};
use crate::peers::{Operation, Peer};
use crate::{answers, trees};

/// That ours takes at most so much of a peer's time, or memory.
struct Required {
    ours: Peer,
    what: What,
    peer: Peer,
    most: f64,
}

/// One of the figures of a cost.
type Measure = fn(&Cost) -> f64;

/// What is measured, and on which tree.
struct Case {
    name: &'static str,
    make: fn(&Path, usize) -> io::Result<()>,
    /// Files or megabytes, by the name of the argument that changes it.
    size: (&'static str, usize),
    /// `None`: a first backup.
    operation: Option<Operation>,
    required: &'static [Required],
}

const fn time(ours: Peer, peer: Peer, most: f64) -> Required {
    Required { ours, what: What::Wall, peer, most }
}

const fn memory(peer: Peer, most: f64) -> Required {
    Required { ours: Peer::Ours, what: What::Mebibytes, peer, most }
}

const CASES: [Case; 4] = [
    Case {
        name: "first",
        make: trees::documents,
        size: ("--megabytes", 300),
        operation: None,
        required: &[
            time(Peer::Ours, Peer::LocalSource, 1.05),
            time(Peer::Plain, Peer::LocalSource, 1.05),
            memory(Peer::Restic, 1.3),
        ],
    },
    Case {
        name: "small",
        make: trees::small,
        size: ("--small", 20_000),
        operation: None,
        required: &[
            time(Peer::Ours, Peer::LocalSource, 1.05),
            time(Peer::Plain, Peer::LocalSource, 1.05),
            memory(Peer::Restic, 1.3),
        ],
    },
    Case {
        name: "unchanged",
        make: timelocker_benches::trees::mixed,
        size: ("--files", 200_000),
        operation: Some(Operation::BackUp),
        required: &[
            time(Peer::Ours, Peer::Restic, 1.0),
            time(Peer::Ours, Peer::Borg, 0.75),
            memory(Peer::Restic, 1.3),
        ],
    },
    Case {
        name: "restore",
        make: trees::documents,
        size: ("--megabytes", 300),
        operation: Some(Operation::Restore),
        required: &[time(Peer::Ours, Peer::Restic, 1.0)],
    },
];

pub(crate) fn print(arguments: &[String]) {
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse().ok()
    };
    let rounds = number("--rounds").unwrap_or(5);
    let named = |case: &Case| arguments.iter().any(|argument| argument == case.name);
    let mut sink = Sink::from_env().unwrap();
    let some_are = CASES.iter().any(named);
    for case in CASES.iter().filter(|case| !some_are || named(case)) {
        let size = number(case.size.0).unwrap_or(case.size.1);
        sink.write(compare(case, size, rounds)).unwrap();
    }
}

fn compare(case: &Case, size: usize, rounds: usize) -> Vec<Figure> {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path().join("tree");
    std::fs::create_dir(&tree).unwrap();
    (case.make)(&tree, size).unwrap();
    println!("{}, {} {size}, {rounds} rounds", case.name, case.size.0.trim_start_matches('-'));

    let labs: Vec<Lab> = Peer::installed()
        .into_iter()
        .filter(|peer| case.operation.is_none_or(|operation| peer.can(operation)))
        .filter(|peer| case.operation.is_none() || *peer != Peer::Plain)
        .map(|peer| Lab::new(peer, directory.path(), &tree))
        .collect();
    for lab in &labs {
        lab.init();
        lab.run(Operation::BackUp);
    }
    answers::agree(&labs);
    if case.operation == Some(Operation::Restore) {
        answers::all_restore(&labs);
    }
    let mut costs: Vec<Vec<Cost>> = vec![Vec::with_capacity(rounds); labs.len()];
    for _ in 0..rounds {
        for (lab, costs) in iter::zip(&labs, &mut costs) {
            costs.push(lab.cost(case.operation));
            if case.operation.is_none() {
                lab.remove();
            }
        }
    }
    report(case, size, &labs, &costs)
}

fn report(case: &Case, size: usize, labs: &[Lab], costs: &[Vec<Cost>]) -> Vec<Figure> {
    let benchmark = format!("backup/{}", case.name);
    let mut figures = Vec::new();
    println!("  {:<14} {:>9} {:>9} {:>9}", "", "wall s", "cpu s", "peak MiB");
    for (lab, own) in iter::zip(labs, costs) {
        print!("  {:<14}", lab.peer().name());
        let measures: [(&str, Measure); 3] =
            [("s of wall", wall), ("s of CPU", cpu), ("MiB", memory_of)];
        for (unit, of) in measures {
            let Some(summary) = Summary::of(own.iter().map(of)) else { continue };
            print!(" {:>9.2}", summary.median);
            figures.push(Figure::Measured(Measured {
                benchmark: benchmark.clone(),
                contestant: lab.peer().name().to_owned(),
                unit: unit.to_owned(),
                summary,
            }));
        }
        println!();
    }
    for required in case.required {
        let find = |peer| labs.iter().position(|lab| lab.peer() == peer);
        let Some((ours, theirs)) = find(required.ours).zip(find(required.peer)) else { continue };
        let measures: &[(What, Measure)] = match required.what {
            What::Mebibytes => &[(What::Mebibytes, memory_of)],
            _ => &[(What::Wall, wall), (What::Cpu, cpu)],
        };
        for &(what, of) in measures {
            // The ratios within a round.
            let ratios = iter::zip(&costs[ours], &costs[theirs]).map(|(a, b)| of(a) / of(b));
            let Some(summary) = Summary::of(ratios) else { continue };
            figures.push(Figure::Compared(compared(&benchmark, required, what, summary)));
        }
    }
    let text = format!("{} {size}", case.size.0.trim_start_matches('-'));
    figures.push(Figure::About(About { benchmark, text }));
    println!();
    figures
}

/// One line of what is required.
fn compared(benchmark: &str, required: &Required, what: What, summary: Summary) -> Compared {
    let compared = Compared {
        benchmark: benchmark.to_owned(),
        ours: required.ours.name().to_owned(),
        peer: Some(required.peer.name().to_owned()),
        what,
        summary,
        better: Better::Lower,
        required: Some(required.most),
    };
    let label = format!("{} / {}, {what:?}", required.ours.name(), required.peer.name());
    let met = if compared.is_met() == Some(true) { "met" } else { "not met" };
    println!("  {label:<36} {:>8.3} {:>7.2} {met}", summary.median, required.most);
    compared
}

fn wall(cost: &Cost) -> f64 {
    cost.wall.as_secs_f64()
}

fn cpu(cost: &Cost) -> f64 {
    cost.cpu.as_secs_f64()
}

/// In MiB.
fn memory_of(cost: &Cost) -> f64 {
    cost.memory as f64 / 1024.0
}
