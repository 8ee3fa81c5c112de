use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![
    exclude: ["*.tmp"],
    assert: { "a.tmp" => included },
];

fn main() {
    let _ = RULES.rules();
}
