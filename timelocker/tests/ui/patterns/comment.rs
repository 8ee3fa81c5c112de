use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["# build leftovers"];

fn main() {
    let _ = RULES.rules();
}
