use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp\n*.bak"];

fn main() {
    let _ = RULES.rules();
}
