//! Prints what the tables of the benchmarks' lists take, and the time to build them and to
//! look for rules that are of no use.
//!
//! ```text
//! cargo run --profile macros -p timelocker-benches --bin table_sizes
//! cargo run --release -p timelocker-benches --bin table_sizes
//! ```
//!
//! The first is the time that a macro takes in users' builds, where macros are not optimised; the
//! second that of a program which builds a table at run time.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use timelocker_benches::clock;
use timelocker_benches::figures::{About, Better, Compared, Expected, Figure, Sink, What};
use timelocker_benches::lists::{self, List};
use timelocker_benches::statistics::Summary;
use timelocker_pattern::PatternTable;

/// What the table of a list may take, and its building without optimisation.
struct Budget {
    list: &'static str,
    bytes: usize,
    time: Duration,
}

const BUDGETS: [Budget; 3] = [
    Budget { list: "set-50", bytes: 32 << 10, time: Duration::from_millis(50) },
    Budget { list: "set-200", bytes: 256 << 10, time: Duration::from_millis(300) },
    Budget { list: "set-500", bytes: 1 << 20, time: Duration::from_secs(2) },
];

/// The profile that builds as macros are built; only its time is bounded.
const MACROS: &str = "macros";

/// Of so many builds the median counts.
const BUILDS: usize = 7;

/// What a table is made of.
#[derive(Default)]
struct Size {
    automata: usize,
    name_states: usize,
    directory_states: usize,
    names: usize,
    tree: usize,
    outcomes: usize,
    total: usize,
}

impl Size {
    fn of(table: &PatternTable) -> Self {
        let mut size = Self { total: table.size(), ..Self::default() };
        for automaton in table.automata() {
            let parts = automaton.parts();
            size.automata += 1;
            size.name_states += automaton.name_states();
            size.directory_states += automaton.directory_states();
            size.names += parts.names.len();
            size.tree += parts.tree.len() + parts.pages.len();
            size.outcomes += parts.outcomes.len();
        }
        size
    }
}

fn benchmark(list: &str) -> String {
    format!("tables/{list}")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

const SIZE: &str = "table";
const TIME: &str = "what a macro does, unoptimised";

impl Budget {
    fn expected(&self, profile: &str) -> Vec<Expected> {
        let figure = |ours: &str, what, required| Expected {
            benchmark: benchmark(self.list),
            ours: ours.to_owned(),
            peer: None,
            what,
            better: Better::Lower,
            required,
        };
        let size = figure(SIZE, What::Kibibytes, self.bytes as f64 / 1024.0);
        let time = figure(TIME, What::Milliseconds, milliseconds(self.time));
        if profile == MACROS { vec![size, time] } else { vec![size] }
    }
}

/// A figure beside what it may be at most.
struct Bounded<T>(T, Option<T>);

impl<T: fmt::Display + PartialOrd> fmt::Display for Bounded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(figure, bound) = self;
        match bound {
            Some(bound) if figure <= bound => write!(f, "{figure} (of {bound}: met)"),
            Some(bound) => write!(f, "{figure} (of {bound}: not met)"),
            None => write!(f, "{figure}"),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let profile = profile().unwrap_or_default();
    println!("built with the profile `{profile}`\n");
    let mut sink = Sink::from_env()?;
    for budget in &BUDGETS {
        sink.write(budget.expected(&profile).into_iter().map(Figure::Expected))?;
    }
    for list in lists::all() {
        match list {
            Ok(list) => report(&list, &profile, &mut sink)?,
            Err(missing) => {
                let text = format!("there is no {}", missing.path.display());
                println!("{}: skipped, {text}\n", missing.name);
                let benchmark = benchmark(&missing.name);
                sink.write([Figure::LeftOut(About { benchmark, text })])?;
            }
        }
    }
    Ok(())
}

/// The profile that this program was built with: the folder that it lies in is called so.
fn profile() -> Option<String> {
    let program = env::current_exe().ok()?;
    Some(program.parent()?.file_name()?.to_str()?.to_owned())
}

fn report(list: &List, profile: &str, sink: &mut Sink) -> Result<(), Box<dyn Error>> {
    let rules = || PatternTable::builder().gitignore(&*list.name, &list.content);
    let table = rules().build()?;
    let findings = rules().lint().len();
    let mut times = Vec::with_capacity(BUILDS);
    let mut lint_times = Vec::with_capacity(BUILDS);
    for _ in 0..BUILDS {
        let start = clock::now();
        rules().build()?;
        let built = clock::now();
        rules().lint();
        let linted = clock::now();
        times.push(linted - start);
        lint_times.push(linted - built);
    }
    times.sort();
    lint_times.sort();
    let budget = BUDGETS.iter().find(|budget| budget.list == list.name);
    let most = budget.filter(|_| profile == MACROS).map(|budget| milliseconds(budget.time));
    let size = Size::of(&table);
    println!("{}: {} rules", list.name, table.rules().len());
    println!("  bytes             {}", Bounded(size.total, budget.map(|budget| budget.bytes)));
    println!(
        "    of them         names {}, directories {}, outcomes {}",
        size.names, size.tree, size.outcomes
    );
    println!("  automata          {}", size.automata);
    println!("  name states       {}", size.name_states);
    println!("  directory states  {}", size.directory_states);
    let time = Bounded(milliseconds(times[BUILDS / 2]), most);
    println!("  ms in all         {time}, median of {BUILDS}");
    let lints = milliseconds(lint_times[BUILDS / 2]);
    println!("    of them lints   {lints}, {findings} findings\n");

    let figure = |ours: &str, what, summary, required| {
        Figure::Compared(Compared {
            benchmark: benchmark(&list.name),
            ours: ours.to_owned(),
            peer: None,
            what,
            summary,
            better: Better::Lower,
            required,
        })
    };
    let size = Summary::exactly(size.total as f64 / 1024.0);
    let most = budget.map(|budget| budget.bytes as f64 / 1024.0);
    let mut figures = vec![figure(SIZE, What::Kibibytes, size, most)];
    if profile == MACROS {
        let times = Summary::of(times.into_iter().map(milliseconds));
        let most = budget.map(|budget| milliseconds(budget.time));
        figures.extend(times.map(|times| figure(TIME, What::Milliseconds, times, most)));
    }
    sink.write(figures)?;
    Ok(())
}
