//! The git on this machine, asked which rule decides about a path.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;
use timelocker_pattern::{Case, EntryKind};

/// What stands at a path that git is asked about. Git looks it up on the disk, so it must be there.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Entry {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link to a directory, which for gitignore is no directory.
    Link,
}

impl Entry {
    /// What the entry counts as in a match.
    pub fn kind(self) -> EntryKind {
        match self {
            Self::Directory => EntryKind::Directory,
            Self::File | Self::Link => EntryKind::File,
        }
    }
}

/// The entries of a folder, at paths relative to it.
#[derive(Clone, Debug, Default)]
pub struct Tree(BTreeMap<Vec<u8>, Entry>);

impl Tree {
    /// Adds an entry; its ancestors, where they are not there yet, become directories.
    ///
    /// `false`, and nothing is added, when the path is none that a folder can hold (an empty
    /// component, `.`, `..`, a NUL), when git takes it for its own (`.git`, `.gitignore`), or when
    /// one of its ancestors or itself stands there already as something else.
    pub fn insert(&mut self, path: &[u8], entry: Entry) -> bool {
        let is_other = |path: &[u8], entry| self.0.get(path).is_some_and(|&stands| stands != entry);
        let possible = path.split(|&byte| byte == b'/').all(is_possible_name);
        if !possible
            || is_other(path, entry)
            || ancestors(path).any(|ancestor| is_other(ancestor, Entry::Directory))
        {
            return false;
        }
        self.0.extend(ancestors(path).map(|ancestor| (ancestor.to_vec(), Entry::Directory)));
        self.0.insert(path.to_vec(), entry);
        true
    }

    /// The entries, each directory before what is below it.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&[u8], Entry)> {
        self.0.iter().map(|(path, &entry)| (&**path, entry))
    }
}

/// The rule that decides about a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// Line in the `.gitignore`, from 1.
    pub line: u32,
    /// The pattern as git prints it, with its `!` and its trailing `/`.
    pub pattern: Vec<u8>,
}

impl Decision {
    /// Whether the path is excluded, rather than included again.
    pub fn excludes(&self) -> bool {
        // A literal exclamation mark is written, and printed, as `\!`.
        !self.pattern.starts_with(b"!")
    }
}

/// Trees in one scratch repository, of whose entries git is asked.
///
/// What this costs is creating files and starting git, so the more is asked at once the better, and
/// of the same trees again with other rules.
#[derive(Debug)]
pub struct GitOracle {
    git: PathBuf,
    scratch: TempDir,
    trees: Vec<Tree>,
    case: Case,
}

impl GitOracle {
    /// Makes the trees, each in a folder of its own, for the program `git` to look at.
    ///
    /// # Panics
    /// When they can't be made.
    pub fn new(git: &Path, trees: Vec<Tree>) -> Self {
        let scratch = tempfile::tempdir().expect("a scratch folder can be made");
        let oracle = Self { git: git.to_owned(), scratch, trees, case: Case::Sensitive };
        let init = oracle.command().args(["init", "--quiet", "--template="]).status();
        assert!(init.expect("git starts").success(), "git init failed");
        for (index, tree) in oracle.trees.iter().enumerate() {
            let made = create(&oracle.scratch.path().join(index.to_string()), tree);
            made.unwrap_or_else(|error| panic!("the scratch tree can't be made: {error}"));
        }
        oracle
    }

    /// The same with `core.ignoreCase` as the case asks for.
    #[must_use]
    pub fn with_case(mut self, case: Case) -> Self {
        self.case = case;
        self
    }

