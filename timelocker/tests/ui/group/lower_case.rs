timelocker::pattern_group! {
    static my_junk = ["*.tmp"];
}

fn main() {}
