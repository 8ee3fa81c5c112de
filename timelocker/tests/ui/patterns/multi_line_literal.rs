use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp
     *.bak"];

fn main() {
    let _ = RULES.rules();
}
