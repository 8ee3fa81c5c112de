//! A selection as tables, one for each target.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use timelocker_pattern::{
    Dialect, EntryKind, Pattern, PatternError, PatternTable, Rule, Side, Verdict,
};

use super::error::{SelectionError, SelectionFault};

/// A [`FileSelection`](crate::FileSelection) as it is matched by.
#[derive(Clone, Debug)]
pub struct CompiledSelection {
    targets: Vec<CompiledTarget>,
}

/// One target of a selection, with what selects below it.
#[derive(Clone, Debug)]
pub struct CompiledTarget {
    path: PathBuf,
    table: PatternTable,
}

impl CompiledTarget {
    /// The target.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The rules for what is below it, excluded paths among them.
    pub fn patterns(&self) -> &PatternTable {
        &self.table
    }

    /// A target itself is always entered; but a file is left out if a pattern excludes its name.
    pub(super) fn own_verdict(&self, kind: EntryKind) -> Verdict {
        let excluded = kind == EntryKind::File
            && self.path.file_name().is_some_and(|name| {
                let explanation = self.table.explain(name.as_encoded_bytes(), kind);
                explanation.verdict() == Verdict::Exclude
                    && explanation.rule().is_some_and(|rule| rule.side() == Side::Exclude)
            });
        if excluded { Verdict::Exclude } else { Verdict::Include }
    }
}

impl CompiledSelection {
    pub(super) fn new(
        included: &[PathBuf],
        excluded: &[PathBuf],
        rules: &[Result<Rule, PatternError>],
    ) -> Result<Self, SelectionError> {
        let faults: Vec<_> = rules
            .iter()
            .filter_map(|rule| rule.as_ref().err())
            .map(|error| SelectionFault::pattern(error.clone()))
            .collect();
        if !faults.is_empty() {
            return Err(SelectionError::new(faults));
        }
        // Most targets have no excluded path below them, and share one table.
        let shared = table(rules, &[])?;
        let mut targets = Vec::new();
        for path in outermost(included) {
            if excluded.iter().any(|excluded| path.starts_with(excluded)) {
                continue;
            }
            let below: Vec<&Path> =
                excluded.iter().filter_map(|excluded| excluded.strip_prefix(path).ok()).collect();
            let table = if below.is_empty() { shared.clone() } else { table(rules, &below)? };
            targets.push(CompiledTarget { path: path.clone(), table });
        }
        Ok(Self { targets })
    }

    /// The targets that are not below another and not excluded, in the order in which they were
    /// added.
    pub fn targets(&self) -> &[CompiledTarget] {
        &self.targets
    }

    /// The target that a path is, or is below.
    pub fn target_of(&self, path: &Path) -> Option<&CompiledTarget> {
        let path = normal(path);
        self.targets.iter().find(|target| path.starts_with(&target.path))
    }

    /// Whether a path is selected. What is not below a target is excluded. The system is not asked:
    /// a link is what its own path says.
    ///
    /// A target itself is included, though a file that was named as a target is excluded if a
    /// pattern excludes its name.
    pub fn verdict(&self, path: &Path, kind: EntryKind) -> Verdict {
        let path = normal(path);
        let Some(target) = self.target_of(&path) else { return Verdict::Exclude };
        match path.strip_prefix(&target.path) {
            Ok(below) if !below.as_os_str().is_empty() => {
                target.table.verdict(&separated(below), kind)
            }
            _ => target.own_verdict(kind),
        }
    }
}

/// The table of the rules and of excluded paths below a target, which no rule takes back.
fn table(
    rules: &[Result<Rule, PatternError>],
    excluded: &[&Path],
) -> Result<PatternTable, SelectionError> {
    let mut builder = PatternTable::builder();
    for rule in rules.iter().flatten() {
        builder = builder.rule(rule.clone());
    }
    for path in excluded {
        match Pattern::parse(&literal(path), Dialect::Gitignore) {
            Ok(pattern) => builder = builder.rule(Rule::new(pattern, Side::Exclude)),
            Err(error) => return Err(SelectionError::new(vec![SelectionFault::pattern(error)])),
        }
    }
    builder.build().map_err(|error| SelectionError::new(vec![SelectionFault::rules(error)]))
}

/// The paths that are not below another of them.
fn outermost(paths: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    paths
        .iter()
        .filter(move |path| !paths.iter().any(|other| other != *path && path.starts_with(other)))
}

/// A pattern for one path alone.
fn literal(path: &Path) -> Vec<u8> {
    let mut pattern = vec![b'/'];
    for byte in separated(path) {
        match byte {
            // At the end it would be half of a line's end, escaped or not.
            b'\r' => pattern.extend(b"[\r]"),
            b'*' | b'?' | b'[' | b'\\' | b' ' => pattern.extend([b'\\', byte]),
            _ => pattern.push(byte),
        }
    }
    pattern
}

/// The bytes of a relative path, with `/` between its components.
fn separated(path: &Path) -> Vec<u8> {
    let names: Vec<&[u8]> = path.iter().map(OsStr::as_encoded_bytes).collect();
    names.join(&b'/')
}

/// The path without `.` and doubled or trailing slashes.
pub(super) fn normal(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}
