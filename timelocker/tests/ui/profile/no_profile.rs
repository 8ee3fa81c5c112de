timelocker::backup_profile! {}

fn main() {}
