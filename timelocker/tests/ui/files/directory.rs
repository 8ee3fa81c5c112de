use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::include_patterns!("tests/ui");

fn main() {
    let _ = RULES.rules();
}
