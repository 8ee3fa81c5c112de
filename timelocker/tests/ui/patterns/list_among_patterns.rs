use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", include: ["*.jpg"]];

fn main() {
    let _ = RULES.rules();
}
