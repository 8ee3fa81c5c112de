//! Index files: the blobs of each pack, and a compact lookup over all of them.

use super::json::{Reader, write_id, write_u64};
use super::{Blob, BlobType, FormatError, Id};

/// A pack and its blobs, as an index file lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedPack {
    /// The name of the pack.
    pub id: Id,
    /// Its blobs.
    pub blobs: Vec<Blob>,
}

/// An index file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexFile {
    /// The index files in place of which this one is.
    pub supersedes: Vec<Id>,
    /// The packs.
    pub packs: Vec<IndexedPack>,
    /// Packs that rustic has marked for removal: still readable, but not to be relied on.
    pub packs_to_delete: Vec<IndexedPack>,
}

const WHAT: &str = "an index file";

impl IndexFile {
    /// Parses the plain text of an index file. A blob of a kind that is not known is left out.
    ///
    /// # Errors
    ///
    /// When it is no index, or a blob ends beyond the largest pack that there can be.
    pub fn parse(text: &[u8]) -> Result<Self, FormatError> {
        let mut file = Self::default();
        let mut reader = Reader::new(text, 0, WHAT);
        reader.object(|reader, key| match key {
            "supersedes" => reader.array(|reader| {
                file.supersedes.push(reader.id()?);
                Ok(())
            }),
            "packs" => packs(reader, &mut file.packs),
            "packs_to_delete" => packs(reader, &mut file.packs_to_delete),
            _ => reader.skip().map(drop),
        })?;
        reader.end()?;
        Ok(file)
    }

    /// The text that restic writes for it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let blobs: usize = self.packs.iter().map(|pack| pack.blobs.len()).sum();
        let mut out = Vec::with_capacity(blobs * 150 + self.packs.len() * 100 + 100);
        out.push(b'{');
        if !self.supersedes.is_empty() {
            out.extend_from_slice(b"\"supersedes\":[");
            separated(&self.supersedes, &mut out, write_id);
            out.extend_from_slice(b"],");
        }
        out.extend_from_slice(b"\"packs\":[");
        separated(&self.packs, &mut out, write_pack);
        out.push(b']');
        if !self.packs_to_delete.is_empty() {
            out.extend_from_slice(b",\"packs_to_delete\":[");
            separated(&self.packs_to_delete, &mut out, write_pack);
            out.push(b']');
        }
        out.extend_from_slice(b"}\n");
        out
    }
}

fn packs(reader: &mut Reader<'_>, packs: &mut Vec<IndexedPack>) -> Result<(), FormatError> {
    reader.array(|reader| {
        let mut id = None;
        let mut blobs = Vec::new();
        reader.object(|reader, key| match key {
            "id" => {
                id = Some(reader.id()?);
                Ok(())
            }
            "blobs" => reader.array(|reader| {
                blobs.extend(blob(reader)?);
                Ok(())
            }),
            _ => reader.skip().map(drop),
        })?;
        let Some(id) = id else { return reader.expected("a pack with an id") };
        packs.push(IndexedPack { id, blobs });
        Ok(())
    })
}

