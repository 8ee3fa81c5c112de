#![deny(deprecated)]

static JUNK: timelocker::pattern::PatternTable = timelocker::patterns!["*.tmp", "cache/", "*.tmp"];

fn main() {}
