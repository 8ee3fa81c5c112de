static JUNK: timelocker::pattern::PatternTable = timelocker::patterns![
    exclude: ["*.tmp"],
    allow: [duplicate],
    deny: [duplicate],
];

fn main() {}
