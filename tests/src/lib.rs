//! Shared helpers of the tests.

timelocker::pattern_group! {
    /// A group that the tests use from another crate.
    pub static SHARED = ["shared/", group media_files];
}
