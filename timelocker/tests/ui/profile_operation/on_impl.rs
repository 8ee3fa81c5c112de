use timelocker::profile_operation;

struct Store;

#[profile_operation]
impl Store {}

fn main() {}
