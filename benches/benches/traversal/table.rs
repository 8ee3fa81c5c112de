//! Ratios between all who walk, in one table.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, io, iter};

use nix::sys::resource::{UsageWho, getrusage};
use rustix::time::{ClockId, clock_gettime};
use timelocker_benches::figures::{About, Better, Expected, Figure, Measured, Sink, What};
use timelocker_benches::statistics::{Summary, median};
use timelocker_benches::trees;

use crate::peers::{PEERS, Peer};
use crate::work::{Answer, Work};

/// The argument by which this program walks for its parent.
pub(crate) const CHILD: &str = "--walk-as-child";

/// What one walk took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    cpu: f64,
    wall: f64,
    /// The most memory that the process had, in KiB; not known of other programs.
    memory: Option<f64>,
}

/// That CPU or wall time, or memory, is at most so much of another's.
#[derive(Clone, Copy)]
struct Required {
    ours: &'static str,
    what: What,
    /// The peer to whose time the time is a ratio; memory is none.
    peer: Option<&'static str>,
    most: f64,
}

const fn cpu(ours: &'static str, peer: &'static str, most: f64) -> Required {
    Required { ours, what: What::Cpu, peer: Some(peer), most }
}

const fn wall(ours: &'static str, peer: &'static str, most: f64) -> Required {
    Required { ours, what: What::Wall, peer: Some(peer), most }
}

const fn memory(ours: &'static str, most: f64) -> Required {
    Required { ours, what: What::Mebibytes, peer: None, most }
}

impl Required {
    fn expected(self, benchmark: &str) -> Expected {
        Expected {
            benchmark: benchmark.to_owned(),
            ours: self.ours.to_owned(),
            peer: self.peer.map(str::to_owned),
            what: self.what,
            better: Better::Lower,
            required: self.most,
        }
    }
}

const SIZES: &[Required] = &[
    cpu("unordered_1", "floor", 1.12),
    cpu("unordered_2", "floor", 1.12),
    cpu("unordered_2", "ignore_parallel_2", 0.75),
    cpu("unordered_2", "jwalk_2", 0.70),
    cpu("unordered_2", "walkdir", 0.85),
    cpu("ordered_1", "floor", 1.12),
    cpu("ordered_2", "floor", 1.20),
    cpu("ordered_2", "walkdir_sorted", 0.85),
    cpu("unordered_2", "fd_2", 1.0),
    cpu("unordered_1", "find", 1.0),
    wall("unordered_2", "unordered_1", 0.60),
    wall("ordered_2", "ordered_1", 0.75),
    memory("unordered_1", 16.0),
    memory("unordered_2", 16.0),
];
const NAMES: &[Required] = &[
    cpu("unordered_1", "floor", 1.12),
    cpu("unordered_2", "floor", 1.12),
    cpu("ordered_1", "floor", 1.12),
];
const FLAT: &[Required] = &[
    cpu("unordered_1", "floor", 1.12),
    cpu("unordered_2", "floor", 1.12),
    cpu("ordered_1", "floor", 1.25),
    cpu("ordered_2", "floor", 1.25),
    memory("unordered_2", 30.0),
    memory("ordered_1", 30.0),
    memory("ordered_2", 30.0),
];
const EXCLUDING: &[Required] = &[
    cpu("unordered_1", "ignore", 0.80),
    cpu("unordered_2", "ignore_parallel_2", 0.80),
    cpu("ordered_1", "ignore", 0.80),
];
const LARGE_TREE: &[Required] = &[memory("unordered_1", 16.0), memory("unordered_2", 16.0)];

/// A tree, and what is done with it.
struct Case {
    name: &'static str,
    make: fn(&Path, usize) -> io::Result<()>,
    files: usize,
    works: &'static [(Work, &'static [Required])],
    /// Whether all take part, or only the floor and who has something required of it.
    has_peers: bool,
}

const CASES: [Case; 4] = [
    Case {
        name: "mixed",
        make: trees::mixed,
        files: 300_000,
        works: &[(Work::Sizes, SIZES), (Work::Names, NAMES)],
        has_peers: true,
    },
    Case {
        name: "flat",
        make: trees::flat,
        files: 300_000,
        works: &[(Work::Sizes, FLAT)],
        has_peers: true,
    },
    Case {
        name: "80% excluded",
        make: trees::excluded,
        files: 300_000,
        works: &[(Work::Excluding, EXCLUDING)],
        has_peers: true,
    },
    Case {
        name: "large",
        make: trees::mixed,
        files: 1_000_000,
        works: &[(Work::Sizes, LARGE_TREE)],
        has_peers: false,
    },
];

