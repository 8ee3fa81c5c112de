//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::run::{BENCHES, Bench, TREE};

pub(crate) const USAGE: &str = "\
usage: cargo perf [--benchmark] [OPTIONS]   measure, and report (the default)
       cargo perf --required [OPTIONS]      measure, and print what is required, as Markdown
       cargo perf --twice [OPTIONS]         measure twice; exit with 1 if the two do not agree
       cargo perf --analyze FILE            what the operations of a history came to, by kind

      --check-regression FILE   exit with 1 if something is worse than in the baseline FILE
      --save-baseline FILE      write a baseline; what was not measured stays as it is in FILE
  -o, --output FILE             write the report: as JSON, HTML or Markdown if FILE is called so,
                                else as text; may be given again
      --update FILE             put the tables of what is required into FILE, between its marks
      --quick                   fewer rounds and smaller trees
      --only PARTS              of sections, ratios and instructions, and of the benchmarks of
                                ratios by name, those in a list with commas
      --tree FOLDER             match the paths of FOLDER, rather than some that are made up
      --from FILE               take what was measured from a report in JSON
  -v, --verbose                 show what the benchmarks write, and all figures
  -h, --help

What can't be measured is a line of the report, and the rest is measured all the same.
Exit status: 0 when all went well, 1 after a regression, 2 when something could not be done.";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Benchmark(Options),
    Analyze(PathBuf),
    /// For a parent that asks what memory this takes.
    Walk(PathBuf),
    Help,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) is_quick: bool,
    pub(crate) is_verbose: bool,
    /// Of the text, print nothing but the table of what is required.
    pub(crate) only_required: bool,
    /// Measure again, and hold the two against each other.
    pub(crate) is_twice: bool,
    pub(crate) parts: Vec<Part>,
    /// A folder whose paths are taken.
    pub(crate) tree: Option<PathBuf>,
    pub(crate) from: Option<PathBuf>,
    pub(crate) outputs: Vec<PathBuf>,
    /// A file that has the tables of what is required in it.
    pub(crate) update: Option<PathBuf>,
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) new_baseline: Option<PathBuf>,
}

/// A part of what is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Sections,
    Ratios,
    Instructions,
    /// Of the ratios, those of one benchmark.
    Bench(Bench),
}

impl Part {
    fn parse(name: &str) -> Result<Self, String> {
        match name {
            "sections" => Ok(Self::Sections),
            "ratios" => Ok(Self::Ratios),
            "instructions" => Ok(Self::Instructions),
            _ => Bench::named(name).map(Self::Bench).ok_or_else(|| {
                let benches: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
                format!(
                    "there is no part `{name}`, but sections, ratios, instructions; {}",
                    benches.join(", ")
                )
            }),
        }
    }
}

impl Command {
    /// # Errors
    ///
    /// What is wrong with the arguments, in words.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Options {
            is_quick: false,
            is_verbose: false,
            only_required: false,
            is_twice: false,
            parts: Vec::new(),
            tree: std::env::var_os(TREE).map(PathBuf::from),
            from: None,
            outputs: Vec::new(),
            update: None,
            baseline: None,
            new_baseline: None,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let name = argument.to_string_lossy().into_owned();
            let mut value = || {
                let value = arguments.next().map(PathBuf::from);
                value.ok_or_else(|| format!("{name} takes a value"))
            };
            match &*name {
                "--help" | "-h" => return Ok(Self::Help),
                "--analyze" => return Ok(Self::Analyze(value()?)),
                crate::sections::CHILD => return Ok(Self::Walk(value()?)),
                "--benchmark" => {}
                "--required" => options.only_required = true,
                "--twice" => options.is_twice = true,
                "--quick" => options.is_quick = true,
                "--verbose" | "-v" => options.is_verbose = true,
                "--output" | "-o" => options.outputs.push(value()?),
                "--update" => options.update = Some(value()?),
                "--tree" => options.tree = Some(value()?),
                "--from" => options.from = Some(value()?),
                "--check-regression" => options.baseline = Some(value()?),
                "--save-baseline" => options.new_baseline = Some(value()?),
                "--only" => {
                    let parts = value()?;
                    let parts = parts.to_string_lossy();
                    let parts = parts.split(',').map(Part::parse);
                    options.parts = parts.collect::<Result<_, _>>()?;
                }
                _ => return Err(format!("`{name}` is not known")),
            }
        }
        if options.parts.is_empty() {
            options.parts = match options.only_required {
                // Nothing is required of counts.
                true => vec![Part::Sections, Part::Ratios],
                false => vec![Part::Sections, Part::Ratios, Part::Instructions],
            };
        }
        Ok(Self::Benchmark(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn lines_are_understood() {
        let benchmark = |line: &str| match parse(line) {
            Ok(Command::Benchmark(options)) => options,
            other => panic!("{line}: {other:?}"),
        };
        assert!(!benchmark("").is_quick);
        assert_eq!(benchmark("--benchmark").parts.len(), 3);
        assert_eq!(benchmark("--required").parts, [Part::Sections, Part::Ratios]);
        let one = benchmark("--required --only traversal").parts;
        assert!(matches!(one[..], [Part::Bench(Bench { name: "traversal", .. })]), "{one:?}");
        let options = benchmark("--quick -o a.json --output a.html --only ratios,instructions");
        assert!(options.is_quick);
        assert_eq!(options.outputs, [PathBuf::from("a.json"), PathBuf::from("a.html")]);
        assert_eq!(options.parts, [Part::Ratios, Part::Instructions]);
        assert_eq!(benchmark("--check-regression b").baseline, Some(PathBuf::from("b")));
        assert_eq!(parse("--analyze h"), Ok(Command::Analyze(PathBuf::from("h"))));
        assert_eq!(parse("-v --help"), Ok(Command::Help));
    }

    #[test]
    fn faults_are_named() {
        for (line, expected) in [
            ("--chek", "`--chek` is not known"),
            ("a.json", "`a.json` is not known"),
            ("--output", "--output takes a value"),
            (
                "--only ratios,walks",
                "there is no part `walks`, but sections, ratios, instructions; pattern_matching, \
                 traversal, memory, status_reporting, profile_overhead, table_sizes, backup",
            ),
        ] {
            assert_eq!(parse(line), Err(expected.to_owned()));
        }
    }
}
