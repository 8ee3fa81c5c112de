//! A complete backup program, made of your profiles.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! timelocker::backup_profile! {
//!     /// What I would miss.
//!     static HOME = { targets: ["~"], exclude: [".cache/", "*.tmp"] }
//! }
//! timelocker::backup_profile! {
//!     static ETC = { targets: ["/etc"] }
//! }
//!
//! fn main() -> ExitCode {
//!     timelocker::cli::run(&[&HOME, &ETC])
//! }
//! ```
//!
//! The [`guide`] goes from here to a fleet of machines. `--help` has the commands:
//!
//! | | |
//! |---|---|
//! | `init`, `backup` | make a repository, and back up profiles into it |
//! | `plan`, `explain`, `rules`, `profiles` | what a backup would save, and why |
//! | `snapshots`, `ls`, `find`, `diff` | what was saved, when it changed, and how it differs |
//! | `restore`, `verify`, `check` | getting it back, and being sure that one could |
//! | `forget`, `prune`, `repair`, `unlock`, `stats` | what the repository holds |
//! | `schedule`, `convert`, `perf`, `completions`, `man` | around it |
//!
//! # Exit codes
//!
//! Those of restic:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | all was done |
//! | 1 | it failed, or the command line was not understood |
//! | 3 | incomplete: a snapshot was made, but something selected could not be read; not all was restored, or not every line could be converted |
//! | 10 | there is no repository |
//! | 11 | somebody else uses the repository |
//! | 12 | the password is wrong |
//! | 130 | it was interrupted |
//!
//! # JSON
//!
//! With `--json` each command writes one document to stdout and nothing else, whether it fails or
//! not:
//!
//! ```json
//! { "version": 1, "command": "snapshots", "exit_code": 0, "result": {}, "error": null }
//! ```
//!
//! `result` is that of the command, `null` if it failed; `error` then has `message`, `causes` and,
//! mostly, `advice`. The results:
//!
//! | command | `result` |
//! |---|---|
//! | `backup` | for each profile: `profile`, `outcome` (`complete`, `incomplete`, `cancelled`, `failed`), `snapshot`, `summary`, `unread`, `notes`, `error` |
//! | `plan` | for each profile: `files`, `bytes`, `bytes_by_name`, `largest_directories`, `rules`, `compared`, `errors` |
//! | `explain` | for each path: `path`, `is_there`, and `profiles`, each with `selected`, `reason`, `rule`, `place`, `decided_at` |
//! | `rules` | for each profile: `rules` and `other_reasons`, each with `files`, `directories`, `bytes`, `unused` |
//! | `profiles` | for each profile: `name`, `targets`, `repository`, `rules`, `tags`, `retention`, `schedule` |
//! | `snapshots` | `repository`, and `snapshots`: `id`, `time`, `host`, `profile`, `paths`, `tags`, `parent`, `summary` |
//! | `ls`; `find` | `snapshot` and `entries`: `path`, `kind`, `bytes`, `permissions`, `user`, `group`, `modified`, `link`; for each snapshot the same, or for a path its states |
//! | `diff` | `new`, `changed`, `gone`, `metadata_changed`, and `changes`: `path`, `change`, `bytes_before`, `bytes_after` |
//! | `restore` | `files`, `directories`, `bytes`, `skipped`, `unchanged`, `renamed`, `failures` |
//! | `verify`; `check` | for each snapshot `sound`, `faults`, `differences`; `sound`, `findings` |
//! | `forget`; `prune` | `groups` of `decisions`: `snapshot`, `keep`, `reasons`; `packs_removed`, `bytes_freed`, `bytes_used` |
//! | `repair` | `repaired`, `dry_run`, `steps`, `packs_removed`, `packs_added`, `blobs_kept`, `blobs_lost`, `snapshots`: `original`, `rewritten` |
//! | `unlock`; `stats` | `locks`; figures of the repository |
//! | `schedule`; `convert` | `kind`, `state`, `units`; `profile` as text, `rules`, and `notes` on what differs |
//! | `completions`; `man` | `script`; `page` or `files` |
//! | `perf` | `operations`: `calls`, `total`, `own`, `mean`, `p95`, `max` |
//!
//! With `--verbose`, lines of JSON on stderr tell how far it is: those of
//! [`StatusLine`](crate::monitoring::StatusLine). Sizes are in bytes, durations in seconds, times of
//! day as RFC 3339 writes them, in UTC. What is not known is `null`. `version` changes if anything
//! that was there is not any more, or means something else; fields may be added.

#[doc = include_str!("guide.md")]
pub mod guide {}

mod commands;
mod context;
mod exit;
mod failure;
mod monitor;
mod output;
mod own_repository;
mod progress;
mod server;
mod signals;
mod size_ahead;
mod time;
mod treemap;
mod typed;
mod views;

