static DOCUMENTS: timelocker::pattern::PatternTable = timelocker::patterns![
    include: ["*.odt", "!*.odt"],
    allow: [never_decides],
];

fn main() {}
