use timelocker::profile_operation;

#[profile_operation("store")]
struct Store;

fn main() {
    let _ = Store;
}
