use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["src/[ab"];

fn main() {
    let _ = RULES.rules();
}
