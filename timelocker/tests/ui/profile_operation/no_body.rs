use timelocker::profile_operation;

trait Backend {
    #[profile_operation("read")]
    fn read(&self);
}

fn main() {}
