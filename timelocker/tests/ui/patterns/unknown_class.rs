use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.[[:letter:]]"];

fn main() {
    let _ = RULES.rules();
}
