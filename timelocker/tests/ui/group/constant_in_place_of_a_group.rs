use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", JUNK];

fn main() {
    let _ = RULES.rules();
}
