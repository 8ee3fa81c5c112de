//! Packs: blobs one after the other, then the encrypted header, then its length in four bytes.

use super::{Blob, BlobType, FormatError, Id, OVERHEAD};

/// Maximum length of an encrypted header. restic limits it to the same.
const MAX_HEADER: u32 = 16 << 20;

/// The length of the encrypted header, from the last four bytes of a pack of `size` bytes.
///
/// # Errors
///
/// When no pack of that size has such a header.
pub fn header_length(size: u64, last: [u8; 4]) -> Result<u32, FormatError> {
    let length = u32::from_le_bytes(last);
    if length > MAX_HEADER {
        return Err(FormatError::too_large("the header of a pack", length.into()));
    }
    if (length as usize) < OVERHEAD || u64::from(length) + 4 > size {
        return Err(FormatError::truncated("the header of a pack"));
    }
    Ok(length)
}

/// Appends the plain header of blobs in their order.
pub fn write_header(blobs: &[Blob], header: &mut Vec<u8>) {
    for blob in blobs {
        header.push(match (blob.kind, blob.unpacked) {
            (BlobType::Data, None) => 0,
            (BlobType::Tree, None) => 1,
            (BlobType::Data, Some(_)) => 2,
            (BlobType::Tree, Some(_)) => 3,
        });
        header.extend_from_slice(&blob.length.to_le_bytes());
        if let Some(unpacked) = blob.unpacked {
            header.extend_from_slice(&unpacked.to_le_bytes());
        }
        header.extend_from_slice(blob.id.as_bytes());
    }
}

/// Parses a plain header. The blobs lie one after the other from the beginning of the pack, and end
/// where the encrypted header begins, at byte `end`.
///
/// # Errors
///
/// When it is cut short, has a kind that this program does not know, or blobs that lie beyond.
pub fn parse_header(header: &[u8], end: u64) -> Result<Vec<Blob>, FormatError> {
    const SHORTEST: usize = 1 + 4 + 32;
    let cut_short = || FormatError::truncated("the header of a pack");
    let mut blobs = Vec::new();
    let most = header.len() / SHORTEST;
    blobs
        .try_reserve(most)
        .map_err(|_| FormatError::too_large("the header of a pack", header.len() as u64))?;
    let mut rest = header;
    let mut offset = 0u32;
    while let Some((&kind, behind)) = rest.split_first() {
        let (kind, is_compressed) = match kind {
            0 => (BlobType::Data, false),
            1 => (BlobType::Tree, false),
            2 => (BlobType::Data, true),
            3 => (BlobType::Tree, true),
            _ => return Err(FormatError::invalid("the header of a pack", "a known kind of blob")),
        };
        let (length, mut behind) = behind.split_first_chunk().ok_or_else(cut_short)?;
        let mut unpacked = None;
        if is_compressed {
            let (length, more) = behind.split_first_chunk().ok_or_else(cut_short)?;
            unpacked = Some(u32::from_le_bytes(*length));
            behind = more;
        }
        let (id, behind) = behind.split_first_chunk().ok_or_else(cut_short)?;
        rest = behind;
        let blob = Blob {
            id: Id::from_bytes(*id),
            kind,
            offset,
            length: u32::from_le_bytes(*length),
            unpacked,
        };
        offset = blob.end().filter(|&blob| u64::from(blob) <= end).ok_or_else(|| {
            FormatError::invalid("the header of a pack", "blobs that lie before the header")
        })?;
        blobs.push(blob);
    }
    Ok(blobs)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn blobs() -> Vec<Blob> {
        let mut offset = 0;
        [
            (BlobType::Data, None),
            (BlobType::Tree, None),
            (BlobType::Data, Some(5)),
            (BlobType::Tree, Some(6)),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, (kind, unpacked))| {
            let length = 40 + at as u32;
            let blob = Blob { id: Id::of(&[at as u8]), kind, offset, length, unpacked };
            offset += length;
            blob
        })
        .collect()
    }

    #[test]
    fn headers_are_read_as_they_were_written() {
        let mut header = Vec::new();
        write_header(&blobs(), &mut header);
        assert_eq!(header.len(), 2 * 37 + 2 * 41);
        assert_eq!(parse_header(&header, 166).unwrap(), blobs());
        assert!(parse_header(&header, 165).is_err());
        for cut in 1..header.len() {
            let whole = [37, 74, 115].contains(&cut);
            assert_eq!(parse_header(&header[..cut], 1000).is_ok(), whole, "{cut}");
        }
        header[0] = 4;
        assert!(parse_header(&header, 166).is_err());
        // Lengths that overflow together.
        let huge = Blob { length: u32::MAX, ..blobs()[0] };
        let mut header = Vec::new();
        write_header(&[huge, huge], &mut header);
        assert!(parse_header(&header, u64::MAX).is_err());
    }

    #[test]
    fn lengths_of_headers_are_bounded() {
        assert_eq!(header_length(1000, 69u32.to_le_bytes()).unwrap(), 69);
        assert!(header_length(72, 69u32.to_le_bytes()).is_err());
        assert!(header_length(1000, 31u32.to_le_bytes()).is_err());
        assert!(header_length(u64::MAX, u32::MAX.to_le_bytes()).unwrap_err().is_too_large());
    }
}
