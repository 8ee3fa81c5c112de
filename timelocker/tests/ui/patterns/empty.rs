use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![""];

fn main() {
    let _ = RULES.rules();
}
