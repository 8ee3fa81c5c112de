use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![b"caf\xe9/[x"];

fn main() {
    let _ = RULES.rules();
}
