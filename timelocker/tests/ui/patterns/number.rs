use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", 7];

fn main() {
    let _ = RULES.rules();
}
