//! Storage: the places where a repository lies, and the layers around each access.

pub(super) mod bandwidth;
mod file;
pub(super) mod guard;
pub(super) mod layer;
mod local;
pub(super) mod location;
pub(super) mod place;
#[cfg_attr(not(feature = "remote"), path = "no_remote.rs")]
pub(super) mod remote;
pub(super) mod retries;

use std::fmt;
use std::io;

use bytes::Bytes;

pub use self::file::{FileKind, FileName, StoredFile};
pub use self::local::Local;

/// A place where the files of one repository lie: a directory, a server, a bucket.
///
/// Implement it to keep repositories in a place of your own, and open them with
/// [`Location::storage`](location::Location::storage). Contents arrive encrypted; nothing here knows
/// a key. Several threads call one value at the same time.
///
/// # What the library relies on
///
/// - A listing is complete, or an error. A repository is pruned by its listings: one that is empty,
///   or half, without an error costs data. A missing directory is an error too, as it may be that of
///   a volume that is not mounted.
/// - A file is written whole or not at all: a reader sees all of it or none, also after a crash.
/// - [`write`](Storage::write) returns once the file survives a power cut, its name included.
/// - An error has a [kind](io::Error::kind) that tells a missing file
///   ([`NotFound`](io::ErrorKind::NotFound)) from one that may not be read
///   ([`PermissionDenied`](io::ErrorKind::PermissionDenied)) and from everything else. Its message
///   names the path or the URL, without a secret; errors that waiting may cure keep their kind
///   ([`TimedOut`](io::ErrorKind::TimedOut), [`ConnectionReset`](io::ErrorKind::ConnectionReset)).
///
/// # Example
///
/// A repository in memory:
///
/// ```
/// use std::collections::BTreeMap;
/// use std::io::{Error, ErrorKind, Result};
/// use std::sync::Mutex;
///
/// use bytes::Bytes;
/// use timelocker::repository::{
///     FileKind, FileName, Location, Password, Repository, Storage, StoredFile,
/// };
///
/// #[derive(Debug, Default)]
/// struct Memory(Mutex<BTreeMap<FileName, Bytes>>);
///
/// impl Storage for Memory {
///     fn location(&self) -> String {
///         "memory".to_owned()
///     }
///     fn create(&self) -> Result<()> {
///         Ok(())
///     }
///     fn list(&self, kind: FileKind) -> Result<Vec<StoredFile>> {
///         let files = self.0.lock().unwrap();
///         let files = files.iter().filter(|(file, _)| file.kind() == kind);
///         Ok(files.map(|(file, contents)| StoredFile::new(file.id(), contents.len() as u64)).collect())
///     }
///     fn read(&self, file: FileName) -> Result<Bytes> {
///         let missing = || Error::new(ErrorKind::NotFound, format!("memory has no {file}"));
///         self.0.lock().unwrap().get(&file).cloned().ok_or_else(missing)
///     }
///     fn read_range(&self, file: FileName, offset: u64, length: usize) -> Result<Bytes> {
///         let (contents, start) = (self.read(file)?, offset as usize);
///         let end = start.checked_add(length).filter(|end| *end <= contents.len());
///         Ok(contents.slice(start..end.ok_or(ErrorKind::UnexpectedEof)?))
///     }
///     fn write(&self, file: FileName, contents: Bytes) -> Result<()> {
///         let mut files = self.0.lock().unwrap();
///         if file == FileName::CONFIG && files.contains_key(&file) {
///             return Err(ErrorKind::AlreadyExists.into());
///         }
///         files.insert(file, contents);
///         Ok(())
///     }
///     fn remove(&self, file: FileName) -> Result<()> {
///         self.0.lock().unwrap().remove(&file).map(drop).ok_or(ErrorKind::NotFound.into())
///     }
/// }
///
/// let location = Location::storage(Memory::default());
/// let repository = Repository::init_at(&location, &Password::new("secret"), &Default::default())?;
/// assert!(repository.snapshots()?.is_empty());
/// # Ok::<(), timelocker::Error>(())
/// ```
pub trait Storage: fmt::Debug + Send + Sync {
    /// The place in messages, without a secret.
    fn location(&self) -> String;

    /// Makes the place and its directories, where it has any. What exists already stays.
    ///
    /// # Errors
    ///
    /// When the place can't be made.
    fn create(&self) -> io::Result<()>;

    /// Lists the files of a kind, in any order. Whatever does not have the name of a file of the
    /// format is left out. [`FileKind::Config`] is read rather than listed.
    ///
    /// # Errors
    ///
    /// When any part of the listing fails, or the directory is missing.
    fn list(&self, kind: FileKind) -> io::Result<Vec<StoredFile>>;

    /// Reads a whole file.
    ///
    /// # Errors
    ///
    /// When the file can't be read; `NotFound` only when it does not exist.
    fn read(&self, file: FileName) -> io::Result<Bytes>;

    /// Reads `length` bytes of a file from an offset on: all of them, or it is an error.
    ///
    /// # Errors
    ///
    /// As [`read`](Storage::read), and `UnexpectedEof` when the file ends before.
    fn read_range(&self, file: FileName, offset: u64, length: usize) -> io::Result<Bytes>;

    /// Writes a whole file durably. An existing config is never replaced.
    ///
    /// # Errors
    ///
    /// When the file can't be written; `AlreadyExists` for a config that exists.
    fn write(&self, file: FileName, contents: Bytes) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// When the file can't be removed; `NotFound` when it does not exist.
    fn remove(&self, file: FileName) -> io::Result<()>;

    /// Replaces the config, whose settings changed. Implement it where that can be done in one step.
    ///
    /// # Errors
    ///
    /// When the config can't be removed or written.
    fn replace_config(&self, contents: Bytes) -> io::Result<()> {
        self.remove(FileName::CONFIG)?;
        self.write(FileName::CONFIG, contents)
    }

    /// Makes removals of files of a kind survive a power cut. A removal may otherwise be undone by
    /// one, while later removals are not.
    ///
    /// # Errors
    ///
    /// When that can't be ensured.
    fn sync_removals(&self, kind: FileKind) -> io::Result<()> {
        let _ = kind;
        Ok(())
    }

    /// Removes what interrupted writes left behind, and counts it. It is called while nobody else
    /// writes to the repository.
    ///
    /// # Errors
    ///
    /// When leftovers can't be looked for or removed.
    fn remove_leftovers(&self) -> io::Result<u64> {
        Ok(0)
    }
}
