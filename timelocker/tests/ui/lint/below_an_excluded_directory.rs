#![deny(deprecated)]

static JUNK: timelocker::pattern::PatternTable = timelocker::patterns!["cache/", "/cache/**/*.tmp"];

fn main() {}
