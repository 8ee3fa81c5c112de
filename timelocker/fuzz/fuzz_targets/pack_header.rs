//! Any bytes as the header of a pack: blobs lie one after the other, and are written as they were.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker::repository::format::{header_length, parse_header, write_header};

fuzz_target!(|data: &[u8]| {
    if let Some((_, last)) = data.split_last_chunk() {
        let _ = header_length(data.len() as u64, *last);
    }
    if let Ok(blobs) = parse_header(data, 1 << 24) {
        let mut header = Vec::new();
        write_header(&blobs, &mut header);
        assert_eq!(header, data);
        let mut end = 0;
        for blob in blobs {
            assert_eq!(blob.offset, end);
            end = blob.end().expect("it lies before the header");
        }
        assert!(end <= 1 << 24);
    }
});
