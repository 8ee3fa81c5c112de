use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns![
    exclude: ["*.tmp", "[", "ok", "b//c", 5],
    include: [r"x\", "*.jpg" "!"],
];

fn main() {
    let _ = RULES.rules();
}
