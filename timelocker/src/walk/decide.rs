//! From the names in a directory to those that are selected, or may lead to something that is.
//!
//! Both walks come through here, and through nothing else, to a decision about a listed entry.

use std::ffi::CStr;
use std::io;
use std::sync::Arc;

use timelocker_pattern::{EntryKind, Step, Verdict};

use super::context::Context;
use super::directory::{Directory, Inherited};
use super::error::Action;
use super::ignore_files::Layers;
use super::metadata::FileType;
use super::names::{Name, Names};
use super::relative_path::push_name;
use super::system::{self, DirectoryRef, Errno};
use crate::policy::directory_rules::{CacheDirectories, DirectoryRules, Remaining};

/// A listed entry that is selected, or a directory that may hold something selected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) name: Name,
    pub(super) file_type: FileType,
    pub(super) is_selected: bool,
    /// For a directory to be opened, the number of what it inherits; for another entry, that of its
    /// metadata where they were read with the directory.
    number: u32,
}

/// What is left of a directory's names.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) children: Vec<Child>,
    below: Vec<Inherited>,
    pub(super) errors: Vec<ListingError>,
}

/// A failure at an entry of a directory that was being listed.
#[derive(Debug)]
pub(super) struct ListingError {
    /// `None` for the directory itself.
    pub(super) name: Option<Box<CStr>>,
    pub(super) action: Action,
    pub(super) error: io::Error,
    /// True if it was removed or renamed since it was listed.
    pub(super) is_vanished: bool,
}

/// Why an entry is not selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Exclusion {
    /// The patterns do not select it.
    Patterns,
    /// It lies in a directory that is marked, or that is a cache.
    Marked,
    /// It is a directory that is left out for what lies beside it.
    Beside,
    /// It is a file that is too large.
    Size,
    /// A `.gitignore`, or a file of another name that was asked for, excludes it.
    IgnoreFile,
}

const NONE: u32 = u32::MAX;

impl Child {
    /// What a directory that is to be opened inherits.
    pub(super) fn below(self, judged: &[Inherited]) -> Option<&Inherited> {
        match self.file_type {
            FileType::Directory => judged.get(self.number as usize),
            _ => None,
        }
    }

    #[cfg(test)]
    pub(super) fn of_file(name: Name) -> Self {
        Self { name, file_type: FileType::File, is_selected: true, number: NONE }
    }

    /// The same, with its name elsewhere.
    pub(super) fn named(self, name: Name) -> Self {
        Self { name, ..self }
    }

    /// Whether its metadata are to be read with those of its neighbours.
    pub(super) fn wants_metadata(self, context: &Context) -> bool {
        let is_entered = self.file_type == FileType::Directory && self.number != NONE;
        self.is_selected && !is_entered && context.wants_metadata(self.file_type)
    }

    /// Notes the number of its metadata; those of a directory are not read so.
    pub(super) fn set_metadata(&mut self, number: u32) {
        if self.file_type != FileType::Directory {
            self.number = number;
        }
    }

    /// The number of its metadata, if they were read with the directory.
    pub(super) fn metadata(self) -> Option<u32> {
        (self.file_type != FileType::Directory && self.number != NONE).then_some(self.number)
    }
}

impl Judged {
    pub(super) fn clear(&mut self) {
        // Those of a huge directory are not worth keeping.
        self.children.clear();
        self.children.shrink_to(4096);
        self.below.clear();
        self.errors.clear();
    }

    /// Keeps the children of which `keep` says so; it is told what those inherit that are
    /// directories to be opened.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Child, Option<&Inherited>) -> bool) {
        let Self { children, below, .. } = self;
        children.retain(|child| keep(child, child.below(below)));
    }

    pub(super) fn below(&self) -> &[Inherited] {
        &self.below
    }

    /// Moves what directories inherit and what failed to where nothing of the kind is.
    pub(super) fn move_to(&mut self, below: &mut Vec<Inherited>, errors: &mut Vec<ListingError>) {
        std::mem::swap(&mut self.below, below);
        std::mem::swap(&mut self.errors, errors);
    }

    /// Notes that an entry of an open directory can't be read.
    fn fail(
        &mut self,
        opened: DirectoryRef<'_>,
        name: &CStr,
        action: Action,
        error: impl Into<io::Error>,
    ) {
        let error = error.into();
        let is_vanished = is_gone(opened, name, &error);
        self.errors.push(ListingError { name: Some(name.into()), action, error, is_vanished });
    }

    /// Notes that the directory itself can't be listed to its end.
    pub(super) fn fail_listing(&mut self, error: Errno, is_vanished: bool) {
        let error = error.into();
        self.errors.push(ListingError { name: None, action: Action::List, error, is_vanished });
    }
}

/// True if an entry was not found, and a second look does not find it either.
fn is_gone(opened: DirectoryRef<'_>, name: &CStr, error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        && matches!(system::stat_in(opened, name), Err(Errno::NOENT))
}

/// Whether all names of a directory have to be known before one of them can be judged.
pub(super) fn needs_whole_directory(context: &Context) -> bool {
    looks_at_names(context.options.get_directory_rules())
        || !context.options.get_ignore_files().is_empty()
}

fn looks_at_names(rules: &DirectoryRules) -> bool {
    !rules.markers().is_empty()
        || !rules.beside().is_empty()
        || rules.caches() != CacheDirectories::Keep
}

