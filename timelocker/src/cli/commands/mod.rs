//! The commands, one a file: its arguments, what it does, and how that is shown.

mod backup;
mod init;
mod profiles;
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
}

impl Command {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<Exit> {
        match self {
            Self::Backup(arguments) => backup::run(arguments, context),
            Self::Snapshots(arguments) => snapshots::run(arguments, context),
            Self::Init(arguments) => init::run(arguments, context),
            Self::Profiles(arguments) => profiles::run(arguments, context),
        }
    }
}
