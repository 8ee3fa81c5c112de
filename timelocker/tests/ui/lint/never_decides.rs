#![deny(deprecated)]

static JUNK: timelocker::pattern::PatternTable = timelocker::patterns![
    "debug.log",
    "*.o",
    "*.l?g",
];

fn main() {}
