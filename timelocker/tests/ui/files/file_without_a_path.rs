use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", file, "*.bak"];

fn main() {
    let _ = RULES.rules();
}
