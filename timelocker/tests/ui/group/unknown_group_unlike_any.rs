use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", group photos];

fn main() {
    let _ = RULES.rules();
}
