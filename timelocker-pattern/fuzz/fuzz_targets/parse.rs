//! Any bytes as one pattern of each dialect and as an exclude file: nothing panics, and every fault
//! points into the pattern that it is of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker_pattern::{Case, Dialect, IgnoreLines, Pattern, PatternError};

const DIALECTS: [Dialect; 4] =
    [Dialect::Gitignore, Dialect::Fnmatch, Dialect::Restic, Dialect::Regex];

fuzz_target!(|data: &[u8]| {
    for dialect in DIALECTS {
        for case in [Case::Sensitive, Case::Insensitive] {
            match Pattern::parse_with_case(data, dialect, case) {
                Ok(pattern) => assert!(pattern.fault().is_none()),
                Err(fault) => check(&fault),
            }
        }
    }
    let mut last = 0;
    for line in IgnoreLines::new(data) {
        assert!(line.number > last, "lines come in their order");
        last = line.number;
        if let Some(fault) = line.pattern.fault() {
            check(fault);
        }
    }
});

fn check(fault: &PatternError) {
    let (span, pattern) = (fault.span(), fault.pattern());
    assert!(span.start <= span.end && span.end <= pattern.len(), "{span:?} of {pattern:?}");
    assert!((1..=pattern.len() + 1).contains(&fault.column()));
    assert!(fault.to_string().lines().count() >= 5);
    assert!(!fault.message().is_empty() && !fault.help().is_empty());
}
