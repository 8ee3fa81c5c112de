//! Why a path is in a backup, or is not.

use std::cell::RefCell;
use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::path::{Component, Path, PathBuf, is_separator};
use std::sync::Arc;

use timelocker_pattern::{EntryKind, Pattern, PatternTable, RuleInfo, Verdict};

use super::context::{Context, Passage};
use super::decide::{self, Child, Exclusion, Judged};
use super::directory::{Directory, Inherited};
use super::error::{Action, PathError};
use super::metadata::FileType;
use super::names::Names;
use super::options::WalkOptions;
use super::path_bytes::{as_path, for_patterns, from_patterns};
use super::relative_path::Place;
use super::system::{self, Buffer, DirectoryRef, OpenDirectory};
use super::targets::Targets;

/// Why a path is in a backup, or is not.
#[derive(Clone, Debug)]
pub struct Explained {
    target: Option<PathBuf>,
    is_selected: bool,
    is_there: bool,
    reason: Reason,
    decided_at: PathBuf,
    rule: Option<RuleInfo>,
    unread: Arc<Vec<PathError>>,
}

/// What decides about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It is below no target.
    NoTarget,
    /// It is a target.
    Target,
    /// A rule: [`Explained::rule`].
    Rule,
    /// No rule matches it, and so it is selected.
    NoRule,
    /// There is an include list, and nothing on it matches.
    NotOnIncludeList,
    /// It is left out for another reason than a rule of the table.
    Exclusion(Exclusion),
    /// Another file system is mounted there, which is not entered.
    OtherFileSystem,
}

impl Explained {
    /// The target that it lies below.
    #[must_use]
    pub fn target(&self) -> Option<&Path> {
        self.target.as_deref()
    }

    /// Whether it is selected.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.is_selected
    }

    /// Whether it is on the disk. Of what is not there, the patterns alone are asked; it is taken to
    /// be a directory if it was written with a slash at its end.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// What decides.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Where it is decided: the path itself, or the directory above it that takes it along.
    #[must_use]
    pub fn decided_at(&self) -> &Path {
        &self.decided_at
    }

    /// The rule that decides, if it is one: of the table, or of an ignore file.
    #[must_use]
    pub fn rule(&self) -> Option<&RuleInfo> {
        self.rule.as_ref()
    }

    /// The failures to read what the walk would look at on its way: the path, a directory above it,
    /// an ignore file. The explanation is by the rest.
    #[must_use]
    pub fn unread(&self) -> &[PathError] {
        &self.unread
    }
}

/// Explains why a walk of the targets would select a path, or would not. The directories above it
/// are looked at as the walk does it.
///
/// ```
/// use timelocker::pattern::PatternTable;
/// use timelocker::walk::{Reason, Targets, WalkOptions, explain};
///
/// # let directory = tempfile::tempdir()?;
/// # std::fs::create_dir_all(directory.path().join("target/debug"))?;
/// # let root = directory.path();
/// let targets = Targets::new([root])?;
/// let table = PatternTable::builder().exclude("target/").build()?;
/// let explained = explain(&targets, &table, &WalkOptions::new(), &root.join("target/debug"));
/// assert!(!explained.is_selected());
/// assert_eq!(explained.reason(), Reason::Rule);
/// assert_eq!(explained.rule().map(|rule| rule.pattern()), Some(&b"target/"[..]));
/// assert_eq!(explained.decided_at(), root.join("target"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn explain(
    targets: &Targets,
    table: &PatternTable,
    options: &WalkOptions,
    path: &Path,
) -> Explained {
    let last = path.as_os_str().as_encoded_bytes().last();
    let is_directory = last.is_some_and(|&byte| is_separator(char::from(byte)));
    let whole: PathBuf = std::path::absolute(path)
        .unwrap_or_else(|_| path.to_path_buf())
        .components()
        .filter(|component| *component != Component::CurDir)
        .collect();
    let roots = targets.roots().iter().enumerate();
    let Some((number, root)) = roots.into_iter().find(|(_, root)| whole.starts_with(&root.path))
    else {
        let unread = Unread::default();
        let is_there = unread.is_there(&whole);
        return Explained {
            unread: unread.into(),
            target: None,
            is_selected: false,
            is_there,
            reason: Reason::NoTarget,
            decided_at: whole,
            rule: None,
        };
    };
    let context = Context::new(targets, table, options);
    let unread = Unread::default();
    let search =
        Search { context: &context, number, target: &root.path, whole: &whole, unread: &unread };
    let mut explained = if whole == root.path {
        let is_there = unread.is_there(&whole);
        search.end(true, is_there, Reason::Target, whole.clone(), None)
    } else {
        match context.open_target(number) {
            Ok(opened) => search.descend(opened, is_directory),
            Err(error) => {
                unread.add(&root.path, Action::List, error.into(), false);
                search.by_patterns(is_directory)
            }
        }
    };
    explained.unread = unread.into();
    explained
}

