use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::include_patterns!(exclude: file "a.exclude");

fn main() {
    let _ = RULES.rules();
}
