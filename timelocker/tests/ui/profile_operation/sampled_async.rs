use timelocker::profile_operation;

#[profile_operation("read", sample = 10)]
async fn read() {}

fn main() {
    drop(read());
}
