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
    /// How much of what.
    size: Size,
    /// `None`: a first backup.
    operation: Option<Operation>,
    required: &'static [Required],
}

/// How large a tree usually is.
struct Size {
    usual: usize,
    of: &'static str,
    /// The argument that changes it.
    argument: &'static str,
}

const fn time(ours: Peer, peer: Peer, most: f64) -> Required {
    Required { ours, what: What::Wall, peer, most }
}

const fn memory(peer: Peer, most: f64) -> Required {
    Required { ours: Peer::Ours, what: What::Mebibytes, peer, most }
}

const DOCUMENTS: Size = Size { usual: 300, of: "MB of documents", argument: "--megabytes" };
const SMALL: Size = Size { usual: 20_000, of: "small files", argument: "--small" };
const FILES: Size = Size { usual: 200_000, of: "files", argument: "--files" };

const CASES: [Case; 4] = [
    Case {
        name: "first",
        make: trees::documents,
        size: DOCUMENTS,
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
        size: SMALL,
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
        size: FILES,
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
        size: DOCUMENTS,
        operation: Some(Operation::Restore),
        required: &[time(Peer::Ours, Peer::Restic, 1.0)],
    },
];

/// How much is measured.
#[derive(Clone, Copy)]
struct Extent {
    size: usize,
    rounds: usize,
    /// Of less than what is usual, nothing is required: it is mostly the opening of a repository.
    is_usual: bool,
}

pub(crate) fn print(arguments: &[String]) {
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse().ok()
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let (share, rounds) = if has("--quick") { (20, 3) } else { (1, 5) };
    let rounds = number("--rounds").unwrap_or(rounds);
    let mut sink = Sink::from_env().unwrap();
    let some_are = CASES.iter().any(|case| has(case.name));
    for case in CASES.iter().filter(|case| !some_are || has(case.name)) {
        let Size { usual, argument, .. } = case.size;
        let size = number(argument).unwrap_or(usual / share);
        sink.write(compare(case, Extent { size, rounds, is_usual: size >= usual })).unwrap();
    }
}

fn compare(case: &Case, extent: Extent) -> Vec<Figure> {
    let Extent { size, rounds, .. } = extent;
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path().join("tree");
    std::fs::create_dir(&tree).unwrap();
    (case.make)(&tree, size).unwrap();
    println!("{}, {size} {}, {rounds} rounds", case.name, case.size.of);

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
    for round in 0..rounds {
        let mut turns: Vec<_> = iter::zip(&labs, &mut costs).collect();
        // Nobody always comes after the same one, which may leave work behind.
        if round % 2 == 1 {
            turns.reverse();
        }
        for (lab, costs) in turns {
            costs.push(lab.cost(case.operation));
            if case.operation.is_none() {
                lab.remove();
            }
        }
    }
    report(case, extent, &labs, &costs)
}

fn report(case: &Case, extent: Extent, labs: &[Lab], costs: &[Vec<Cost>]) -> Vec<Figure> {
    let benchmark = format!("backup/{}", case.name);
    let mut figures = Vec::new();
    println!("  {:<14} {:>9} {:>9} {:>9}", "", "cpu s", "wall s", "peak MiB");
    for (lab, own) in iter::zip(labs, costs) {
        print!("  {:<14}", lab.peer().name());
        let measures: [(&str, Measure); 3] =
            [("s of CPU", cpu), ("s of wall", wall), ("MiB", memory_of)];
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
            _ => &[(What::Cpu, cpu), (What::Wall, wall)],
        };
        for &(what, of) in measures {
            // The ratios within a round.
            let ratios = iter::zip(&costs[ours], &costs[theirs]).map(|(a, b)| of(a) / of(b));
            let Some(summary) = Summary::of(ratios) else { continue };
            let compared = Compared {
                benchmark: benchmark.clone(),
                ours: required.ours.name().to_owned(),
                peer: Some(required.peer.name().to_owned()),
                what,
                summary,
                better: Better::Lower,
                required: extent.is_usual.then_some(required.most),
            };
            print_one(&compared);
            figures.push(Figure::Compared(compared));
        }
    }
    let text = format!("{} {}", extent.size, case.size.of);
    figures.push(Figure::About(About { benchmark, text }));
    println!();
    figures
}

fn print_one(compared: &Compared) {
    let Compared { ours, peer, what, summary, .. } = compared;
    let label = format!("{ours} / {}, {}", peer.as_deref().unwrap_or_default(), what.as_str());
    print!("  {label:<36} {:>8.3}", summary.median);
    match compared.required.zip(compared.is_met()) {
        Some((most, is_met)) => println!(" {most:>7.2} {}", if is_met { "met" } else { "not met" }),
        None => println!(),
    }
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
