use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![c"*.tmp"];

fn main() {
    let _ = RULES.rules();
}
