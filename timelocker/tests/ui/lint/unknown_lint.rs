static JUNK: timelocker::pattern::PatternTable = timelocker::patterns![
    exclude: ["*.tmp"],
    allow: [duplicates],
];

fn main() {}