/// Judges the entries of a directory. What is not selected is handed to `exclude`.
///
/// Of a directory that does not have to be known as a whole, `names` may be a part.
pub(super) fn judge(
    context: &Context,
    directory: &Directory,
    opened: DirectoryRef<'_>,
    names: &mut Names,
    judged: &mut Judged,
    mut exclude: impl FnMut(&CStr, FileType, Exclusion),
) {
    names.resolve(
        |name| system::stat_in(opened, name).map(|metadata| metadata.file_type()),
        |name, error| judged.fail(opened, name, Action::Stat, error),
    );
    let names = &*names;
    let remaining = remaining(context, opened, names, judged);
    let ignore = ignore_files(context, directory, opened, names, judged);
    let ignore = ignore.as_ref().filter(|layers| !layers.is_empty());
    let Judged { children, below, .. } = judged;
    let inherited = &directory.inherited;
    let entries = names.entries();
    children.reserve(entries.len());
    let table = context.table(directory.place.target);
    if table.rules().is_empty() && remaining.is_none() && ignore.is_none() {
        // Nothing to be asked.
        children.extend(entries.iter().map(|entry| {
            let file_type = entry.file_type();
            let mut number = NONE;
            if file_type == FileType::Directory {
                number = below.len() as u32;
                below.push(inherited.clone());
            }
            Child { name: entry.name, file_type, is_selected: true, number }
        }));
        return;
    }
    let mut each = |number: usize, step: Step| {
        let entry = entries[number];
        let file_type = entry.file_type();
        let is_selected = step.verdict == Verdict::Include;
        let name = names.bytes_of(entry.name);
        let kind = file_type.kind();
        let excluded = if !is_selected && step.below.is_none() {
            Some(Exclusion::Patterns)
        } else if let Some(remaining) = &remaining
            && !remaining.holds(name, kind)
        {
            Some(match remaining {
                Remaining::Without(_) => Exclusion::Beside,
                _ => Exclusion::Marked,
            })
        } else {
            ignore.is_some_and(|layers| layers.exclude(name, kind)).then_some(Exclusion::IgnoreFile)
        };
        if let Some(why) = excluded {
            return exclude(names.name(entry.name), file_type, why);
        }
        let number = match step.below {
            Some(state) if file_type == FileType::Directory => {
                let ignore = match ignore {
                    Some(layers) => Some(Arc::new(layers.below(name))),
                    None => inherited.ignore.clone(),
                };
                below.push(Inherited { state, device: inherited.device, ignore });
                below.len() as u32 - 1
            }
            _ => NONE,
        };
        children.push(Child { name: entry.name, file_type, is_selected, number });
    };
    let state = &inherited.state;
    if table.rules().is_empty() {
        // Nothing to be asked of the patterns, and everything is selected.
        for (number, (_, kind)) in names.for_patterns().enumerate() {
            let below = (kind == EntryKind::Directory).then(|| state.clone());
            each(number, Step { verdict: Verdict::Include, below });
        }
    } else {
        table.matcher().step_batch(state, names.for_patterns(), each);
    }
}

/// The ignore files that hold in this directory, its own among them.
pub(super) fn ignore_files(
    context: &Context,
    directory: &Directory,
    opened: DirectoryRef<'_>,
    names: &Names,
    judged: &mut Judged,
) -> Option<Arc<Layers>> {
    let mut layers = directory.inherited.ignore.clone()?;
    let files = context.options.get_ignore_files();
    if let Some(position) = files.position(b".gitignore")
        && names.entries().iter().any(|entry| names.bytes_of(entry.name) == b".git")
    {
        Arc::make_mut(&mut layers).begin_repository(position);
    }
    for entry in names.entries() {
        let found = files.position(names.bytes_of(entry.name));
        let (Some(position), FileType::File) = (found, entry.file_type()) else { continue };
        let name = names.name(entry.name);
        let added = system::read_file(opened, name, LARGEST_IGNORE_FILE).and_then(|content| {
            let mut path = Vec::new();
            context.write_path(&directory.place, &mut path);
            push_name(&mut path, name.to_bytes());
            let source = String::from_utf8_lossy(&path);
            Arc::make_mut(&mut layers).add(position, source, &content).map_err(io::Error::other)
        });
        match added {
            Err(error) if !is_gone(opened, name, &error) => {
                judged.fail(opened, name, Action::Read, error);
            }
            _ => {}
        }
    }
    Some(layers)
}

/// The most bytes of an ignore file, as in git.
const LARGEST_IGNORE_FILE: u64 = 100 << 20;

/// What the rules on directories leave of this one; `None` if they have no say.
fn remaining(
    context: &Context,
    opened: DirectoryRef<'_>,
    names: &Names,
    judged: &mut Judged,
) -> Option<Remaining> {
    let rules = context.options.get_directory_rules();
    if !looks_at_names(rules) {
        return None;
    }
    let mut listing = rules.listing();
    for entry in names.entries() {
        listing.see(names.bytes_of(entry.name));
    }
    let remaining = listing.remaining_by(|tag, signature| {
        system::begins_with(opened, tag, signature).map_err(io::Error::from)
    });
    let remaining = remaining.unwrap_or_else(|(tag, error)| {
        judged.fail(opened, tag, Action::Read, error);
        listing.remaining_without_tag()
    });
    (remaining != Remaining::All).then_some(remaining)
}
