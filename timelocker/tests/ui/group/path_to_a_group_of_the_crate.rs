use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![group timelocker::pattern::groups::temporary_files];

fn main() {
    let _ = RULES.rules();
}