/// The way to one path.
struct Search<'a> {
    context: &'a Context,
    /// The number of the target.
    number: usize,
    target: &'a Path,
    whole: &'a Path,
    unread: &'a Unread,
}

/// The failures on the way.
#[derive(Default)]
struct Unread(RefCell<Vec<PathError>>);

impl Unread {
    fn add(&self, path: &Path, action: Action, error: io::Error, is_vanished: bool) {
        let mut errors = self.0.borrow_mut();
        // What can't be looked at is met by more than one call.
        if !is_vanished && !errors.iter().any(|known| known.path() == path) {
            errors.push(PathError::new(path, action, error));
        }
    }

    /// True if a path exists. That can't be known of all.
    fn is_there(&self, path: &Path) -> bool {
        let is_missing = |error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        };
        match path.symlink_metadata() {
            Ok(_) => true,
            Err(error) => {
                if !is_missing(&error) {
                    self.add(path, Action::Stat, error, false);
                }
                false
            }
        }
    }
}

impl From<Unread> for Arc<Vec<PathError>> {
    fn from(unread: Unread) -> Self {
        Self::new(unread.0.into_inner())
    }
}

/// What a directory says of one of its entries.
enum Found {
    Excluded(FileType, Exclusion, Option<RuleInfo>),
    Kept { file_type: FileType, is_selected: bool, below: Option<Inherited> },
    Missing,
}

