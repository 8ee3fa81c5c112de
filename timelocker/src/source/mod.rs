//! What a backup reads: the selected entries with all their metadata, and the files' contents.
//!
//! The repository takes its entries from here. Whatever can't be read is written into a ledger,
//! since the storage engine drops such entries without telling its caller.

pub(crate) mod ledger;
pub(crate) mod long_paths;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use nix::unistd::{Gid, Group, Uid, User};
use rustix::fs::{OFlags, SeekFrom};
use timelocker_pattern::PatternTable;

use self::ledger::{Ledger, NoteKind};
use self::long_paths::by_path;
use crate::cancel::CancelToken;
use crate::performance::Context;
use crate::profile_operation;
use crate::walk::{Action, Details, FileType, Metadata, PathError, Targets, Walk, WalkOptions};

/// What is to be backed up: targets, and the rules that select below them.
///
/// ```no_run
/// use timelocker::source::Source;
/// use timelocker::walk::Targets;
/// use timelocker::pattern::PatternTable;
///
/// let table = PatternTable::builder().exclude("target/").build()?;
/// let source = Source::new(Targets::new(["/home/me/src"])?, table);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Source {
    targets: Targets,
    table: PatternTable,
    walk: WalkOptions,
    /// The device and the number of a directory that is left out with all below it.
    left_out: Option<(u64, u64)>,
}

impl Source {
    /// Everything below the targets that the table selects.
    #[must_use]
    pub fn new(targets: Targets, table: PatternTable) -> Self {
        Self { targets, table, walk: WalkOptions::new(), left_out: None }
    }

    /// How the targets are walked.
    #[must_use]
    pub fn walk_options(mut self, options: WalkOptions) -> Self {
        self.walk = options;
        self
    }

    /// The targets.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The rules that select below the targets.
    #[must_use]
    pub fn table(&self) -> &PatternTable {
        &self.table
    }

    /// How the targets are walked.
    #[must_use]
    pub fn get_walk_options(&self) -> &WalkOptions {
        &self.walk
    }

    /// Leaves out a directory with all below it, whatever the rules say: the repository itself,
    /// which would otherwise save what it is just writing.
    pub(crate) fn leave_out(mut self, directory: Option<&Path>) -> Self {
        let metadata = directory.and_then(|directory| fs::metadata(directory).ok());
        self.left_out = metadata.and_then(|metadata| Metadata::from(&metadata).identity());
        self
    }

    pub(crate) fn items(&self, ledger: Arc<Ledger>) -> Items {
        // A snapshot needs all that is known about its entries, and as it is when they are read.
        let walk = self.walk.clone().details(Details::All).metadata_in_turn();
        Items {
            context: Context::current(),
            walk: Walk::new(&self.targets, &self.table, &walk),
            ancestors: Vec::new().into_iter(),
            pending: None,
            last_root: None,
            owners: Owners::default(),
            left_out: self.left_out,
            inside: None,
            ledger,
        }
    }
}

/// One entry as the repository stores it.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) path: PathBuf,
    pub(crate) metadata: Metadata,
    /// Where a symbolic link leads.
    pub(crate) link: Option<PathBuf>,
    pub(crate) user: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) attributes: Vec<(OsString, Vec<u8>)>,
}

/// The entries in the order of the walk; before each target, the directories that lead to it.
///
/// The roots are those of [`Targets`], so they are absolute and sorted: the engine loses track of
/// unchanged files when they are not sorted, and never ends when they are not all absolute.
#[derive(Debug)]
pub(crate) struct Items {
    /// The operation that asked for them: the engine takes them on a thread of its own.
    context: Context,
    walk: Walk,
    /// The directories above the pending root that have not been given out.
    ancestors: vec::IntoIter<PathBuf>,
    /// A target that waits for the directories above it.
    pending: Option<(PathBuf, Metadata)>,
    last_root: Option<PathBuf>,
    owners: Owners,
    left_out: Option<(u64, u64)>,
    /// The directory that is left out, while the walk is in it.
    inside: Option<PathBuf>,
    ledger: Arc<Ledger>,
}

