use timelocker::pattern::PatternTable;

static RULES: PatternTable = timelocker::patterns!["srv/alpha/srv/bravo/srv/charlie/srv/delta/srv/echo/srv/foxtrot/srv/golf/srv/hotel/srv/india/srv/juliett/srv/kilo/srv/lima/[x/mike/november/oscar/papa/quebec/romeo"];

fn main() {
    let _ = RULES.rules();
}
