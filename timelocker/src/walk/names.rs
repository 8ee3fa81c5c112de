//! The names of a directory, one after the other in one allocation.

use std::ffi::CStr;

use timelocker_pattern::EntryKind;

use super::metadata::FileType;
use super::system::Errno;

/// Names with what the directory says of them, in the order of the directory.
#[derive(Debug, Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    entries: Vec<Listed>,
    /// Whether the kind of an entry is not known.
    any_unknown: bool,
}

/// An entry as its directory lists it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) name: Name,
    file_type: Option<FileType>,
}

/// Where a name is among the bytes; behind it is a NUL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    start: u32,
    length: u16,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.any_unknown = false;
    }

    /// Adds an entry.
    ///
    /// # Errors
    ///
    /// The name, or all names together, are longer than any file system has them.
    #[inline]
    pub(super) fn push(&mut self, name: &CStr, file_type: Option<FileType>) -> Result<(), Errno> {
        let bytes = name.to_bytes_with_nul();
        let start = u32::try_from(self.bytes.len()).map_err(|_| Errno::OVERFLOW)?;
        let length = u16::try_from(bytes.len() - 1).map_err(|_| Errno::NAMETOOLONG)?;
        self.bytes.extend_from_slice(bytes);
        self.entries.push(Listed { name: Name { start, length }, file_type });
        self.any_unknown |= file_type.is_none();
        Ok(())
    }

    /// Asks `ask` for the kinds that are not known. An entry that can't be asked about is handed
    /// to `fail`, and is gone then.
    pub(super) fn resolve(
        &mut self,
        ask: impl Fn(&CStr) -> Result<FileType, Errno>,
        mut fail: impl FnMut(&CStr, Errno),
    ) {
        if !self.any_unknown {
            return;
        }
        let bytes = &self.bytes;
        self.entries.retain_mut(|entry| {
            if entry.file_type.is_none() {
                let name = entry.name.of(bytes);
                match ask(name) {
                    Ok(file_type) => entry.file_type = Some(file_type),
                    Err(error) => {
                        fail(name, error);
                        return false;
                    }
                }
            }
            true
        });
        self.any_unknown = false;
    }

    pub(super) fn entries(&self) -> &[Listed] {
        &self.entries
    }

    #[inline]
    pub(super) fn name(&self, name: Name) -> &CStr {
        name.of(&self.bytes)
    }

    #[inline]
    pub(super) fn bytes_of(&self, name: Name) -> &[u8] {
        name.bytes(&self.bytes)
    }

    /// All names with what patterns have to know about them.
    #[inline]
    pub(super) fn for_patterns(&self) -> impl Iterator<Item = (&[u8], EntryKind)> {
        self.entries.iter().map(|entry| (self.bytes_of(entry.name), entry.file_type().kind()))
    }

    /// Moves the bytes to where no names are yet: there they are found as they were here.
    pub(super) fn move_to(&mut self, to: &mut NameBytes) {
        if self.bytes.len() > LONG {
            std::mem::swap(&mut self.bytes, &mut to.0);
            to.0.shrink_to_fit();
            self.entries = Vec::new();
        } else {
            // The memory here is for many names, and there it is for as few as they are.
            to.0.extend_from_slice(&self.bytes);
        }
        self.clear();
    }
}

/// Names that together are longer than this are not copied.
const LONG: usize = 1 << 16;

/// Names without anything about them.
#[derive(Debug, Default)]
pub(super) struct NameBytes(Vec<u8>);

impl NameBytes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a name.
    ///
    /// # Errors
    ///
    /// All names together are longer than any file system has them.
    pub(super) fn push(&mut self, name: &[u8]) -> Result<Name, Errno> {
        let start = u32::try_from(self.0.len()).map_err(|_| Errno::OVERFLOW)?;
        let length = u16::try_from(name.len()).map_err(|_| Errno::NAMETOOLONG)?;
        self.0.extend_from_slice(name);
        self.0.push(0);
        Ok(Name { start, length })
    }

    /// The eight bytes of a name from one of them on, as a number in their order; zeros where it has
    /// ended.
    #[inline]
    pub(super) fn key(&self, name: Name, from: usize) -> u64 {
        const BYTES: usize = size_of::<u64>();
        let left = usize::from(name.length).saturating_sub(from);
        let Some(rest) = self.0.get(name.start as usize + from..) else { return 0 };
        match rest.first_chunk() {
            Some(bytes) if left >= BYTES => u64::from_be_bytes(*bytes),
            Some(bytes) => u64::from_be_bytes(*bytes) & !(u64::MAX >> (8 * left)),
            None => {
                let mut bytes = [0; BYTES];
                let left = left.min(rest.len());
                bytes[..left].copy_from_slice(&rest[..left]);
                u64::from_be_bytes(bytes)
            }
        }
    }

    #[inline]
    pub(super) fn name(&self, name: Name) -> &CStr {
        name.of(&self.0)
    }

    #[inline]
    pub(super) fn bytes_of(&self, name: Name) -> &[u8] {
        name.bytes(&self.0)
    }
}

impl Name {
    #[inline]
    fn bytes(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..][..usize::from(self.length)]
    }

    #[inline]
    fn of(self, bytes: &[u8]) -> &CStr {
        // What was put in is there, with its NUL.
        CStr::from_bytes_until_nul(&bytes[self.start as usize..]).unwrap_or_default()
    }
}

impl Listed {
    /// The kind of the entry, once all are resolved.
    #[inline]
    pub(super) fn file_type(self) -> FileType {
        self.file_type.unwrap_or(FileType::Other)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;
    use crate::walk::path_bytes::LastLink;
    use crate::walk::system::{open_path, stat_in};

    #[test]
    fn kinds_that_a_directory_does_not_tell_are_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("file"), "").unwrap();
        fs::create_dir(directory.path().join("directory")).unwrap();
        std::os::unix::fs::symlink("directory", directory.path().join("link")).unwrap();
        let opened = open_path(directory.path(), LastLink::Refuse).unwrap();

        let mut names = Names::default();
        for name in [c"file", c"directory", c"link", c"gone"] {
            names.push(name, None).unwrap();
        }
        names.push(c"told", Some(FileType::Socket)).unwrap();
        let mut failed = Vec::new();
        names.resolve(
            |name| stat_in(&opened, name).map(|metadata| metadata.file_type()),
            |name, error| failed.push((name.to_owned(), error)),
        );
        assert_eq!(failed, [(c"gone".to_owned(), Errno::NOENT)]);
        let kinds: Vec<_> =
            names.entries().iter().map(|e| (names.name(e.name), e.file_type())).collect();
        let wanted = [
            (c"file", FileType::File),
            (c"directory", FileType::Directory),
            (c"link", FileType::Symlink),
            (c"told", FileType::Socket),
        ];
        assert_eq!(kinds, wanted);
        assert!(names.for_patterns().map(|(name, _)| name).eq([
            b"file" as &[u8],
            b"directory",
            b"link",
            b"told"
        ]));
    }
}
