//! The metadata that were read with a directory, until the turn of each entry has come.
//!
//! To read them in the order of the directory is a good part faster than in that of the names: what
//! the system needs for an entry is at hand, as it has just listed it. So those of a directory of
//! any size have to be kept. The first are kept as they are, and those of a huge directory in few
//! bytes each: times and numbers as differences to the entry before, and what many entries share
//! once.

use crate::walk::metadata::{Metadata, Shared, Timestamp};
use crate::walk::system::Errno;

/// So many are kept as they are: more than most directories have, and little memory for each of the
/// directories that a walk is in.
const PLAIN: usize = 128;

/// So many of the sets that entries share are compared with.
const COMPARED: usize = 16;

/// Metadata, or why they could not be read, by the numbers that `push` gave.
#[derive(Debug, Default)]
pub(super) struct Known {
    plain: Vec<Result<Metadata, Errno>>,
    packed: Vec<u8>,
    shared: Vec<Shared>,
    /// The one of `shared` that came last.
    last: usize,
    base: Option<Base>,
}

/// What numbers are given as differences to.
#[derive(Clone, Copy, Debug)]
struct Base {
    inode: u64,
    seconds: i64,
}

/// What is known of an entry.
#[derive(Debug)]
pub(super) enum Asked {
    /// Its metadata are kept under this number.
    Plain(u32),
    Unpacked(Metadata),
    Failed(Errno),
}

impl Known {
    pub(super) fn clear(&mut self) {
        self.plain.clear();
        *self = Self { plain: std::mem::take(&mut self.plain), ..Self::default() };
    }

    /// Keeps the metadata of one more entry; `None` if there are more than can be numbered.
    #[inline]
    pub(super) fn push(&mut self, metadata: Result<Metadata, Errno>) -> Option<u32> {
        if self.plain.len() < PLAIN {
            self.plain.push(metadata);
            return u32::try_from(self.plain.len() - 1).ok();
        }
        let number = u32::try_from(PLAIN + self.packed.len()).ok().filter(|n| *n < u32::MAX)?;
        match metadata {
            Ok(metadata) => self.pack(&metadata),
            Err(error) => {
                self.write(0);
                self.write(u64::from(error.raw_os_error().unsigned_abs()));
            }
        }
        Some(number)
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<Asked> {
        match self.plain.get(number as usize) {
            Some(Ok(_)) => Some(Asked::Plain(number)),
            Some(Err(error)) => Some(Asked::Failed(*error)),
            None => self.unpack(self.packed.get((number as usize).checked_sub(PLAIN)?..)?),
        }
    }

    /// The first byte of what is kept in few bytes.
    pub(super) fn first_byte(&self, number: u32) -> u8 {
        let at = (number as usize).checked_sub(PLAIN);
        at.and_then(|at| self.packed.get(at)).copied().unwrap_or(0)
    }

    /// What is kept as it is.
    #[inline]
    pub(super) fn plain(&self, number: u32) -> Option<&Metadata> {
        self.plain.get(number as usize)?.as_ref().ok()
    }

    fn pack(&mut self, metadata: &Metadata) {
        let shared = self.share(metadata.shared());
        let base = *self.base.get_or_insert_with(|| Base {
            inode: metadata.inode_or_zero(),
            seconds: metadata.modified().seconds,
        });
        let (modified, changed) = (metadata.modified(), metadata.changed_or_modified());
        self.write(shared as u64 + 1);
        self.write(metadata.size());
        self.write_signed(metadata.inode_or_zero().wrapping_sub(base.inode).cast_signed());
        self.write_signed(modified.seconds.wrapping_sub(base.seconds));
        self.packed.extend_from_slice(&modified.nanoseconds.to_le_bytes());
        self.write_signed(changed.seconds.wrapping_sub(modified.seconds));
        self.packed.extend_from_slice(&changed.nanoseconds.to_le_bytes());
    }

    fn unpack(&self, mut packed: &[u8]) -> Option<Asked> {
        let Some(shared) = usize::try_from(read(&mut packed)?).ok()?.checked_sub(1) else {
            let error = i32::try_from(read(&mut packed)?).ok()?;
            return Some(Asked::Failed(Errno::from_raw_os_error(error)));
        };
        let base = self.base?;
        let size = read(&mut packed)?;
        let inode = base.inode.wrapping_add_signed(read_signed(&mut packed)?);
        let modified = base.seconds.wrapping_add(read_signed(&mut packed)?);
        let modified = Timestamp { seconds: modified, nanoseconds: read_nanoseconds(&mut packed)? };
        let changed = modified.seconds.wrapping_add(read_signed(&mut packed)?);
        let changed = Timestamp { seconds: changed, nanoseconds: read_nanoseconds(&mut packed)? };
        let shared = self.shared.get(shared)?;
        Some(Asked::Unpacked(Metadata::from_parts(shared, size, inode, modified, changed)))
    }

    /// Where a set of what entries share is.
    fn share(&mut self, shared: Shared) -> usize {
        if self.shared.get(self.last) == Some(&shared) {
            return self.last;
        }
        let from = self.shared.len().saturating_sub(COMPARED);
        let found = self.shared[from..].iter().position(|known| *known == shared);
        self.last = found.map_or(self.shared.len(), |at| from + at);
        if found.is_none() {
            self.shared.push(shared);
        }
        self.last
    }

    /// Seven bits to a byte, the lowest first.
    fn write(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.packed.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.packed.push(number as u8);
    }

    /// Numbers near zero in few bytes, whatever their sign.
    fn write_signed(&mut self, number: i64) {
        self.write(((number << 1) ^ (number >> 63)).cast_unsigned());
    }
}

fn read(packed: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&byte, rest) = packed.split_first()?;
        *packed = rest;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return Some(number);
        }
    }
}

