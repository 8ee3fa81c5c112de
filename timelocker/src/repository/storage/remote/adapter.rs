//! A storage as the engine and the locks use it.

use std::io;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};

use super::patient::Patient;
use super::store::{FileKind, Storage};
use crate::repository::lock::{LockStore, is_name};

fn kind(file_type: FileType) -> FileKind {
    match file_type {
        FileType::Config => FileKind::Config,
        FileType::Index => FileKind::Index,
        FileType::Key => FileKind::Key,
        FileType::Snapshot => FileKind::Snapshot,
        FileType::Pack => FileKind::Pack,
    }
}

fn failed(doing: &str, kind: FileKind, id: &str) -> impl FnOnce(io::Error) -> Box<RusticError> {
    let what = format!("could not {doing} `{}`", kind.path(id));
    move |error| RusticError::with_source(ErrorKind::Backend, what, error)
}

fn name(file_type: FileType, id: &Id) -> String {
    if file_type == FileType::Config { String::new() } else { id.to_hex().to_string() }
}

impl ReadBackend for Patient {
    fn location(&self) -> String {
        String::new()
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let kind = kind(file_type);
        let files = Storage::list(self, kind).map_err(failed("list", kind, ""))?;
        if kind == FileKind::Config {
            self.has_config.fetch_or(!files.is_empty(), Ordering::SeqCst);
            return Ok(files.iter().map(|_| (Id::default(), 0)).collect());
        }
        let mut listed = Vec::with_capacity(files.len());
        for (name, size) in files {
            // What has no name of a file of the format is none.
            let Ok(id) = name.parse::<Id>() else { continue };
            let size = u32::try_from(size).map_err(|_| {
                let why = io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 GiB");
                failed("use", kind, &name)(why)
            })?;
            listed.push((id, size));
        }
        Ok(listed)
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        let (kind, name) = (kind(file_type), name(file_type, id));
        Storage::read(self, kind, &name).map_err(failed("read", kind, &name))
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let (kind, name) = (kind(file_type), name(file_type, id));
        self.read_range(kind, &name, u64::from(offset), length as usize)
            .map_err(failed("read", kind, &name))
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        kind(file_type).path(&name(file_type, id))
    }
}

impl WriteBackend for Patient {
    fn create(&self) -> RusticResult<()> {
        Storage::create(self).map_err(|error| {
            RusticError::with_source(ErrorKind::Backend, "could not create the repository", error)
        })
    }

    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let (kind, name) = (kind(file_type), name(file_type, id));
        let contents = match content.slice() {
            [one] => one.clone(),
            several => several.concat().into(),
        };
        let written = if kind == FileKind::Config && self.has_config.load(Ordering::SeqCst) {
            self.replace_config(contents)
        } else {
            Storage::write(self, kind, &name, contents)
        };
        written.map_err(failed("write", kind, &name))
    }

    fn remove(&self, file_type: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let (kind, name) = (kind(file_type), name(file_type, id));
        Storage::remove(self, kind, &name).map_err(failed("remove", kind, &name))
    }
}

impl LockStore for Patient {
    fn list(&self) -> io::Result<Vec<String>> {
        let files = Storage::list(self, FileKind::Lock)?;
        Ok(files.into_iter().map(|(name, _)| name).filter(|name| is_name(name)).collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        Storage::read(self, FileKind::Lock, name).map(Vec::from)
    }

    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        Storage::write(self, FileKind::Lock, name, Bytes::copy_from_slice(contents))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match Storage::remove(self, FileKind::Lock, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}
