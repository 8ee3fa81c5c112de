//! Any bytes as a snapshot file: it is read again as it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker::repository::format::SnapshotFile;

fuzz_target!(|data: &[u8]| {
    let Ok(snapshot) = SnapshotFile::parse(data) else { return };
    let _ = snapshot.time();
    let text = snapshot.encode().expect("it was read");
    assert_eq!(SnapshotFile::parse(&text).expect("it was written here"), snapshot);
});
