#![deny(deprecated)]

static JUNK: timelocker::pattern::PatternTable = timelocker::patterns!["!important.log", "*.log"];

fn main() {}
