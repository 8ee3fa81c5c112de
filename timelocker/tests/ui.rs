//! One file for each fault that the macros report: the message is part of the interface.
//!
//! After a change that is meant, `TRYBUILD=overwrite cargo test -p timelocker --test ui` writes the
//! expected output anew.

#[test]
fn patterns() {
    trybuild::TestCases::new().compile_fail("tests/ui/patterns/*.rs");
}

#[test]
fn profiles() {
    trybuild::TestCases::new().compile_fail("tests/ui/profile/*.rs");
}

#[test]
#[cfg_attr(not(feature = "performance"), ignore = "places differ where nothing is measured")]
fn profile_operation() {
    trybuild::TestCases::new().compile_fail("tests/ui/profile_operation/*.rs");
}
