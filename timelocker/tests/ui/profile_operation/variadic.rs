use timelocker::profile_operation;

#[profile_operation("print")]
unsafe extern "C" fn print(_: *const u8, _: ...) {}

fn main() {}
