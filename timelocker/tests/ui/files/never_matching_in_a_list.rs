use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", file "tests/ui/files/never_matching.exclude", "[a"];

fn main() {
    let _ = RULES.rules();
}