impl Search<'_> {
    fn descend(&self, opened: OpenDirectory, is_directory: bool) -> Explained {
        let number = self.number;
        let device = system::stat_open(&opened).ok().and_then(|metadata| metadata.device());
        let inherited = Inherited::at_target(self.context, number, device);
        let mut directory = Directory::new(opened, Place::of_target(number), inherited);
        let mut at = self.target.to_path_buf();
        let below = self.whole.strip_prefix(self.target).unwrap_or(Path::new(""));
        let mut components = below.components().peekable();
        while let Some(component) = components.next() {
            let name = component.as_os_str();
            at.push(name);
            let is_last = components.peek().is_none();
            let (file_type, is_selected, inherited) = match self.find(&directory, name, &at) {
                Found::Excluded(file_type, why, rule) => {
                    return self.excluded(&at, file_type, why, rule);
                }
                Found::Missing => return self.by_patterns(is_directory),
                Found::Kept { file_type, is_selected, below } => (file_type, is_selected, below),
            };
            if is_last {
                return self.kept(&directory, &at, file_type, is_selected);
            }
            let Ok(name) = CString::new(name.as_encoded_bytes()) else { break };
            let Some(inherited) = inherited else { break };
            if self.is_mounted(&directory, &name, &at, number) {
                return self.end(false, true, Reason::OtherFileSystem, at, None);
            }
            let opened = match directory.open(self.context, &name) {
                Ok(opened) => opened,
                Err(error) => {
                    let is_vanished = directory.lacks(self.context, &name, error);
                    self.unread.add(&at, Action::List, error.into(), is_vanished);
                    break;
                }
            };
            let place = directory.place.child(name.to_bytes());
            directory = Directory::new(opened, place, inherited);
        }
        self.by_patterns(is_directory)
    }

    /// Asks a directory about one of its entries, as the walk does.
    fn find(&self, directory: &Directory, wanted: &OsStr, at: &Path) -> Found {
        let (mut names, mut judged) = (Names::default(), Judged::default());
        let mut excluded = None;
        let judging = directory.with(self.context, |opened| {
            let mut unfit = None;
            system::read_directory(opened, &mut Buffer::default(), |name, file_type| {
                unfit = unfit.or(names.push(name, file_type).err());
            })?;
            let is_wanted = |name: &[u8]| name == wanted.as_encoded_bytes();
            decide::judge(
                self.context,
                directory,
                opened,
                &mut names,
                &mut judged,
                |name, file_type, why| {
                    if is_wanted(name.to_bytes()) {
                        excluded = Some((file_type, why, None));
                    }
                },
            );
            if let Some((file_type, Exclusion::IgnoreFile, rule)) = &mut excluded {
                *rule = self.ignoring_rule(directory, opened, &names, at, file_type.kind());
            }
            Ok(())
        });
        let parent = at.parent().unwrap_or(at);
        for error in judged.errors.drain(..) {
            let name = error.name.as_ref().map(|name| as_path(name.to_bytes()));
            let path = parent.join(name.unwrap_or(Path::new("")));
            self.unread.add(&path, error.action, error.error, error.is_vanished);
        }
        if let Err(error) = judging {
            let is_vanished = directory.is_gone(self.context, error);
            self.unread.add(parent, Action::List, error.into(), is_vanished);
        }
        if let Some((file_type, why, rule)) = excluded {
            return Found::Excluded(file_type, why, rule);
        }
        let is_wanted = |child: &&Child| names.bytes_of(child.name) == wanted.as_encoded_bytes();
        let child = judged.children.iter().find(is_wanted).copied();
        match child.filter(|_| judging.is_ok()) {
            Some(child) => Found::Kept {
                file_type: child.file_type,
                is_selected: child.is_selected,
                below: child.below(judged.below()).cloned(),
            },
            None => Found::Missing,
        }
    }

    /// What is not excluded, except perhaps for its size.
    fn kept(
        &self,
        directory: &Directory,
        at: &Path,
        file_type: FileType,
        is_selected: bool,
    ) -> Explained {
        let rules = self.context.options.get_directory_rules();
        if file_type == FileType::File && rules.larger_than().is_some() {
            let name = at.file_name().and_then(|name| CString::new(name.as_encoded_bytes()).ok());
            let metadata = name.and_then(|name| {
                let read = directory.with(self.context, |opened| system::stat_in(opened, &name));
                read.map_err(|error| {
                    let is_vanished = directory.lacks(self.context, &name, error);
                    self.unread.add(at, Action::Stat, error.into(), is_vanished);
                })
                .ok()
            });
            if metadata.is_some_and(|metadata| rules.excludes_size(metadata.size())) {
                let why = Reason::Exclusion(Exclusion::Size);
                return self.end(false, true, why, at.to_path_buf(), None);
            }
        }
        let mut explained = self.of_patterns(file_type.kind(), true);
        explained.is_selected = is_selected;
        explained
    }

    fn excluded(
        &self,
        at: &Path,
        file_type: FileType,
        why: Exclusion,
        rule: Option<RuleInfo>,
    ) -> Explained {
        let is_there = self.unread.is_there(self.whole);
        if why == Exclusion::Patterns {
            let kind = if at == self.whole { file_type.kind() } else { EntryKind::File };
            return self.of_patterns(kind, is_there);
        }
        self.end(false, is_there, Reason::Exclusion(why), at.to_path_buf(), rule)
    }

    /// The line of an ignore file that excludes an entry.
    fn ignoring_rule(
        &self,
        directory: &Directory,
        opened: DirectoryRef<'_>,
        names: &Names,
        at: &Path,
        kind: EntryKind,
    ) -> Option<RuleInfo> {
        let judged = &mut Judged::default();
        let layers = decide::ignore_files(self.context, directory, opened, names, judged)?;
        let rules = layers.deciding(at.file_name()?.as_encoded_bytes(), kind)?.rules();
        // A file that was found has the path of its directory, and what it says is relative to that.
        let file = rules.first()?.place().map(|place| PathBuf::from(place.file()));
        let base = file.as_deref().and_then(Path::parent).filter(|base| at.starts_with(base));
        let path = at.strip_prefix(base.unwrap_or(self.target)).ok()?;
        let path = for_patterns(path.as_os_str().as_encoded_bytes());
        let matches = |rule: &&RuleInfo| {
            Pattern::parse_with_case(rule.pattern(), rule.dialect(), rule.case())
                .is_ok_and(|pattern| pattern.matches(&path, kind))
        };
        rules.iter().rev().find(matches).cloned()
    }

    fn is_mounted(&self, directory: &Directory, name: &CStr, at: &Path, number: usize) -> bool {
        self.context.stays_on_file_systems()
            && directory
                .with(self.context, |opened| system::stat_in(opened, name))
                .is_ok_and(|metadata| metadata.device() != directory.inherited.device)
            && self.context.passage(number, at) == Passage::Closed
    }

    /// What the patterns say of something that is not there.
    fn by_patterns(&self, is_directory: bool) -> Explained {
        let kind = if is_directory { EntryKind::Directory } else { EntryKind::File };
        self.of_patterns(kind, self.unread.is_there(self.whole))
    }

    fn of_patterns(&self, kind: EntryKind, is_there: bool) -> Explained {
        let below = self.whole.strip_prefix(self.target).unwrap_or(Path::new(""));
        let below = for_patterns(below.as_os_str().as_encoded_bytes());
        let explanation = self.context.table(self.number).explain(&below, kind);
        let is_selected = explanation.verdict() == Verdict::Include;
        let reason = match explanation.rule() {
            Some(_) => Reason::Rule,
            None if is_selected => Reason::NoRule,
            None => Reason::NotOnIncludeList,
        };
        let at = self.target.join(from_patterns(explanation.decided_at()));
        self.end(is_selected, is_there, reason, at, explanation.rule().cloned())
    }

    fn end(
        &self,
        is_selected: bool,
        is_there: bool,
        reason: Reason,
        decided_at: PathBuf,
        rule: Option<RuleInfo>,
    ) -> Explained {
        let target = Some(self.target.to_path_buf());
        let unread = Arc::default();
        Explained { target, is_selected, is_there, reason, decided_at, rule, unread }
    }
}
