use timelocker::pattern::PatternTable;

static TABLE: PatternTable = timelocker::patterns![restic "*[._]log[.-][0-9]"];

fn main() {
    let _ = &TABLE;
}
