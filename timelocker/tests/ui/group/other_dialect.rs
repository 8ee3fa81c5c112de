timelocker::pattern_group! {
    static OLD = [restic "/cache/**"];
}

fn main() {
    let _ = &OLD;
}
