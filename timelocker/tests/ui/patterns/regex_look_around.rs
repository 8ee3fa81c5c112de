use timelocker::pattern::PatternTable;

static TABLE: PatternTable = timelocker::patterns![regex r"\bcache\b"];

fn main() {
    let _ = &TABLE;
}
