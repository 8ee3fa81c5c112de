use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::include_patterns!("tests/ui/files/too_large.exclude");

fn main() {
    let _ = RULES.rules();
}
