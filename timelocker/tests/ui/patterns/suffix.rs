use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp"rs];

fn main() {
    let _ = RULES.rules();
}
