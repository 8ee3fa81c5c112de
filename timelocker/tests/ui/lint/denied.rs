static JUNK: timelocker::pattern::PatternTable = timelocker::patterns![
    exclude: ["*.tmp", "cache/", "*.tmp"],
    deny: [duplicate],
];

fn main() {}
