use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![exclude: ["*.tmp"], ignore: ["*.bak"]];

fn main() {
    let _ = RULES.rules();
}
