use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::include_patterns!(concat!("a", ".exclude"));

fn main() {
    let _ = RULES.rules();
}
