use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", group, "*.bak"];

fn main() {
    let _ = RULES.rules();
}
