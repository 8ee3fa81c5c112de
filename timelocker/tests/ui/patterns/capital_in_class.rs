use timelocker::pattern::PatternTable;

static TABLE: PatternTable = timelocker::patterns![nocase "[RL]eadme*"];

fn main() {
    let _ = &TABLE;
}
