use timelocker::pattern::PatternTable;

static TABLE: PatternTable = timelocker::patterns![regex r"^cache/(a|b"];

fn main() {
    let _ = &TABLE;
}