impl Items {
    /// The next path with its metadata, failures noted on the way.
    fn next_path(&mut self) -> Option<(PathBuf, Metadata)> {
        loop {
            for ancestor in self.ancestors.by_ref() {
                // An ancestor may be a symbolic link; as a part of a path it is a directory.
                match fs::metadata(&ancestor) {
                    Ok(metadata) => return Some((ancestor, Metadata::from(&metadata))),
                    Err(error) => {
                        self.ledger.unread(PathError::new(ancestor, Action::Stat, error));
                    }
                }
            }
            if let Some((path, metadata)) = self.pending.take() {
                self.last_root = Some(path.clone());
                // The root of the file system has no name; a snapshot's top stands for it.
                if path.file_name().is_some() {
                    return Some((path, metadata));
                }
            }
            let next = self.walk.next_entry()?.map(|entry| {
                (entry.path().to_path_buf(), entry.metadata().cloned(), entry.depth())
            });
            if let Ok((path, Some(metadata), _)) = &next
                && self.is_left_out(path, metadata)
            {
                continue;
            }
            match next {
                Ok((path, Some(metadata), 0)) => {
                    self.ancestors = self.new_ancestors(&path).into_iter();
                    self.pending = Some((path, metadata));
                }
                Ok((path, Some(metadata), _)) => return Some((path, metadata)),
                Ok((path, None, _)) => {
                    let error = io::Error::other("the walk did not read its metadata");
                    self.ledger.unread(PathError::new(path, Action::Stat, error));
                }
                // A target was named: that it is gone by now is no note but a failure.
                Err(error) if self.walk.target() == Some(error.path()) => {
                    self.ledger.unread(error);
                }
                Err(error) => self.ledger.failed(error),
            }
        }
    }

    fn is_left_out(&mut self, path: &Path, metadata: &Metadata) -> bool {
        if let Some(inside) = &self.inside {
            if path.starts_with(inside) {
                return true;
            }
            self.inside = None;
        }
        if metadata.file_type() != FileType::Directory
            || self.left_out.is_none()
            || self.left_out != metadata.identity()
        {
            return false;
        }
        self.ledger.note(path.to_path_buf(), NoteKind::OwnRepository);
        self.inside = Some(path.to_path_buf());
        true
    }

    /// The directories above a root, outermost first, without those given out for an earlier one.
    fn new_ancestors(&self, root: &Path) -> Vec<PathBuf> {
        let mut ancestors: Vec<_> = root
            .ancestors()
            .skip(1)
            .filter(|path| path.file_name().is_some())
            .filter(|path| !self.last_root.as_ref().is_some_and(|last| last.starts_with(path)))
            .map(Path::to_path_buf)
            .collect();
        ancestors.reverse();
        ancestors
    }

    /// The next entry that can be read.
    #[profile_operation("walk: next entry", level = fine)]
    fn next_item(&mut self) -> Option<Item> {
        loop {
            let Some((path, metadata)) = self.next_path() else {
                self.ledger.set_walked(self.walk.counts());
                return None;
            };
            if let Some(item) = self.item(path, metadata) {
                return Some(item);
            }
        }
    }

    fn item(&mut self, path: PathBuf, metadata: Metadata) -> Option<Item> {
        let link = match metadata.file_type() {
            FileType::Symlink => match by_path(&path, |path| fs::read_link(path)) {
                Ok(target) => Some(target),
                Err(error) => {
                    self.ledger.failed(at_entry(path, Action::ReadLink, error));
                    return None;
                }
            },
            _ => None,
        };
        let attributes = self.attributes(&path, metadata.file_type());
        let user = metadata.uid().and_then(|uid| self.owners.user(uid));
        let group = metadata.gid().and_then(|gid| self.owners.group(gid));
        Some(Item { path, metadata, link, user, group, attributes })
    }

    fn attributes(&self, path: &Path, file_type: FileType) -> Vec<(OsString, Vec<u8>)> {
        let read = by_path(path, |path| read_attributes(path, file_type));
        read.unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::Unsupported {
                self.ledger.failed(at_entry(path.to_path_buf(), Action::ReadAttributes, error));
            }
            Vec::new()
        })
    }
}

impl Iterator for Items {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.context.run(|| self.next_item())
    }
}

