use timelocker::profile_operation;

#[profile_operation]
const LIMIT: u32 = 3;

fn main() {}
