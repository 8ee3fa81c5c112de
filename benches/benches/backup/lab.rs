//! Where one peer works, and what its work costs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::child;
use crate::peers::{Operation, Peer};

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system time of all threads.
    pub(crate) cpu: Duration,
    /// The most memory that the process had, in KiB.
    pub(crate) memory: u64,
}

/// A repository of a peer, and what is backed up into it.
#[derive(Debug)]
pub(crate) struct Lab {
    peer: Peer,
    tree: PathBuf,
    repository: PathBuf,
    /// Where the peer keeps its caches.
    state: PathBuf,
    restored: PathBuf,
}

impl Lab {
    pub(crate) fn new(peer: Peer, directory: &Path, tree: &Path) -> Self {
        let own = directory.join(peer.name());
        Self {
            peer,
            tree: tree.to_path_buf(),
            repository: own.join("repository"),
            state: own.join("state"),
            restored: own.join("restored"),
        }
    }

    pub(crate) fn peer(&self) -> Peer {
        self.peer
    }

    pub(crate) fn tree(&self) -> &Path {
        &self.tree
    }

    pub(crate) fn repository(&self) -> &Path {
        &self.repository
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Where a snapshot is restored to.
    pub(crate) fn restored(&self) -> &Path {
        &self.restored
    }

    /// The name of the youngest archive of borg.
    pub(crate) fn youngest(&self) -> String {
        let mut borg = self.peer.borg(&self.state);
        let output = borg.args(["list", "--last=1", "--short"]).arg(&self.repository).output();
        String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
    }

    /// An empty repository in place of the one that was there.
    pub(crate) fn init(&self) {
        self.remove();
        let empty = self.repository.with_file_name("empty");
        if !empty.exists() {
            for directory in [&self.repository, &self.state] {
                fs::create_dir_all(directory).unwrap();
            }
            self.run(Operation::Init);
            fs::create_dir(&empty).unwrap();
            copy([&self.repository, &self.state], &empty);
        } else {
            // Making one takes as long as a small backup, for its key.
            let [repository, state] = ["repository", "state"].map(|name| empty.join(name));
            copy([&repository, &state], empty.parent().unwrap());
        }
    }

    pub(crate) fn remove(&self) {
        for directory in [&self.repository, &self.state, &self.restored] {
            if directory.exists() {
                fs::remove_dir_all(directory).unwrap();
            }
        }
    }

    /// An operation, or, for `None`, a first backup.
    pub(crate) fn cost(&self, operation: Option<Operation>) -> Cost {
        if operation.is_none() {
            self.init();
        }
        // What others have written is not written at the expense of this one.
        nix::unistd::sync();
        self.run(operation.unwrap_or(Operation::BackUp))
    }

    pub(crate) fn run(&self, operation: Operation) -> Cost {
        if operation == Operation::Restore {
            let _ = fs::remove_dir_all(&self.restored);
            fs::create_dir_all(&self.restored).unwrap();
        }
        let command = self.peer.command(operation, self);
        // The most memory of a process can be asked for by its parent alone, and only of all its
        // children: so each has a parent of its own.
        let mut parent = Command::new(env::current_exe().unwrap());
        parent.args([child::CHILD, child::MEASURE]).arg(command.get_program());
        parent.args(command.get_args());
        for (name, value) in command.get_envs() {
            parent.env(name, value.unwrap_or_default());
        }
        if let Some(directory) = command.get_current_dir() {
            parent.current_dir(directory);
        }
        let output = parent.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}, {operation:?}: {said}", self.peer.name());
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<u64> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let [wall, cpu, memory] = numbers[..] else { panic!("{text}") };
        Cost { wall: Duration::from_nanos(wall), cpu: Duration::from_nanos(cpu), memory }
    }
}

fn copy(directories: [&PathBuf; 2], to: &Path) {
    let status = Command::new("cp").arg("-a").args(directories).arg(to).status().unwrap();
    assert!(status.success());
}
