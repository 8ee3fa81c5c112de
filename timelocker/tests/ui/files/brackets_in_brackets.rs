use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![exclude: ["*.tmp", ["*.bak"]]];

fn main() {
    let _ = RULES.rules();
}
