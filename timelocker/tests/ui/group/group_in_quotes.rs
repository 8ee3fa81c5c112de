use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", group "temporary_files"];

fn main() {
    let _ = RULES.rules();
}
