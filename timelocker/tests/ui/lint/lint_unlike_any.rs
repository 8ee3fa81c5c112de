static JUNK: timelocker::pattern::PatternTable = timelocker::patterns![
    exclude: ["*.tmp"],
    deny: [warnings],
];

fn main() {}
