//! Blobs: pieces of files, and directories, encrypted one by one.

use super::{Cipher, FormatError, Id, OVERHEAD};

/// The kind of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlobType {
    /// A piece of a file.
    Data,
    /// A directory.
    Tree,
}

impl BlobType {
    /// The name in index files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Tree => "tree",
        }
    }
}

/// A blob and its place in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The hash of the plain contents.
    pub id: Id,
    /// The kind.
    pub kind: BlobType,
    /// The first byte in the pack.
    pub offset: u32,
    /// Number of bytes in the pack.
    pub length: u32,
    /// Number of bytes unpacked; `None` when it is not compressed.
    pub unpacked: Option<u32>,
}

impl Blob {
    /// Number of bytes of the plain contents.
    #[must_use]
    pub fn plain_length(&self) -> u32 {
        self.unpacked.unwrap_or(self.length.saturating_sub(OVERHEAD as u32))
    }

    /// The byte behind the blob; `None` when no file is that long.
    #[must_use]
    pub fn end(&self) -> Option<u32> {
        self.offset.checked_add(self.length)
    }
}

/// Maximum lengths of plain contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a piece of a file: the maximum of the repository's chunker.
    pub data: u32,
    /// Of a directory.
    pub tree: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { data: 8 << 20, tree: 1 << 31 }
    }
}

impl Limits {
    /// Refuses a blob whose lengths the format cannot have.
    ///
    /// # Errors
    ///
    /// When it is longer than the limit, or shorter than its encryption.
    pub fn check(&self, blob: &Blob) -> Result<(), FormatError> {
        let limit = match blob.kind {
            BlobType::Data => self.data,
            BlobType::Tree => self.tree,
        };
        let plain = blob.plain_length();
        // zstd adds less than one part in 256 to what it cannot compress.
        let packed = u64::from(limit) + u64::from(limit / 256) + 1024;
        if plain > limit || u64::from(blob.length) > packed {
            return Err(FormatError::too_large("a blob", plain.max(blob.length).into()));
        }
        if blob.length < OVERHEAD as u32 || blob.end().is_none() {
            return Err(FormatError::truncated("a blob"));
        }
        Ok(())
    }
}

/// Opens blobs, with buffers that are kept from one to the next.
pub struct BlobReader {
    limits: Limits,
    decompressor: zstd::bulk::Decompressor<'static>,
    compressed: Vec<u8>,
}

impl std::fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobReader").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl BlobReader {
    /// A reader that refuses longer blobs.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub fn new(limits: Limits) -> Result<Self, FormatError> {
        let decompressor = zstd::bulk::Decompressor::new().map_err(FormatError::compression)?;
        Ok(Self { limits, decompressor, compressed: Vec::new() })
    }

    /// Decrypts and decompresses the bytes of a blob into a buffer, and compares their hash with
    /// the blob's id.
    ///
    /// # Errors
    ///
    /// When the bytes are not those of the blob, or longer than the limits allow.
    pub fn open(
        &mut self,
        cipher: &Cipher,
        blob: &Blob,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        self.open_unhashed(cipher, blob, sealed, plain)?;
        if Id::of(plain) == blob.id { Ok(()) } else { Err(FormatError::hash()) }
    }

    /// The same without comparing the hash: for the caller that knows the contents.
    ///
    /// # Errors
    ///
    /// As [`BlobReader::open`].
    pub fn open_unhashed(
        &mut self,
        cipher: &Cipher,
        blob: &Blob,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        self.limits.check(blob)?;
        if sealed.len() != blob.length as usize {
            return Err(FormatError::truncated("a blob"));
        }
        let Some(length) = blob.unpacked else { return cipher.open_into(sealed, plain) };
        cipher.open_into(sealed, &mut self.compressed)?;
        decompress(&mut self.decompressor, &self.compressed, length as usize, plain)?;
        if plain.len() == length as usize { Ok(()) } else { Err(FormatError::hash()) }
    }
}

/// Decompresses at most `limit` bytes. A forged length reserves no more memory than sixteen times
/// what was read, until decompressing has shown that more is needed.
pub(super) fn decompress(
    decompressor: &mut zstd::bulk::Decompressor<'_>,
    compressed: &[u8],
    limit: usize,
    plain: &mut Vec<u8>,
) -> Result<(), FormatError> {
    let mut room = limit.min(compressed.len().saturating_mul(16).max(1 << 20));
    loop {
        plain.clear();
        plain.try_reserve(room).map_err(|_| FormatError::too_large("data", room as u64))?;
        match decompressor.decompress_to_buffer(compressed, plain) {
            Ok(_) if plain.len() <= limit => return Ok(()),
            Ok(_) => return Err(FormatError::too_large("data", plain.len() as u64)),
            Err(error) if room >= limit => return Err(FormatError::compression(error)),
            Err(_) => room = limit.min(room.saturating_mul(4)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::repository::format::KeyParts;

    fn sealed(cipher: &Cipher, data: &[u8], compress: bool) -> (Blob, Vec<u8>) {
        let packed = if compress { zstd::bulk::compress(data, 3).unwrap() } else { data.to_vec() };
        let bytes = cipher.encrypt(&packed).unwrap();
        let unpacked = compress.then_some(data.len() as u32);
        let length = bytes.len() as u32;
        (Blob { id: Id::of(data), kind: BlobType::Data, offset: 7, length, unpacked }, bytes)
    }

    #[test]
    fn blobs_are_opened_or_refused() {
        let cipher = Cipher::from_parts(&KeyParts::default());
        let mut reader = BlobReader::new(Limits::default()).unwrap();
        let mut plain = Vec::new();
        let zeros = vec![0; 3 << 20];
        for (data, compress) in
            [(&b""[..], false), (b"text", true), (&zeros, true), (&zeros, false)]
        {
            let (blob, bytes) = sealed(&cipher, data, compress);
            reader.open(&cipher, &blob, &bytes, &mut plain).unwrap();
            assert_eq!(plain, data);
            let other = Blob { id: Id::of(b"other"), ..blob };
            assert!(reader.open(&cipher, &other, &bytes, &mut plain).unwrap_err().is_damaged());
            assert!(reader.open(&cipher, &blob, &bytes[1..], &mut plain).is_err());
        }
        let (blob, bytes) = sealed(&cipher, &zeros, true);
        for unpacked in [0, zeros.len() as u32 - 1, zeros.len() as u32 + 1] {
            let wrong = Blob { unpacked: Some(unpacked), ..blob };
            assert!(reader.open(&cipher, &wrong, &bytes, &mut plain).is_err(), "{unpacked}");
        }
    }

    #[test]
    fn lengths_beyond_the_limits_are_refused_before_memory_is_taken() {
        let limits = Limits::default();
        let blob = Blob {
            id: Id::default(),
            kind: BlobType::Data,
            offset: 0,
            length: 100,
            unpacked: Some(8 << 20),
        };
        assert!(limits.check(&blob).is_ok());
        assert!(
            limits.check(&Blob { unpacked: Some(u32::MAX), ..blob }).unwrap_err().is_too_large()
        );
        assert!(limits.check(&Blob { length: u32::MAX, ..blob }).unwrap_err().is_too_large());
        assert!(limits.check(&Blob { length: 31, ..blob }).is_err());
        assert!(limits.check(&Blob { offset: u32::MAX - 99, ..blob }).is_err());
    }
}
