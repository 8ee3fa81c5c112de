//! The commands, one a file: its arguments, what it does, and how that is shown.

mod backup;
mod completions;
mod convert;
mod init;
mod man;
mod profiles;
mod schedule;
mod snapshots;

use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use super::failure::Result;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Back up profiles: all of them, or those that are named
    Backup(backup::Arguments),
    /// List the snapshots of the repository
    Snapshots(snapshots::Arguments),
    /// Make a new repository
    Init(init::Arguments),
    /// Show the profiles of this program
    Profiles(profiles::Arguments),
    /// Back up again and again: show, install or remove units of systemd, cron or launchd
    Schedule(schedule::Arguments),
    /// Make a profile of an exclude file of restic, rustic, borg or git
    Convert(convert::Arguments),
    /// Write the completions of this program for a shell
    Completions(completions::Arguments),
    /// Write the manual pages of this program
    Man(man::Arguments),
}

impl Command {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<Exit> {
        match self {
            Self::Backup(arguments) => backup::run(arguments, context),
            Self::Snapshots(arguments) => snapshots::run(arguments, context),
            Self::Init(arguments) => init::run(arguments, context),
            Self::Profiles(arguments) => profiles::run(arguments, context),
            Self::Schedule(arguments) => schedule::run(arguments, context),
            Self::Convert(arguments) => convert::run(arguments, context),
            Self::Completions(arguments) => completions::run(arguments, context),
            Self::Man(arguments) => man::run(arguments, context),
        }
    }
}