fn blob(reader: &mut Reader<'_>) -> Result<Option<Blob>, FormatError> {
    let (mut id, mut kind, mut offset, mut length, mut unpacked) = (None, None, None, None, 0);
    reader.object(|reader, key| {
        match key {
            "id" => id = Some(reader.id()?),
            "type" => {
                kind = Some(match &*reader.string()? {
                    "data" => Some(BlobType::Data),
                    "tree" => Some(BlobType::Tree),
                    _ => None,
                });
            }
            "offset" => offset = Some(reader.u32()?),
            "length" => length = Some(reader.u32()?),
            "uncompressed_length" if !reader.null() => unpacked = reader.u32()?,
            "uncompressed_length" => {}
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    let (Some(id), Some(kind), Some(offset), Some(length)) = (id, kind, offset, length) else {
        return reader.expected("a blob with an id, a type and a place");
    };
    let Some(kind) = kind else { return Ok(None) };
    let blob = Blob { id, kind, offset, length, unpacked: (unpacked > 0).then_some(unpacked) };
    if blob.end().is_none() { reader.expected("a blob within 4 GiB") } else { Ok(Some(blob)) }
}

fn write_pack(pack: &IndexedPack, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    write_id(&pack.id, out);
    out.extend_from_slice(b",\"blobs\":[");
    separated(&pack.blobs, out, |blob, out| {
        out.extend_from_slice(b"{\"id\":");
        write_id(&blob.id, out);
        out.extend_from_slice(b",\"type\":\"");
        out.extend_from_slice(blob.kind.name().as_bytes());
        out.extend_from_slice(b"\",\"offset\":");
        write_u64(blob.offset.into(), out);
        out.extend_from_slice(b",\"length\":");
        write_u64(blob.length.into(), out);
        if let Some(unpacked) = blob.unpacked {
            out.extend_from_slice(b",\"uncompressed_length\":");
            write_u64(unpacked.into(), out);
        }
        out.push(b'}');
    });
    out.extend_from_slice(b"]}");
}

fn separated<T>(items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
}

/// A blob with the pack that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The pack.
    pub pack: Id,
    /// The blob.
    pub blob: Blob,
}

/// Collects index files; those that another supersedes are left out.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    files: Vec<(Id, IndexFile)>,
}

impl IndexBuilder {
    /// Adds an index file by its name.
    pub fn add(&mut self, id: Id, file: IndexFile) {
        self.files.push((id, file));
    }

    /// Builds the lookup.
    #[must_use]
    pub fn build(self) -> Index {
        let mut superseded: Vec<_> =
            self.files.iter().flat_map(|(_, file)| file.supersedes.iter().copied()).collect();
        superseded.sort_unstable();
        let mut packs = Vec::new();
        let mut entries = Vec::new();
        for (id, file) in self.files {
            if superseded.binary_search(&id).is_ok() {
                continue;
            }
            for pack in file.packs {
                let number = packs.len() as u32;
                packs.push(pack.id);
                entries.extend(pack.blobs.iter().map(|blob| Entry::new(blob, number)));
            }
        }
        // Places of one blob by pack, which two index files may number differently.
        entries.sort_unstable_by(|a, b| {
            let place = |entry: &Entry| (entry.kind(), packs[entry.pack()], entry.offset);
            a.id.cmp(&b.id).then_with(|| place(a).cmp(&place(b)))
        });
        // Two index files may list the same pack.
        entries.dedup_by(|a, b| {
            (a.id, a.kind(), a.offset, a.length) == (b.id, b.kind(), b.offset, b.length)
                && packs.get(a.pack()) == packs.get(b.pack())
        });
        entries.shrink_to_fit();
        let starts = Index::starts(&entries);
        Index { packs, entries, starts }
    }
}

/// All blobs of a repository: 48 bytes each, sorted by id. A blob may be in several packs; every
/// place is kept.
#[derive(Debug)]
pub struct Index {
    packs: Vec<Id>,
    entries: Vec<Entry>,
    /// The first entry of each value that the first two bytes of an id can have, and the end.
    starts: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: Id,
    /// The number of the pack, and the highest bit for a tree.
    pack_and_kind: u32,
    offset: u32,
    length: u32,
    /// 0 for a blob that is not compressed.
    unpacked: u32,
}

const IS_TREE: u32 = 1 << 31;

impl Entry {
    fn new(blob: &Blob, pack: u32) -> Self {
        let kind = if blob.kind == BlobType::Tree { IS_TREE } else { 0 };
        let (offset, length) = (blob.offset, blob.length);
        let unpacked = blob.unpacked.unwrap_or(0);
        Self { id: blob.id, pack_and_kind: pack | kind, offset, length, unpacked }
    }

    fn kind(&self) -> BlobType {
        if self.pack_and_kind & IS_TREE == 0 { BlobType::Data } else { BlobType::Tree }
    }

    fn pack(&self) -> usize {
        (self.pack_and_kind & !IS_TREE) as usize
    }
}

fn bucket(id: &Id) -> usize {
    let bytes = id.as_bytes();
    usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
}

impl Index {
    fn starts(entries: &[Entry]) -> Vec<u32> {
        let mut starts = Vec::with_capacity((1 << 16) + 1);
        let mut at = 0;
        for value in 0..=usize::from(u16::MAX) {
            starts.push(at as u32);
            at += entries[at..].iter().take_while(|entry| bucket(&entry.id) == value).count();
        }
        starts.push(at as u32);
        starts
    }

    fn entries(&self, id: &Id) -> &[Entry] {
        let bucket = bucket(id);
        let bucket = &self.entries[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        let start = bucket.partition_point(|entry| entry.id < *id);
        let count = bucket[start..].iter().take_while(|entry| entry.id == *id).count();
        &bucket[start..start + count]
    }

    fn location(&self, entry: &Entry) -> Location {
        let Entry { id, offset, length, unpacked, .. } = *entry;
        let unpacked = (unpacked > 0).then_some(unpacked);
        let blob = Blob { id, kind: entry.kind(), offset, length, unpacked };
        Location { pack: self.packs[entry.pack()], blob }
    }

    /// True if a blob is in any pack.
    #[must_use]
    pub fn contains(&self, kind: BlobType, id: &Id) -> bool {
        self.entries(id).iter().any(|entry| entry.kind() == kind)
    }

    /// Every place of a blob.
    pub fn find(&self, kind: BlobType, id: &Id) -> impl Iterator<Item = Location> {
        let entries = self.entries(id).iter().filter(move |entry| entry.kind() == kind);
        entries.map(|entry| self.location(entry))
    }

    /// All places of all blobs, sorted by id.
    pub fn locations(&self) -> impl Iterator<Item = Location> {
        self.entries.iter().map(|entry| self.location(entry))
    }

    /// All packs, each as often as index files list it.
    #[must_use]
    pub fn packs(&self) -> &[Id] {
        &self.packs
    }

    /// Number of places of blobs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if no blob is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of bytes of all blobs of a kind, as packed.
    #[must_use]
    pub fn packed_bytes(&self, kind: BlobType) -> u64 {
        let entries = self.entries.iter().filter(|entry| entry.kind() == kind);
        entries.map(|entry| u64::from(entry.length)).sum()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn blob(name: u8, kind: BlobType, offset: u32) -> Blob {
        let unpacked = name.is_multiple_of(2).then_some(77);
        Blob { id: Id::of(&[name]), kind, offset, length: 50, unpacked }
    }

    fn pack(name: u8, blobs: Vec<Blob>) -> IndexedPack {
        IndexedPack { id: Id::of(&[name; 2]), blobs }
    }

    fn file(packs: Vec<IndexedPack>) -> IndexFile {
        IndexFile { packs, ..IndexFile::default() }
    }

    #[test]
    fn every_place_of_a_blob_is_found() {
        let (data, tree) = (BlobType::Data, BlobType::Tree);
        let mut builder = IndexBuilder::default();
        let first = pack(1, vec![blob(1, data, 0), blob(2, data, 50), blob(1, data, 100)]);
        builder.add(Id::of(b"a"), file(vec![first.clone(), pack(2, vec![blob(1, tree, 0)])]));
        builder.add(Id::of(b"b"), file(vec![first, pack(3, vec![blob(1, data, 7)])]));
        let mut newer = file(vec![pack(4, vec![blob(9, data, 0)])]);
        newer.supersedes.push(Id::of(b"c"));
        builder.add(Id::of(b"c"), file(vec![pack(5, vec![blob(8, data, 0)])]));
        builder.add(Id::of(b"d"), newer);
        let index = builder.build();
        let mut places: Vec<_> =
            index.find(data, &Id::of(&[1])).map(|place| (place.pack, place.blob.offset)).collect();
        places.sort_unstable();
        let (one, three) = (Id::of(&[1; 2]), Id::of(&[3; 2]));
        let mut wanted = [(one, 0), (one, 100), (three, 7)];
        wanted.sort_unstable();
        assert_eq!(places, wanted);
        assert_eq!(index.find(tree, &Id::of(&[1])).count(), 1);
        let place = index.find(data, &Id::of(&[2])).next().unwrap();
        assert_eq!(place, Location { pack: one, blob: blob(2, data, 50) });
        assert!(index.contains(data, &Id::of(&[9])) && !index.contains(tree, &Id::of(&[9])));
        assert!(!index.contains(data, &Id::of(&[8])), "superseded");
        assert_eq!((index.len(), index.packed_bytes(tree)), (6, 50));
        assert!(IndexBuilder::default().build().is_empty());
    }

    #[test]
    fn index_files_are_read_as_they_were_written() {
        let mut written = file(vec![
            pack(1, vec![blob(1, BlobType::Data, 0), blob(2, BlobType::Tree, 50)]),
            pack(2, Vec::new()),
        ]);
        assert_eq!(IndexFile::parse(&written.encode()).unwrap(), written);
        written.supersedes = vec![Id::of(b"a"), Id::of(b"b")];
        written.packs_to_delete = vec![pack(3, vec![blob(4, BlobType::Data, 4)])];
        let text = written.encode();
        assert_eq!(IndexFile::parse(&text).unwrap(), written);
        for cut in 0..text.len() - 1 {
            assert!(IndexFile::parse(&text[..cut]).is_err(), "{cut}");
        }
        let id = Id::of(b"");
        let unknown = format!(
            r#"{{"new":[{{}}],"packs":[{{"id":"{id}","size":5,"blobs":[
                {{"type":"new","id":"{id}","offset":0,"length":1}},
                {{"uncompressed_length":null,"type":"data","id":"{id}","offset":0,"length":1,"x":[]}}
            ]}}],"supersedes":null}}"#
        );
        let parsed = IndexFile::parse(unknown.as_bytes()).unwrap();
        assert_eq!(parsed.packs[0].blobs.len(), 1);
        for broken in [
            r#"{"packs":[{"blobs":[]}]}"#.to_owned(),
            format!(r#"{{"packs":[{{"id":"{id}","blobs":[{{"id":"{id}"}}]}}]}}"#),
            unknown
                .replace(r#""offset":0,"length":1,"x""#, r#""offset":4294967295,"length":1,"x""#),
            unknown
                .replace(r#""offset":0,"length":1,"x""#, r#""offset":4294967296,"length":1,"x""#),
        ] {
            assert!(IndexFile::parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
