use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::include_patterns!("");

fn main() {
    let _ = RULES.rules();
}