fn read_signed(packed: &mut &[u8]) -> Option<i64> {
    let number = read(packed)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

fn read_nanoseconds(packed: &mut &[u8]) -> Option<u32> {
    let (bytes, rest) = packed.split_first_chunk()?;
    *packed = rest;
    Some(u32::from_le_bytes(*bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_kept_in_few_bytes_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "x").unwrap();
        let kinds = [directory.path(), &file]
            .map(|path| Metadata::from(&fs::symlink_metadata(path).unwrap()).shared());
        let numbers = [0, 1, 127, 128, 1 << 32, u64::MAX / 2, u64::MAX];
        let seconds = [0, 1, -1, 1_700_000_000, i64::MIN, i64::MAX];
        let mut entries = Vec::new();
        for (index, shared) in kinds.iter().cycle().take(40).enumerate() {
            for (at, &size) in numbers.iter().enumerate() {
                for &changed in &seconds {
                    let time = |seconds, nanoseconds| Timestamp { seconds, nanoseconds };
                    let modified = time(seconds[(at + index) % seconds.len()], 999_999_999);
                    let inode = numbers[(at + index) % numbers.len()];
                    let changed = time(changed, at as u32);
                    entries.push(Ok(Metadata::from_parts(shared, size, inode, modified, changed)));
                }
            }
            entries.push(Err(Errno::ACCESS));
        }
        assert!(entries.len() > PLAIN + 500);
        let mut known = Known::default();
        for _ in 0..2 {
            let kept: Vec<_> =
                entries.iter().map(|entry| known.push(entry.clone()).unwrap()).collect();
            for (entry, number) in entries.iter().zip(kept) {
                let found = match known.get(number).unwrap() {
                    Asked::Plain(number) => Ok(known.plain(number).unwrap().clone()),
                    Asked::Unpacked(metadata) => Ok(metadata),
                    Asked::Failed(error) => Err(error),
                };
                assert_eq!(&found, entry);
            }
            known.clear();
        }
    }
}