    /// The trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// What git says about each entry of each tree, in their order, when each tree has this
    /// `.gitignore`.
    ///
    /// # Panics
    /// When there are not as many contents as trees, or git does not answer for each entry.
    pub fn ask(&self, contents: &[Vec<u8>]) -> Vec<Vec<Option<Decision>>> {
        assert_eq!(contents.len(), self.trees.len(), "a content for each tree");
        let mut input = Vec::new();
        for (index, (tree, content)) in self.trees.iter().zip(contents).enumerate() {
            let file = self.scratch.path().join(format!("{index}/.gitignore"));
            fs::write(file, content).expect("a file can be written in the scratch folder");
            for (path, _) in tree.entries() {
                input.extend_from_slice(format!("{index}/").as_bytes());
                input.extend_from_slice(path);
                input.push(0);
            }
        }
        let output = self.check_ignore(input);

        let mut fields = output.split(|&byte| byte == 0);
        let mut next = || fields.next().expect("git answers for each path with four fields");
        let mut decision = |file: &str, path: &[u8]| {
            let (source, line, pattern, asked) = (next(), next(), next(), next());
            assert!(
                asked.ends_with(path),
                "git answered for another path: {}",
                asked.escape_ascii()
            );
            if source.is_empty() {
                return None;
            }
            assert_eq!(source, file.as_bytes(), "a rule from elsewhere");
            let line = str::from_utf8(line).ok().and_then(|line| line.parse().ok());
            Some(Decision { line: line.expect("a line number"), pattern: pattern.to_vec() })
        };
        let mut answers = Vec::with_capacity(self.trees.len());
        for (index, tree) in self.trees.iter().enumerate() {
            let file = format!("{index}/.gitignore");
            answers.push(tree.entries().map(|(path, _)| decision(&file, path)).collect());
        }
        assert_eq!(fields.next(), Some(&[][..]), "git answered more than was asked");
        answers
    }

    fn check_ignore(&self, input: Vec<u8>) -> Vec<u8> {
        let case = match self.case {
            Case::Sensitive => "core.ignoreCase=false",
            Case::Insensitive => "core.ignoreCase=true",
        };
        let mut git = self
            .command()
            .args(["-c", case, "-c", "core.excludesFile="])
            .args(["check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git starts");
        let mut stdin = git.stdin.take().expect("stdin is piped");
        // Written from another thread: git answers while it still reads, and both pipes are finite.
        let writer = thread::spawn(move || stdin.write_all(&input));
        let output = git.wait_with_output().expect("git is waited for");
        // 1 says that no path is ignored.
        assert!(matches!(output.status.code(), Some(0 | 1)), "git check-ignore: {}", output.status);
        writer.join().expect("the writer does not panic").expect("git reads all it is asked");
        output.stdout
    }

    /// Git in the scratch folder, out of reach of any configuration and variable of who runs the
    /// tests.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.git);
        command
            .current_dir(self.scratch.path())
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.scratch.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("LC_ALL", "C");
        command
    }
}

/// The proper ancestors of `path`, the outermost first.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.iter().enumerate().filter(|&(_, &byte)| byte == b'/').map(|(end, _)| &path[..end])
}

fn is_possible_name(name: &[u8]) -> bool {
    // On other systems git hides more than `.git`, and names must be text.
    let portable = cfg!(target_os = "linux") || str::from_utf8(name).is_ok();
    let reserved = [b".".as_slice(), b"..", b".git", b".gitignore"].contains(&name);
    portable && !name.is_empty() && name.len() <= 255 && !reserved && !name.contains(&0)
}

/// Makes the folder that holds `tree`.
fn create(folder: &Path, tree: &Tree) -> io::Result<()> {
    fs::create_dir(folder)?;
    for (path, entry) in tree.entries() {
        let path = folder.join(os_path(path));
        match entry {
            Entry::File => fs::write(path, b"")?,
            Entry::Directory => fs::create_dir(path)?,
            Entry::Link => link_to_directory(&path)?,
        }
    }
    Ok(())
}

#[cfg(unix)]
fn os_path(path: &[u8]) -> PathBuf {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    PathBuf::from(OsStr::from_bytes(path))
}

#[cfg(unix)]
fn link_to_directory(path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(".", path)
}

#[cfg(not(unix))]
fn os_path(path: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

#[cfg(not(unix))]
fn link_to_directory(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
