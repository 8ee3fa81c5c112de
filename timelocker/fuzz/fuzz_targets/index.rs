//! Any bytes as an index file: it is read again as it was written, and every blob is found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker::repository::format::{Id, IndexBuilder, IndexFile};

fuzz_target!(|data: &[u8]| {
    let Ok(file) = IndexFile::parse(data) else { return };
    assert_eq!(IndexFile::parse(&file.encode()).expect("it was written here"), file);
    let mut builder = IndexBuilder::default();
    let id = Id::of(data);
    let is_superseded = file.supersedes.contains(&id);
    builder.add(id, file.clone());
    let index = builder.build();
    for pack in file.packs.iter().filter(|_| !is_superseded) {
        for blob in &pack.blobs {
            assert!(index.find(blob.kind, &blob.id).any(|place| place.pack == pack.id));
        }
    }
});
