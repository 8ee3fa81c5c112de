use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![exclude: ["*.tmp"], include: []];

fn main() {
    let _ = RULES.rules();
}
