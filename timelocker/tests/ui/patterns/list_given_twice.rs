use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![exclude: ["*.tmp"], exclude: ["*.bak"]];

fn main() {
    let _ = RULES.rules();
}
