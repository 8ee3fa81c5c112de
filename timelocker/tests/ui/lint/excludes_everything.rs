static JUNK: timelocker::pattern::PatternTable = timelocker::patterns!["*.log", "**"];

fn main() {}