/// Of the large tree only memory is of interest, which is much the same in each round.
const LARGE_ROUNDS: usize = 3;

/// Walks for a parent, and writes what was found and what it took.
pub(crate) fn walk_as_child(arguments: &[String]) {
    let [peer, work, root] = arguments else { panic!("three arguments") };
    let peer = PEERS.iter().find(|known| known.name == peer).unwrap();
    let work = match &**work {
        "Names" => Work::Names,
        "Sizes" => Work::Sizes,
        _ => Work::Excluding,
    };
    let (cpu, wall) = (cpu_time(), Instant::now());
    let Answer { files, directories, bytes } = peer.walk(Path::new(root), work);
    let (cpu, wall) = (cpu_time() - cpu, wall.elapsed());
    println!(
        "{files} {directories} {bytes} {} {} {}",
        cpu.as_nanos(),
        wall.as_nanos(),
        memory_peak().unwrap_or(0)
    );
}

/// User and system time of this process and all its threads.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// In KiB; `None` where the system does not say.
fn memory_peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn walk(peer: Peer, root: &Path, work: Work) -> (Answer, Cost) {
    if peer.is_program() {
        let used = || {
            let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
            [usage.user_time(), usage.system_time()]
                .iter()
                .map(|time| time.tv_sec() as f64 * 1e9 + time.tv_usec() as f64 * 1e3)
                .sum::<f64>()
        };
        let (before, start) = (used(), Instant::now());
        let answer = peer.walk(root, work);
        let wall = start.elapsed().as_nanos() as f64;
        return (answer, Cost { cpu: used() - before, wall, memory: None });
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([CHILD, peer.name, &format!("{work:?}")])
        .arg(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", peer.name, String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<u64> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [files, directories, bytes, cpu, wall, memory] = numbers[..] else { panic!("{text}") };
    let memory = (memory > 0).then_some(memory as f64);
    (Answer { files, directories, bytes }, Cost { cpu: cpu as f64, wall: wall as f64, memory })
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A tenth of the files, and nothing that takes long; nothing is required of that.
    Quick,
    /// What is required.
    Ordinary,
}

impl Case {
    fn files(&self, extent: Extent) -> usize {
        if extent == Extent::Quick { self.files / 10 } else { self.files }
    }

    fn benchmark(&self, work: Work, extent: Extent) -> String {
        let Self { name, .. } = self;
        format!("traversal/{name}/{}/{work:?}", self.files(extent)).to_lowercase()
    }

    fn expected(&self) -> impl Iterator<Item = Figure> {
        self.works.iter().flat_map(|&(work, required)| {
            let benchmark = self.benchmark(work, Extent::Ordinary);
            required.iter().map(move |required| Figure::Expected(required.expected(&benchmark)))
        })
    }

    fn takes_part(&self, peer: &Peer, work: Work, extent: Extent) -> bool {
        let is_asked = match self.has_peers {
            true => !(extent == Extent::Quick && peer.is_program()),
            false => {
                let mut required = self.works.iter().flat_map(|(_, required)| *required);
                peer.name == "floor" || required.any(|required| required.ours == peer.name)
            }
        };
        is_asked && peer.can(work)
    }
}

pub(crate) fn print(rounds: usize, extent: Extent) {
    let mut sink = Sink::from_env().unwrap();
    let cases = CASES.iter().filter(|case| case.has_peers || extent != Extent::Quick);
    if extent != Extent::Quick {
        sink.write(cases.clone().flat_map(Case::expected)).unwrap();
    }
    crate::deep::print(&mut sink);
    for case in cases {
        let (name, files) = (case.name, case.files(extent));
        let rounds = if case.has_peers { rounds } else { rounds.min(LARGE_ROUNDS) };
        sink.progress(format_args!("{name}: making {files} files"));
        let directory = tempfile::tempdir().unwrap();
        (case.make)(directory.path(), files).unwrap();
        for &(work, required) in case.works {
            println!("{name}, {files} files, {work:?}, {rounds} rounds");
            sink.progress(format_args!("{name}: {work:?}, {rounds} rounds"));
            let peers = PEERS.into_iter().filter(|peer| case.takes_part(peer, work, extent));
            let costs = compare(directory.path(), work, rounds, peers);
            costs.print();
            let benchmark = case.benchmark(work, extent);
            sink.write(costs.figures(&benchmark, required, extent)).unwrap();
            println!();
        }
    }
}

/// What all who can do a work took, round by round.
struct Costs {
    answer: Answer,
    peers: Vec<(Peer, Vec<Cost>)>,
}

fn compare(root: &Path, work: Work, rounds: usize, peers: impl Iterator<Item = Peer>) -> Costs {
    let mut peers: Vec<(Peer, Vec<Cost>)> =
        peers.map(|peer| (peer, Vec::with_capacity(rounds))).collect();
    let mut expected = None;
    // The first round warms up, and holds the answers against each other.
    for round in 0..=rounds {
        for (peer, costs) in &mut peers {
            let (answer, cost) = walk(*peer, root, work);
            let expected = *expected.get_or_insert(answer);
            if peer.name.starts_with("fd") {
                // It does not give out the root, and with sizes no directory.
                assert_eq!(answer.files, expected.files, "{}", peer.name);
            } else if peer.name == "find" && work == Work::Names {
                assert_eq!(Answer { bytes: 0, ..answer }, expected);
            } else {
                assert_eq!(answer, expected, "{} and the floor differ", peer.name);
            }
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    Costs { answer: expected.unwrap(), peers }
}

impl Costs {
    fn print(&self) {
        let Answer { files, directories, bytes } = self.answer;
        println!("  all found {files} files in {directories} directories, {bytes} bytes");
        println!(
            "  {:<20} {:>9} {:>9} {:>8} {:>9}",
            "", "cpu ms", "wall ms", "floor x", "peak MiB"
        );
        let (_, floor) = &self.peers[0];
        for (peer, own) in &self.peers {
            let cpu = median(own.iter().map(|cost| cost.cpu)).unwrap();
            let wall = median(own.iter().map(|cost| cost.wall)).unwrap();
            let ratio = median(iter::zip(own, floor).map(|(own, floor)| own.cpu / floor.cpu));
            let ratio = ratio.unwrap();
            let memory = median(own.iter().filter_map(|cost| cost.memory));
            let memory =
                memory.map_or_else(|| "-".to_owned(), |kib| format!("{:.1}", kib / 1024.0));
            println!(
                "  {:<20} {:>9.1} {:>9.1} {ratio:>8.3} {memory:>9}",
                peer.name,
                cpu / 1e6,
                wall / 1e6
            );
        }
    }

    fn of(&self, name: &str) -> Option<&[Cost]> {
        self.peers.iter().find(|(peer, _)| peer.name == name).map(|(_, costs)| &costs[..])
    }

    /// What the rounds come to that something is required of.
    fn required(&self, Required { ours, what, peer, .. }: Required) -> Option<Summary> {
        let own = self.of(ours)?;
        let of = |cost: &Cost| if what == What::Cpu { cost.cpu } else { cost.wall };
        match peer {
            Some(peer) => {
                let theirs = self.of(peer)?;
                Summary::of(iter::zip(own, theirs).map(|(own, theirs)| of(own) / of(theirs)))
            }
            None => Summary::of(own.iter().filter_map(|cost| cost.memory).map(|kib| kib / 1024.0)),
        }
    }

    /// Prints what is required, and gives it and all else to `cargo perf`.
    fn figures(&self, benchmark: &str, required: &[Required], extent: Extent) -> Vec<Figure> {
        let mut figures = Vec::new();
        for (peer, costs) in &self.peers {
            let mut measured = |unit: &str, of: fn(&Cost) -> Option<f64>| {
                figures.extend(Summary::of(costs.iter().filter_map(of)).map(|summary| {
                    Figure::Measured(Measured {
                        benchmark: benchmark.to_owned(),
                        contestant: peer.name.to_owned(),
                        unit: unit.to_owned(),
                        summary,
                    })
                }));
            };
            measured("ms of CPU", |cost| Some(cost.cpu / 1e6));
            measured("MiB", |cost| Some(cost.memory? / 1024.0));
        }
        for &required in required {
            let Some(summary) = self.required(required) else { continue };
            let Required { ours, what, peer, most } = required;
            let mut compared = required.expected(benchmark).is(summary);
            if extent == Extent::Quick {
                compared.required = None;
            }
            let label = match peer {
                Some(peer) => format!("{ours} / {peer}, {}", what.as_str().to_lowercase()),
                None => format!("{ours}, {}", what.as_str()),
            };
            print!("  {label:<44} {:>8.3}", summary.median);
            match compared.is_met() {
                Some(met) => println!(" {most:>7.2} {}", if met { "met" } else { "not met" }),
                None => println!(),
            }
            figures.push(Figure::Compared(compared));
        }
        let Answer { files, directories, bytes } = self.answer;
        let text = format!("{files} files in {directories} directories, {bytes} bytes");
        figures.push(Figure::About(About { benchmark: benchmark.to_owned(), text }));
        figures
    }
}
