use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", lenient "[a"];

fn main() {
    let _ = RULES.rules();
}
