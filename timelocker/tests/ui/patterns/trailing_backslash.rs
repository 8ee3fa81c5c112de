use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["cache\\"];

fn main() {
    let _ = RULES.rules();
}
