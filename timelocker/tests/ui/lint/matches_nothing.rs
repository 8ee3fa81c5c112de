static JUNK: timelocker::pattern::PatternTable = timelocker::patterns![regex "^/home/"];

fn main() {}
