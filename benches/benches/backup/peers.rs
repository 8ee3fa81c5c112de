//! Those that back up: ours, and others at the same work.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child;
use crate::lab::Lab;

/// Who backs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The manager, with what it does by default.
    Ours,
    /// The same without reading the snapshot back, which no peer does.
    Plain,
    /// The engine that ours stands on, with the source that it brings along.
    LocalSource,
    Restic,
    Borg,
}

/// What is done with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Init,
    BackUp,
    /// The youngest snapshot, as a whole, into [`Lab::restored`].
    Restore,
}

pub(crate) const PASSWORD: &str = "correct horse";

impl Peer {
    /// All that can be run; the first is ours.
    pub(crate) fn installed() -> Vec<Self> {
        [Self::Ours, Self::Plain, Self::LocalSource, Self::Restic, Self::Borg]
            .into_iter()
            .filter(|peer| peer.program().is_none_or(is_installed))
            .collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Plain => "ours_plain",
            Self::LocalSource => "local_source",
            Self::Restic => "restic",
            Self::Borg => "borg",
        }
    }

    /// Whether it starts fast enough for the benchmarks of every day.
    pub(crate) fn is_quick(self) -> bool {
        ![Self::Plain, Self::Borg].contains(&self)
    }

    pub(crate) fn can(self, operation: Operation) -> bool {
        operation != Operation::Restore || self != Self::LocalSource
    }

    fn program(self) -> Option<&'static str> {
        match self {
            Self::Ours | Self::Plain | Self::LocalSource => None,
            Self::Restic => Some("restic"),
            Self::Borg => Some("borg"),
        }
    }

    /// The program that does it.
    pub(crate) fn command(self, operation: Operation, lab: &Lab) -> Command {
        match self {
            Self::Ours | Self::Plain | Self::LocalSource => child::command(self, operation, lab),
            Self::Restic => {
                let mut restic = self.restic(lab.repository(), lab.state());
                match operation {
                    Operation::Init => restic.arg("init"),
                    Operation::BackUp => restic.arg("backup").arg(lab.tree()),
                    Operation::Restore => {
                        restic.args(["restore", "latest", "--target"]).arg(lab.restored())
                    }
                };
                restic
            }
            Self::Borg => {
                let mut borg = self.borg(lab.state());
                match operation {
                    Operation::Init => {
                        borg.args(["init", "--encryption=repokey"]).arg(lab.repository())
                    }
                    Operation::BackUp => borg
                        .args(["create", "--compression=zstd,3"])
                        .arg(format!("{}::{{now:%s.%f}}", lab.repository().display()))
                        .arg(lab.tree()),
                    Operation::Restore => borg
                        .current_dir(lab.restored())
                        .arg("extract")
                        .arg(format!("{}::{}", lab.repository().display(), lab.youngest())),
                };
                borg
            }
        }
    }

    pub(crate) fn restic(self, repository: &Path, state: &Path) -> Command {
        let mut restic = Command::new("restic");
        restic.env("RESTIC_PASSWORD", PASSWORD).arg("--quiet").arg("-r").arg(repository);
        restic.arg("--cache-dir").arg(state);
        restic
    }

    pub(crate) fn borg(self, state: &Path) -> Command {
        let mut borg = Command::new("borg");
        borg.env("BORG_PASSPHRASE", PASSWORD).env("BORG_BASE_DIR", state);
        borg
    }
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).any(|directory: PathBuf| directory.join(program).is_file());
    if !found {
        println!("{program} is not on PATH, and is left out");
    }
    found
}
