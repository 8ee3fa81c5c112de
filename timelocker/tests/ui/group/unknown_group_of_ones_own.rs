use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", group MY_JUNK];

fn main() {
    let _ = RULES.rules();
}
