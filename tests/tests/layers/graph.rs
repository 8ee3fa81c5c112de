//! The files of a crate, and which file uses which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use crate::tokens::tokens;
use crate::uses::{Names, Path, read};

/// An arrow from a file to one that it uses, both relative to the crate's sources.
pub(crate) type Arrow = (String, String);

/// The files of one crate and the arrows between them.
pub(crate) struct Graph {
    /// For each arrow the line of its first use.
    pub(crate) arrows: BTreeMap<Arrow, usize>,
    /// Number of paths that were resolved to a file.
    pub(crate) followed: usize,
}

struct Crate {
    files: BTreeMap<String, (Path, Names)>,
    /// The file of each module.
    modules: BTreeMap<Path, String>,
    bound: BTreeMap<(Path, String), Vec<Path>>,
}

/// All `.rs` files below a folder, sorted.
pub(crate) fn rust_files(root: &FilePath) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The file of unit tests: they may use everything.
fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

fn module_of(file: &str) -> Path {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if matches!(stem, "lib" | "main") {
        return Path::new();
    }
    stem.split('/').map(str::to_owned).collect()
}

/// Reads the crate whose sources are in `root`.
pub(crate) fn graph(root: &FilePath) -> Graph {
    let mut all =
        Crate { files: BTreeMap::new(), modules: BTreeMap::new(), bound: BTreeMap::new() };
    for path in rust_files(root) {
        let file = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        if !is_test(&file) {
            all.add(&file, &fs::read_to_string(&path).unwrap());
        }
    }
    all.graph()
}

impl Crate {
    fn add(&mut self, file: &str, source: &str) {
        let module = module_of(file);
        let names = read(&tokens(source), &module);
        self.modules.insert(module.clone(), file.to_owned());
        for inner in &names.modules {
            // A file of its own takes its place when it is read, whichever comes first.
            self.modules.entry(inner.clone()).or_insert_with(|| file.to_owned());
        }
        for (at, name, path) in &names.bound {
            self.bound.entry((at.clone(), name.clone())).or_default().push(path.clone());
        }
        self.files.insert(file.to_owned(), (module, names));
    }

    /// The file that defines what a path names: re-exports are followed.
    fn file_of(&self, path: &[String], budget: usize) -> Option<&str> {
        let budget = budget.checked_sub(1)?;
        let mut module: &[String] = &[];
        for (at, name) in path.iter().enumerate() {
            if self.modules.contains_key(&path[..=at]) {
                module = &path[..=at];
                continue;
            }
            let rest = &path[at + 1..];
            let bound = |name: &str| self.bound.get(&(module.to_vec(), name.to_owned()));
            for target in bound(name).into_iter().flatten() {
                // `use self::x::x` binds a name to what has the same one.
                if *target != path[..=at] {
                    return self.file_of(&[target, rest].concat(), budget);
                }
            }
            if let [.., last] = path
                && let Some(globs) = bound("*")
                && at + 1 == path.len()
                && !last.is_empty()
            {
                let found = globs.iter().find_map(|target| {
                    let named = [target.as_slice(), std::slice::from_ref(last)].concat();
                    let key = (target.clone(), last.clone());
                    self.bound.contains_key(&key).then(|| self.file_of(&named, budget)).flatten()
                });
                if found.is_some() {
                    return found;
                }
            }
            break;
        }
        // The root has no items of its own: what is not found from there is of another crate.
        if module.is_empty() { None } else { self.modules.get(module).map(String::as_str) }
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph { arrows: BTreeMap::new(), followed: 0 };
        for (file, (_, names)) in &self.files {
            for (path, line) in &names.used {
                let Some(target) = self.file_of(path, 20) else { continue };
                graph.followed += 1;
                if target != file {
                    let arrow = (file.clone(), target.to_owned());
                    graph.arrows.entry(arrow).or_insert(*line);
                }
            }
        }
        graph
    }
}

impl Graph {
    /// The arrows that are on a circle, other than that of a parent with its own children.
    pub(crate) fn circles(&self, left_out: &BTreeSet<Arrow>) -> Vec<Vec<String>> {
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for arrow in self.arrows.keys() {
            if !left_out.contains(arrow) && !is_to_parent(arrow) {
                next.entry(&arrow.0).or_default().push(&arrow.1);
            }
        }
        let mut circles: Vec<Vec<String>> = Vec::new();
        for &start in next.keys() {
            if circles.iter().any(|circle| circle.iter().any(|file| file == start)) {
                continue;
            }
            if let Some(circle) = way_back(start, &next) {
                circles.push(circle);
            }
        }
        circles
    }
}

/// Tells if an arrow goes from a file to the one that declares it.
fn is_to_parent((from, to): &Arrow) -> bool {
    let from = module_of(from);
    !from.is_empty() && from[..from.len() - 1] == module_of(to)[..]
}

/// The shortest way from a file back to itself.
fn way_back(start: &str, next: &BTreeMap<&str, Vec<&str>>) -> Option<Vec<String>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut reached = std::collections::VecDeque::from([start]);
    while let Some(file) = reached.pop_front() {
        for &to in next.get(file).into_iter().flatten() {
            if to == start {
                let mut way = vec![file.to_owned()];
                while let Some(&file) = before.get(way.last().map_or("", String::as_str)) {
                    way.push(file.to_owned());
                }
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(to) {
                before.insert(to, file);
                reached.push_back(to);
            }
        }
    }
    None
}

#[test]
fn re_exports_are_followed_and_circles_found() {
    let mut all =
        Crate { files: BTreeMap::new(), modules: BTreeMap::new(), bound: BTreeMap::new() };
    all.add("lib.rs", "mod a; mod b; pub use a::Deep;");
    all.add("a/mod.rs", "mod one; mod two; pub use self::one::Deep; use self::two::Helper;");
    all.add("a/one.rs", "use super::two::Helper; use super::Own; pub struct Deep;");
    all.add("a/two.rs", "use crate::b::B; pub struct Helper;");
    all.add("b.rs", "use crate::Deep; pub struct B;");
    let graph = all.graph();
    let arrow = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let expected = [
        arrow("a/mod.rs", "a/two.rs"),
        arrow("a/one.rs", "a/mod.rs"),
        arrow("a/one.rs", "a/two.rs"),
        arrow("a/two.rs", "b.rs"),
        arrow("b.rs", "a/one.rs"),
    ];
    assert!(graph.arrows.keys().eq(&expected), "{:?}", graph.arrows);
    let circles = graph.circles(&BTreeSet::new());
    assert_eq!(circles, [["a/one.rs", "a/two.rs", "b.rs"]]);
    let left_out = BTreeSet::from([arrow("b.rs", "a/one.rs")]);
    assert_eq!(graph.circles(&left_out), Vec::<Vec<String>>::new());
}
