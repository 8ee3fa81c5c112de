use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["a//b"];

fn main() {
    let _ = RULES.rules();
}
