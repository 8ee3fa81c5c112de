//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: cargo perf [--benchmark] [OPTIONS]   measure, and report (the default)
       cargo perf --required [OPTIONS]      the same, and print only what is required
       cargo perf --analyze FILE            what the operations of a history came to, by kind

      --check-regression FILE   exit with 1 if something is worse than in the baseline FILE
      --save-baseline FILE      write a baseline; what was not measured stays as it is in FILE
  -o, --output FILE             write the report: as JSON or HTML if FILE is called so, else as
                                text; may be given again
      --quick                   fewer rounds and smaller trees
      --only PARTS              of sections, ratios and instructions, those in a list with commas
      --from FILE               take what was measured from a report in JSON
  -v, --verbose                 show what the benchmarks write, and all figures
  -h, --help";

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
    pub(crate) parts: Vec<Part>,
    pub(crate) from: Option<PathBuf>,
    pub(crate) outputs: Vec<PathBuf>,
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) new_baseline: Option<PathBuf>,
}

/// A part of what is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Sections,
    Ratios,
    Instructions,
}

impl Part {
    const ALL: [Self; 3] = [Self::Sections, Self::Ratios, Self::Instructions];

    fn parse(name: &str) -> Option<Self> {
        match name {
            "sections" => Some(Self::Sections),
            "ratios" => Some(Self::Ratios),
            "instructions" => Some(Self::Instructions),
            _ => None,
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
            parts: Part::ALL.into(),
            from: None,
            outputs: Vec::new(),
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
                "--quick" => options.is_quick = true,
                "--verbose" | "-v" => options.is_verbose = true,
                "--output" | "-o" => options.outputs.push(value()?),
                "--from" => options.from = Some(value()?),
                "--check-regression" => options.baseline = Some(value()?),
                "--save-baseline" => options.new_baseline = Some(value()?),
                "--only" => {
                    let parts = value()?;
                    let parts = parts.to_string_lossy();
                    let parts = parts.split(',').map(|part| {
                        Part::parse(part).ok_or_else(|| format!("there is no part `{part}`"))
                    });
                    options.parts = parts.collect::<Result<_, _>>()?;
                }
                _ => return Err(format!("`{name}` is not known")),
            }
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
            ("--only ratios,walks", "there is no part `walks`"),
        ] {
            assert_eq!(parse(line), Err(expected.to_owned()));
        }
    }
}
