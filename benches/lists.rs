//! The lists of patterns that the benchmarks run over.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// An exclude file.
#[derive(Clone, Debug)]
pub struct List {
    /// How it is called: `set-50` has 50 rules.
    pub name: String,
    /// Its lines.
    pub content: Vec<u8>,
}

/// Why a list is not there.
#[derive(Clone, Debug)]
pub struct Missing {
    /// How the list is called.
    pub name: String,
    /// Where it was looked for.
    pub path: PathBuf,
}

/// The lists: those of `benches/lists`, and the larger ones of the shared folder that
/// `TIMELOCKER_SHARED` names, by default `../shared` beside the checkout.
pub fn all() -> Vec<Result<List, Missing>> {
    let shared = env::var_os("TIMELOCKER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from)
        .join("lists");
    let mut lists = own();
    lists.extend(["set-200", "set-500"].map(|name| load(name, &shared)));
    lists
}

/// The lists of `benches/lists`.
pub fn own() -> Vec<Result<List, Missing>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lists");
    ["set-8", "set-50"].map(|name| load(name, &folder)).into()
}

fn load(name: &str, folder: &Path) -> Result<List, Missing> {
    let path = folder.join(name).with_extension("txt");
    match fs::read(&path) {
        Ok(content) => Ok(List { name: name.to_owned(), content }),
        Err(_) => Err(Missing { name: name.to_owned(), path }),
    }
}

impl List {
    /// The lines that hold a pattern.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.content
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
    }
}
