//! Each fault in the use of `#[profile_operation]` has its own message at its own place.

#[test]
fn faults() {
    trybuild::TestCases::new().compile_fail("tests/ui/profile_operation/*.rs");
}
