//! Any bytes as a key file: its parameters are within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker::repository::format::KeyFile;

fuzz_target!(|data: &[u8]| {
    if let Ok(file) = KeyFile::parse(data) {
        assert!((1..=32).contains(&file.log_n));
        assert!((128u64 << file.log_n) * u64::from(file.r) <= 4 << 30);
    }
});
