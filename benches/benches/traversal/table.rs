//! Ratios between all who walk, in one table.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, iter};

use nix::sys::resource::{UsageWho, getrusage};
use rustix::time::{ClockId, clock_gettime};

use crate::peers::{PEERS, Peer};
use crate::{Answer, Work, trees};

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
struct Required {
    ours: &'static str,
    what: What,
    most: f64,
}

enum What {
    /// CPU time, as a ratio to a peer's.
    Cpu(&'static str),
    /// Wall time, as a ratio to a peer's.
    Wall(&'static str),
    /// MiB.
    Memory,
}

const fn cpu(ours: &'static str, peer: &'static str, most: f64) -> Required {
    Required { ours, what: What::Cpu(peer), most }
}

const fn wall(ours: &'static str, peer: &'static str, most: f64) -> Required {
    Required { ours, what: What::Wall(peer), most }
}

const fn memory(ours: &'static str, most: f64) -> Required {
    Required { ours, what: What::Memory, most }
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
    make: fn(&Path, usize),
    files: usize,
    works: &'static [(Work, &'static [Required])],
}

const CASES: [Case; 3] = [
    Case {
        name: "mixed",
        make: trees::mixed,
        files: 300_000,
        works: &[(Work::Sizes, SIZES), (Work::Names, NAMES)],
    },
    Case { name: "flat", make: trees::flat, files: 300_000, works: &[(Work::Sizes, FLAT)] },
    Case {
        name: "80% excluded",
        make: trees::excluded,
        files: 300_000,
        works: &[(Work::Excluding, EXCLUDING)],
    },
];
const LARGE: Case = Case {
    name: "large",
    make: trees::mixed,
    files: 1_000_000,
    works: &[(Work::Sizes, LARGE_TREE)],
};

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

pub(crate) fn print(rounds: usize, is_large: bool) {
    for case in CASES.iter().chain(is_large.then_some(&LARGE)) {
        let Case { name, make, files, works } = case;
        let directory = tempfile::tempdir().unwrap();
        make(directory.path(), *files);
        for &(work, required) in *works {
            println!("{name}, {files} files, {work:?}, {rounds} rounds");
            compare(directory.path(), work, required, rounds);
        }
    }
}

fn compare(root: &Path, work: Work, required: &[Required], rounds: usize) {
    let peers: Vec<Peer> = PEERS.into_iter().filter(|peer| peer.can(work)).collect();
    let mut costs: Vec<Vec<Cost>> = vec![Vec::with_capacity(rounds); peers.len()];
    let mut expected = None;
    // The first round warms up, and holds the answers against each other.
    for round in 0..=rounds {
        for (peer, costs) in iter::zip(&peers, &mut costs) {
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
    if let Some(Answer { files, directories, bytes }) = expected {
        println!("  all found {files} files in {directories} directories, {bytes} bytes");
    }
    println!("  {:<20} {:>9} {:>9} {:>8} {:>9}", "", "cpu ms", "wall ms", "floor x", "peak MiB");
    for (peer, own) in iter::zip(&peers, &costs) {
        let cpu = median(own.iter().map(|cost| cost.cpu));
        let wall = median(own.iter().map(|cost| cost.wall));
        let ratio = median(iter::zip(own, &costs[0]).map(|(own, floor)| own.cpu / floor.cpu));
        let memory = median(own.iter().filter_map(|cost| cost.memory));
        let memory =
            if memory.is_nan() { "-".to_owned() } else { format!("{:.1}", memory / 1024.0) };
        println!(
            "  {:<20} {:>9.1} {:>9.1} {ratio:>8.3} {memory:>9}",
            peer.name,
            cpu / 1e6,
            wall / 1e6
        );
    }
    let find = |name| peers.iter().position(|peer| peer.name == name).map(|at| &costs[at]);
    for &Required { ours, ref what, most } in required {
        let Some(own) = find(ours) else { continue };
        let (label, value) = match what {
            What::Cpu(peer) | What::Wall(peer) => {
                let Some(theirs) = find(peer) else { continue };
                let is_cpu = matches!(what, What::Cpu(_));
                let of = |cost: &Cost| if is_cpu { cost.cpu } else { cost.wall };
                let ratios = iter::zip(own, theirs).map(|(own, theirs)| of(own) / of(theirs));
                let unit = if is_cpu { "cpu" } else { "wall" };
                (format!("{ours} / {peer}, {unit}"), median(ratios))
            }
            What::Memory => {
                let memory = own.iter().filter_map(|cost| cost.memory);
                (format!("{ours}, MiB"), median(memory) / 1024.0)
            }
        };
        let met = if value <= most { "met" } else { "not met" };
        println!("  {label:<44} {value:>8.3} {most:>7.2} {met}");
    }
    println!();
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
