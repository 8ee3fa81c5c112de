use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", "*a????????????????", "*.bak"];

fn main() {
    let _ = RULES.rules();
}
