use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::include_patterns!("tests/ui/files/binary.exclude");

fn main() {
    let _ = RULES.rules();
}