use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use self::commands::Command;
use self::context::{Context, Global};
use self::exit::Exit;
use self::failure::Failure;
use self::output::{Output, inert, put};
use crate::profile::Profile;
use crate::repository::quiet_engine_panics;

/// The command line.
#[derive(Debug, Parser)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(disable_help_subcommand = true, infer_subcommands = false)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Runs the program that these profiles are: reads the arguments of the process, does what they say,
/// and gives what the process is to end with.
///
/// ```no_run
/// timelocker::backup_profile! {
///     static HOME = { targets: ["~"], exclude: [".cache/"] }
/// }
///
/// fn main() -> std::process::ExitCode {
///     timelocker::cli::run(&[&HOME])
/// }
/// ```
#[must_use = "it is what the process is to end with"]
pub fn run(profiles: &[&'static Profile]) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    run_with(profiles, &arguments).into()
}

fn run_with(profiles: &[&'static Profile], arguments: &[OsString]) -> Exit {
    let program = program(arguments);
    let json = arguments.iter().any(|argument| argument == "--json");
    let plain = Output { json, ..Output::default() };
    let (name, arguments) = match parse(&program, profiles, arguments) {
        Ok(parsed) => parsed,
        Err(error) => return misunderstood(&plain, &error),
    };
    if !arguments.global.is_verbose() {
        quiet_engine_panics();
    }
    let mut context = Context::new(&program, &name, profiles);
    context.add(arguments.global);
    let done = signals::cancel_on_signals(&context.cancel, &context.walks)
        .and_then(|()| caught(|| arguments.command.run(&mut context)));
    match done {
        Ok(exit) => exit,
        Err(failure) => {
            // If it can't be written either, the exit code still tells.
            let _ = context.output.failure(&name, &failure);
            failure.exit
        }
    }
}

/// Runs a command; a panic is a failure too, with its message.
fn caught(run: impl FnOnce() -> failure::Result<Exit>) -> failure::Result<Exit> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Err(Failure::new(format!("an internal error: {}", text.unwrap_or("it panicked"))))
    })
}

/// Reads a command line; gives the name of the command too.
fn parse(
    program: &str,
    profiles: &[&'static Profile],
    words: &[OsString],
) -> Result<(String, Arguments), clap::Error> {
    let matches = command(program, profiles).try_get_matches_from(words)?;
    let name = matches.subcommand_name().unwrap_or_default().to_owned();
    Ok((name, Arguments::from_arg_matches(&matches)?))
}

/// The command line of a program with these profiles.
pub(crate) fn command(program: &str, profiles: &[&'static Profile]) -> clap::Command {
    let names: Vec<&'static str> = profiles.iter().map(|profile| profile.name()).collect();
    let named = |argument: clap::Arg| {
        argument.value_parser(PossibleValuesParser::new(names.clone())).hide_possible_values(true)
    };
    let about = match &names[..] {
        [] => "Backs up nothing: it has no profiles".to_owned(),
        names => format!("Backs up, and gives back: {}", names.join(", ")),
    };
    let mut command = Arguments::command()
        .name(program.to_owned())
        .about(about)
        .version(concat!("(timelocker ", env!("CARGO_PKG_VERSION"), ")"))
        .after_help(
            "Exit codes: 0 done, 1 failed, 3 incomplete, 10 no repository, 11 repository in use, \
             12 wrong password, 130 interrupted",
        )
        .mut_arg("profile", named);
    let subcommands: Vec<String> =
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for subcommand in subcommands {
        command = command.mut_subcommand(subcommand, |subcommand| {
            if subcommand.get_arguments().any(|argument| argument.get_id() == "profiles") {
                subcommand.mut_arg("profiles", named)
            } else {
                subcommand
            }
        });
    }
    command
}

/// The name the program was called by.
fn program(arguments: &[OsString]) -> String {
    let name = arguments.first().and_then(|first| Path::new(first).file_name());
    name.map_or("timelocker".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Tells what is wrong with the command line, or what was asked about it.
fn misunderstood(output: &Output, error: &clap::Error) -> Exit {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = error.render().to_string();
    if asked || (!output.json && inert(&text) == text) {
        let _ = error.print();
    } else if !output.json {
        let _ = put(io::stderr().lock(), inert(&text).as_bytes());
    } else {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let message = first.strip_prefix("error: ").unwrap_or(first);
        let tips = lines.filter_map(|line| line.trim().strip_prefix("tip: "));
        let tips: Vec<_> = tips.chain(["see --help"]).collect();
        let _ = output.failure("", &Failure::new(message).advice(tips.join("; ")));
    }
    if asked { Exit::Success } else { Exit::Failure }
}
