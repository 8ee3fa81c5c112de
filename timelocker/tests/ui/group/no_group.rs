timelocker::pattern_group! {}

fn main() {}
