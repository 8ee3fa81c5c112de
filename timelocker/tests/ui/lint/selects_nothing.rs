static DOCUMENTS: timelocker::pattern::PatternTable = timelocker::patterns![
    exclude: ["/home/"],
    include: ["/home/me/Documents/"],
    allow: [never_decides],
];

fn main() {}
