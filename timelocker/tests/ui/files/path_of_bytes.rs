use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::include_patterns!(b"list.exclude");

fn main() {
    let _ = RULES.rules();
}
