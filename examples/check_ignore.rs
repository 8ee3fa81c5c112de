//! Answers which rule of an exclude file decides about each path, as git does:
//!
//! ```text
//! cargo run --release --example check_ignore -- PATTERN_FILE < PATHS
//! ```
//!
//! Standard input holds paths relative to the root that the rules are for, each ended by a NUL; a
//! trailing `/` says that the path is a directory. For each path four fields are written, each
//! ended by a NUL: the source (`PATTERN_FILE` as it was given), the line, the pattern, and the path
//! as it was asked. The first three are empty if no rule decides. All of it is raw bytes, so
//! nothing need be UTF-8.
//!
//! That is what `git check-ignore --no-index -v -n -z --stdin` writes, with three differences:
//!
//! - Git looks on the disk whether a path is a directory. Ask it without the trailing `/`: with
//!   one, git also matches the empty name behind it, and so misses `!x` and finds `x/*`.
//! - To git a path that begins with `:` is a pathspec with magic, here it is a path.
//! - The exit code is 0 when each path was answered and 2 on an error. It does not say whether one
//!   is excluded.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use timelocker::pattern::{EntryKind, Explainer, PatternTable, RuleInfo, Verdict};

#[allow(clippy::print_stderr)]
fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(file), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: check_ignore PATTERN_FILE < PATHS");
        return ExitCode::from(2);
    };
    match answer_all(&file, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let io = error.downcast_ref::<io::Error>();
            // Whoever read the answers knows by himself that he went away.
            if io.is_none_or(|error| error.kind() != io::ErrorKind::BrokenPipe) {
                eprintln!("check_ignore: {error}");
            }
            ExitCode::from(2)
        }
    }
}

/// Answers each path of `input` by the rules in `file`.
pub(crate) fn answer_all(
    file: &OsStr,
    input: impl Read,
    output: impl Write,
) -> Result<(), Box<dyn Error>> {
    let shown = Path::new(file).display();
    let content = fs::read(file).map_err(|error| format!("{shown}: {error}"))?;
    let table = PatternTable::builder().gitignore(shown.to_string(), &content).build()?;
    let explainer = table.explainer();

    let (mut input, mut output) = (BufReader::new(input), BufWriter::new(output));
    let mut path = Vec::new();
    while input.read_until(0, &mut path)? > 0 {
        path.pop_if(|byte| *byte == 0);
        if let Some(rule) = deciding_rule(&explainer, &path)? {
            let line = rule.place().map_or(0, |place| place.line());
            output.write_all(file.as_encoded_bytes())?;
            write!(output, "\0{line}\0")?;
            output.write_all(rule.pattern())?;
        } else {
            output.write_all(b"\0\0")?;
        }
        output.write_all(b"\0")?;
        output.write_all(&path)?;
        output.write_all(b"\0")?;
        path.clear();
        if input.buffer().is_empty() {
            // Who asks may wait for this answer before asking on.
            output.flush()?;
        }
    }
    output.flush()?;
    Ok(())
}

/// The rule that decides about `path`, by which it is excluded or included again.
fn deciding_rule<'t>(
    explainer: &Explainer<'t>,
    path: &[u8],
) -> Result<Option<&'t RuleInfo>, Box<dyn Error>> {
    let (path, kind) = normalize(path)?;
    if path.is_empty() {
        // The root itself is never excluded.
        return Ok(None);
    }
    let explanation = explainer.explain(&path, kind);
    // The verdict is the automaton's, the rule was found without it: only what both say is an
    // answer.
    let excludes = explanation.rule().is_some_and(|rule| !rule.pattern().starts_with(b"!"));
    if excludes != (explanation.verdict() == Verdict::Exclude) {
        return Err(format!("{}: the verdict is not the rule's", path.escape_ascii()).into());
    }
    Ok(explanation.rule())
}

/// The path as git takes it: without empty and `.` components, and with `..` resolved.
fn normalize(asked: &[u8]) -> Result<(Vec<u8>, EntryKind), Box<dyn Error>> {
    let refuse = |why| Err(format!("\"{}\": {why}", asked.escape_ascii()).into());
    if asked.is_empty() {
        return refuse("a path must not be empty; `.` is the root");
    }
    if asked.starts_with(b"/") {
        return refuse("a path must be relative to the root");
    }
    let mut kind = EntryKind::File;
    let mut components = Vec::new();
    for component in asked.split(|&byte| byte == b'/') {
        kind = EntryKind::Directory;
        match component {
            b"" | b"." => {}
            b".." if components.pop().is_some() => {}
            b".." => return refuse("a path must not lead out of the root"),
            name => {
                kind = EntryKind::File;
                components.push(name);
            }
        }
    }
    Ok((components.join(&b'/'), kind))
}
