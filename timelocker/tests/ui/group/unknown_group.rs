use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["*.tmp", group temprary_files, "*.bak"];

fn main() {
    let _ = RULES.rules();
}
