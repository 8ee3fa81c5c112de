//! The commands, one a file: its arguments, what it does, and how that is shown.

mod backup;
mod check;
mod completions;
mod convert;
mod diff;
mod explain;
mod find;
mod forget;
mod init;
mod ls;
mod man;
mod perf;
mod plan;
mod profiles;
mod prune;
mod repair;
mod restore;
mod rules;
mod schedule;
mod snapshots;
mod stats;
mod unlock;
mod verify;

use std::path::{Component, Path, PathBuf};

use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use super::failure::{Failure, Result};

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new repository
    Init(init::Arguments),
    /// Back up profiles: all of them, or those that are named
    Backup(backup::Arguments),
    /// Show what a backup would save, and what has changed since the last one
    Plan(plan::Arguments),
    /// Tell why paths are saved, or are not
    Explain(explain::Arguments),
    /// Show what each rule leaves out, and which are of no use
    Rules(rules::Arguments),
    /// Show the profiles of this program
    Profiles(profiles::Arguments),
    /// List the snapshots of the repository
    Snapshots(snapshots::Arguments),
    /// List what is in a snapshot
    Ls(ls::Arguments),
    /// Find files in all snapshots, or show the history of one
    Find(find::Arguments),
    /// Compare two snapshots, or one with the disk
    Diff(diff::Arguments),
    /// Restore a snapshot, or a part of it
    Restore(restore::Arguments),
    /// Verify that snapshots are whole, and compare them with the disk
    Verify(verify::Arguments),
    /// Check the whole repository
    Check(check::Arguments),
    /// Forget snapshots that no rule keeps
    Forget(forget::Arguments),
    /// Remove data that no snapshot needs
    Prune(prune::Arguments),
    /// Repair the index, damaged packs, or snapshots that need what is lost
    Repair(repair::Arguments),
    /// Remove locks that their holders left behind
    Unlock(unlock::Arguments),
    /// Show how much the repository holds
    Stats(stats::Arguments),
    /// Measure another command, and show where its time goes
    Perf(perf::Arguments),
    /// Back up again and again: show, install or remove units of systemd, cron or launchd
    Schedule(schedule::Arguments),
    /// Make a profile of an exclude file of restic, rustic, borg or git
    Convert(convert::Arguments),
    /// Write completions for a shell
    Completions(completions::Arguments),
    /// Write manual pages
    Man(man::Arguments),
}

impl Command {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<Exit> {
        match self {
            Self::Init(arguments) => init::run(arguments, context),
            Self::Backup(arguments) => backup::run(arguments, context),
            Self::Plan(arguments) => plan::run(arguments, context),
            Self::Explain(arguments) => explain::run(arguments, context),
            Self::Rules(arguments) => rules::run(arguments, context),
            Self::Profiles(arguments) => profiles::run(arguments, context),
            Self::Snapshots(arguments) => snapshots::run(arguments, context),
            Self::Ls(arguments) => ls::run(arguments, context),
            Self::Find(arguments) => find::run(arguments, context),
            Self::Diff(arguments) => diff::run(arguments, context),
            Self::Restore(arguments) => restore::run(arguments, context),
            Self::Verify(arguments) => verify::run(arguments, context),
            Self::Check(arguments) => check::run(arguments, context),
            Self::Forget(arguments) => forget::run(arguments, context),
            Self::Prune(arguments) => prune::run(arguments, context),
            Self::Repair(arguments) => repair::run(arguments, context),
            Self::Unlock(arguments) => unlock::run(arguments, context),
            Self::Stats(arguments) => stats::run(arguments, context),
            Self::Perf(arguments) => perf::run(arguments, context),
            Self::Schedule(arguments) => schedule::run(arguments, context),
            Self::Convert(arguments) => convert::run(arguments, context),
            Self::Completions(arguments) => completions::run(arguments, context),
            Self::Man(arguments) => man::run(arguments, context),
        }
    }
}

/// What stands for stdin where a path is asked for; a file of that name is `./-`.
const STDIN: &str = "-";

/// A path as snapshots have it: absolute, `~` for the home directory, without `.` and `..`.
fn whole(path: impl AsRef<Path>) -> PathBuf {
    let path = path.as_ref();
    let path = match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path.to_path_buf(),
    };
    let mut whole = PathBuf::new();
    for component in std::path::absolute(&path).unwrap_or(path).components() {
        match component {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            component => whole.push(component),
        }
    }
    whole
}

/// Fails if the command was to end early.
fn not_cancelled(context: &Context<'_>) -> Result<()> {
    match context.cancel.is_cancelled() {
        true => Err(Failure::new("it was interrupted").exit(Exit::Interrupted)),
        false => Ok(()),
    }
}
