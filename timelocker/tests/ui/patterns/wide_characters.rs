use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["写真/[猫"];

fn main() {
    let _ = RULES.rules();
}
