use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![r#"quo"te\"#];

fn main() {
    let _ = RULES.rules();
}
