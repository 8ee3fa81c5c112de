use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["a\0b"];

fn main() {
    let _ = RULES.rules();
}