/// A failure at a listed entry, which has vanished only if a second look does not find it either.
fn at_entry(path: PathBuf, action: Action, error: io::Error) -> PathError {
    let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let look = || by_path(&path, |path| fs::symlink_metadata(path));
    let is_gone = is_missing(&error) && look().is_err_and(|error| is_missing(&error));
    PathError::new(path, action, error).vanished_if(is_gone)
}

/// Reads the extended attributes. Only a directory that leads to a target, or is one, can be a
/// symbolic link here, and stands for what it leads to.
fn read_attributes(path: &Path, file_type: FileType) -> io::Result<Vec<(OsString, Vec<u8>)>> {
    let follow = file_type == FileType::Directory;
    let names = if follow { xattr::list_deref(path) } else { xattr::list(path) }?;
    let mut attributes = Vec::new();
    for name in names {
        let value = if follow { xattr::get_deref(path, &name) } else { xattr::get(path, &name) }?;
        // `None`: removed since it was listed.
        if let Some(value) = value {
            attributes.push((name, value));
        }
    }
    // File systems list them in any order; a snapshot should not change with it.
    attributes.sort();
    Ok(attributes)
}

/// Names of users and groups, each asked of the system once.
#[derive(Debug, Default)]
struct Owners {
    users: HashMap<u32, Option<String>>,
    groups: HashMap<u32, Option<String>>,
}

impl Owners {
    fn user(&mut self, uid: u32) -> Option<String> {
        let ask = || User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name);
        self.users.entry(uid).or_insert_with(ask).clone()
    }

    fn group(&mut self, gid: u32) -> Option<String> {
        let ask = || Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name);
        self.groups.entry(gid).or_insert_with(ask).clone()
    }
}

/// A regular file to be read later, on another thread.
#[derive(Debug)]
pub(crate) struct Opener {
    path: PathBuf,
    metadata: Metadata,
    ledger: Arc<Ledger>,
    cancel: CancelToken,
}

impl Opener {
    pub(crate) fn new(item: &Item, ledger: Arc<Ledger>, cancel: CancelToken) -> Option<Self> {
        (item.metadata.file_type() == FileType::File).then(|| Self {
            path: item.path.clone(),
            metadata: item.metadata.clone(),
            ledger,
            cancel,
        })
    }

    /// Opens the file, to be read to its end, wherever that is: a size that was read with the
    /// metadata may be a guess, as in `/proc`, or out of date. On failure the ledger knows, and the
    /// error is for the caller alone.
    pub(crate) fn open(self) -> io::Result<Contents> {
        self.ledger.count_opened();
        match self.open_same() {
            Ok(file) => Ok(Contents {
                file: BufReader::with_capacity(read_ahead(self.metadata.size()), file),
                path: self.path,
                metadata: self.metadata,
                ledger: self.ledger,
                cancel: self.cancel,
                limit: u64::MAX,
                read: 0,
                ended: false,
                is_sparse: None,
            }),
            Err(error) => {
                let kind = error.kind();
                self.ledger.lost_file(at_entry(self.path, Action::Open, error));
                Err(kind.into())
            }
        }
    }

    /// Opens the very file that was listed. A link that took its place is not followed, and a pipe
    /// that took its place does not block.
    fn open_same(&self) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut options = File::options();
        options.read(true).custom_flags(flags.bits().cast_signed());
        let file = by_path(&self.path, |path| options.open(path))?;
        let now = Metadata::from(&file.metadata()?);
        // The number of an inode that was freed is soon given to another kind of entry.
        let identity = |metadata: &Metadata| (metadata.file_type(), metadata.identity());
        if identity(&now) != identity(&self.metadata) {
            return Err(io::Error::other("something else took its place while the backup ran"));
        }
        Ok(file)
    }
}

/// How much of a file of this size is read at once. The engine looks for the ends of pieces, from
/// the 512th KiB of each on, in reads of 4 KiB; what is smaller it asks for as a whole.
fn read_ahead(size: u64) -> usize {
    const SMALLEST_PIECE: u64 = 512 << 10;
    if size > SMALLEST_PIECE { 128 << 10 } else { 0 }
}

/// A file's contents.
#[derive(Debug)]
pub(crate) struct Contents {
    file: BufReader<File>,
    path: PathBuf,
    metadata: Metadata,
    ledger: Arc<Ledger>,
    cancel: CancelToken,
    /// No more bytes than this are read.
    limit: u64,
    read: u64,
    /// Whether the end, or a failure, has been reported to the reader.
    ended: bool,
    /// True if parts of the file take no room on the disk; none if it was not asked for.
    is_sparse: Option<bool>,
}

