#![forbid(nonstandard_style, non_upper_case_globals, deprecated)]

static JUNK: timelocker::pattern::PatternTable = timelocker::patterns!["*.tmp", "*.tmp"];

fn main() {}
