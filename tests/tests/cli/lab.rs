//! A home directory, a repository, and the program of the tests' three profiles.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "a password for tests";

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The document of a run with `--json`, which is all of its output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stderr, "");
        let document: Value = serde_json::from_str(&self.stdout).unwrap();
        assert_eq!(document["version"], 1);
        assert_eq!(document["exit_code"], self.code);
        document
    }

    /// The result in that document.
    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        let document = self.json();
        assert_eq!(document["error"], Value::Null, "{document}");
        document["result"].clone()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "exit {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "--- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

pub(crate) struct Lab {
    directory: TempDir,
}

impl Lab {
    /// Nothing but a home directory.
    pub(crate) fn bare() -> Self {
        // Its path is in what is kept, and in lists of directories.
        let directory = tempfile::tempdir_in("/tmp").unwrap();
        fs::create_dir(directory.path().join("home")).unwrap();
        Self { directory }
    }

    /// A home directory with something in it, and a new repository.
    pub(crate) fn new() -> Self {
        let lab = Self::bare();
        lab.write("docs/letter.txt", b"Dear reader\n");
        lab.write("docs/a.tmp", b"of no use");
        lab.write("docs/keep.tmp", b"of use");
        lab.write("docs/cache/blob", &[7; 5000]);
        lab.write("docs/photos/one.jpg", &[1; 3000]);
        lab.write("docs/photos/two.jpg", &[2; 2000]);
        lab.write("src/main.rs", b"fn main() {}\n");
        lab.write("src/target/debug/x", &[3; 10_000]);
        lab.write("src/.gitignore", b"*.log\n");
        lab.write("src/build.log", b"noise");
        let run = lab.run(&["init"]);
        assert_eq!(run.code, 0, "{run}");
        lab
    }

    /// The same, after a first backup of the profiles whose targets are there.
    pub(crate) fn saved() -> Self {
        let lab = Self::new();
        let run = lab.run(&["backup", "home", "sources"]);
        assert_eq!(run.code, 0, "{run}");
        lab
    }

    /// The same by the name of a host that tables can show, as that of this host differs.
    pub(crate) fn saved_on_desk() -> Self {
        let lab = Self::new();
        for backup in [&["backup", "home", "--host", "desk"][..], &["backup", "sources"]] {
            let run = lab.run(backup);
            assert_eq!(run.code, 0, "{run}");
        }
        lab
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(crate) fn home(&self, path: &str) -> PathBuf {
        self.path("home").join(path)
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    /// Writes a file of the home directory.
    pub(crate) fn write(&self, path: &str, contents: &[u8]) {
        let path = self.home(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// The program, with nothing in its environment but what it is given here.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_profiles"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("TZ", "UTC")
            .env("TIMELOCKER_REPOSITORY", self.repository())
            .env("TIMELOCKER_PASSWORD", PASSWORD)
            .current_dir(self.directory.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(self.command().args(arguments))
    }

    /// Runs it with `--json`, and gives the result, which there has to be.
    #[track_caller]
    pub(crate) fn result(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).result()
    }

    /// Lets restic do something with the repository, if it is installed.
    pub(crate) fn restic(&self, arguments: &[&str]) -> Option<String> {
        let restic = timelocker_tests::tool("restic")?;
        let output = std::process::Command::new(restic)
            .args(arguments)
            .arg("--no-cache")
            .env("RESTIC_REPOSITORY", self.repository())
            .env("RESTIC_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).unwrap())
    }

    /// Keeps a text that is the same in each run as a snapshot.
    pub(crate) fn settings(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        let directory = self.directory.path().to_str().unwrap();
        settings.set_prepend_module_to_snapshot(false);
        settings.add_filter(&directory.replace('.', r"\."), "[lab]");
        settings.add_filter(r"\b[0-9a-f]{64}\b", "[id]");
        settings.add_filter(r"\b[0-9a-f]{8}\b", "[id]");
        settings.add_filter(r"\d{4}-\d{2}-\d{2}T[0-9:.]+Z", "[time]");
        settings.add_filter(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", "[time]");
        // How many steps there are depends on threads, and sizes of directories on numbers of inodes.
        settings.add_filter(r"(?m)^\w+ (\w+|\[id\]): (pending|running|verifying)\b.*\n", "");
        settings.add_filter(r"added     .*", "added     [sizes and duration]");
        settings.add_filter(r"\b\d+ (ms|s)\b", "[duration]");
        settings
    }
}

pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Asserts what the program writes, and how it ends.
#[track_caller]
pub(crate) fn assert_shown(lab: &Lab, name: &str, run: &Run) {
    lab.settings().bind(|| insta::assert_snapshot!(name, run.to_string()));
}