impl Contents {
    /// Notes what happened to the file between its listing and the end of its reading.
    fn end(&mut self) {
        self.ended = true;
        let (declared, read) = (self.metadata.size(), self.read);
        let is_cut = read == self.limit && matches!(self.file.read(&mut [0]), Ok(1));
        let now = self.file.get_ref().metadata();
        // A size that never was that of the contents, as in `/sys`, is no change. What such a file
        // has for a time of change may be that of the look at it.
        let is_made_up = |now: &fs::Metadata| now.blocks() == 0 && read != declared;
        let is_same = now.is_ok_and(|now| {
            let is_made_up = is_made_up(&now);
            let now = Metadata::from(&now);
            now.size() == declared && (is_made_up || now.modified() == self.metadata.modified())
        });
        let note = match read.cmp(&declared) {
            _ if is_cut => Some(NoteKind::Grown { declared, read }),
            _ if is_same => None,
            Ordering::Less => Some(NoteKind::Shrunk { declared, read }),
            Ordering::Equal => Some(NoteKind::Changed),
            Ordering::Greater => Some(NoteKind::Grown { declared, read }),
        };
        if let Some(kind) = note {
            self.ledger.note(self.path.clone(), kind);
        }
    }
}

impl Read for Contents {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        // A large file takes long; without a snapshot nobody needs the rest of it.
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("the backup was cancelled"));
        }
        let left = self.limit - self.read;
        let limit = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        loop {
            let read = if limit == 0 { Ok(0) } else { self.file.read(&mut buffer[..limit]) };
            return match read {
                Ok(0) => {
                    self.end();
                    Ok(0)
                }
                Ok(read) => {
                    self.read += read as u64;
                    Ok(read)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended = true;
                    let kind = error.kind();
                    // The file is open: even "not found" does not mean that it has vanished.
                    self.ledger.lost_file(PathError::new(self.path.clone(), Action::Read, error));
                    Err(kind.into())
                }
            };
        }
    }
}

impl Drop for Contents {
    /// A file whose reading was given up before its end is not in the snapshot.
    fn drop(&mut self) {
        if !self.ended {
            let error = io::Error::other("the repository did not take the file to its end");
            self.ledger.lost_file(PathError::new(
                std::mem::take(&mut self.path),
                Action::Store,
                error,
            ));
        }
    }
}

impl Contents {
    /// Passes over the hole that begins at `from`, as many whole pieces of it as there are, and
    /// returns their number. Reading goes on behind them; without a piece, where it was.
    pub(crate) fn skip_hole(&mut self, from: u64, piece: u64) -> Option<u64> {
        let end = self.metadata.size();
        if self.ended || piece == 0 || end.saturating_sub(from) < piece {
            return None;
        }
        let file = self.file.get_ref();
        let is_sparse = *self.is_sparse.get_or_insert_with(|| {
            file.metadata().is_ok_and(|now| now.blocks().saturating_mul(512) < now.size())
        });
        if !is_sparse || self.cancel.is_cancelled() {
            return None;
        }
        let place = rustix::fs::seek(file, SeekFrom::Current(0)).ok()?;
        let hole = match data_from(file, from) {
            Some(data) => data.min(end) - from,
            None => 0,
        };
        let pieces = hole / piece;
        if pieces == 0 {
            rustix::fs::seek(file, SeekFrom::Start(place)).ok()?;
            return None;
        }
        let next = from + pieces * piece;
        self.file.seek(io::SeekFrom::Start(next)).ok()?;
        self.read = next;
        Some(pieces)
    }
}

/// The first data at or behind a byte of a file, or the end of the file.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn data_from(file: &File, from: u64) -> Option<u64> {
    match rustix::fs::seek(file, SeekFrom::Data(from)) {
        Ok(data) => Some(data.max(from)),
        Err(rustix::io::Errno::NXIO) => {
            let end = rustix::fs::seek(file, SeekFrom::End(0)).ok()?;
            Some(end.max(from))
        }
        Err(_) => None,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn data_from(_file: &File, _from: u64) -> Option<u64> {
    None
}
