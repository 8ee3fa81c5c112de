use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", JUNK, concat!("*.", "bak")];

fn main() {
    let _ = RULES.rules();
}
