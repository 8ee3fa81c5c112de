#![deny(deprecated)]

static JUNK: timelocker::pattern::PatternTable =
    timelocker::include_patterns!("tests/ui/lint/repetitive.exclude");

fn main() {}
