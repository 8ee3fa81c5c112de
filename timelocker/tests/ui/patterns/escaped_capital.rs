use timelocker::pattern::PatternTable;

static TABLE: PatternTable = timelocker::patterns![nocase r"\Readme*"];

fn main() {
    let _ = &TABLE;
}
