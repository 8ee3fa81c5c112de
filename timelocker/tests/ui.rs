//! One file for each fault that the macros report: the message is part of the interface.
//!
//! After a change that is meant, `TRYBUILD=overwrite cargo test -p timelocker --test ui` writes the
//! expected output anew.

use std::path::Path;

#[test]
fn patterns() {
    trybuild::TestCases::new().compile_fail("tests/ui/patterns/*.rs");
}

#[test]
fn profiles() {
    trybuild::TestCases::new().compile_fail("tests/ui/profile/*.rs");
}

#[test]
fn repositories() {
    trybuild::TestCases::new().compile_fail("tests/ui/repository/*.rs");
}

#[test]
fn settings() {
    trybuild::TestCases::new().compile_fail("tests/ui/settings/*.rs");
}

#[test]
fn targets() {
    trybuild::TestCases::new().compile_fail("tests/ui/target/*.rs");
}

#[test]
fn files() {
    copy_lists("tests/ui/files");
    trybuild::TestCases::new().compile_fail("tests/ui/files/*.rs");
}

#[test]
fn assertions() {
    copy_lists("tests/ui/assert");
    trybuild::TestCases::new().compile_fail("tests/ui/assert/*.rs");
}

#[test]
fn lints() {
    copy_lists("tests/ui/lint");
    trybuild::TestCases::new().compile_fail("tests/ui/lint/*.rs");
}

#[test]
fn groups() {
    trybuild::TestCases::new().compile_fail("tests/ui/group/*.rs");
}

#[test]
fn directory_rules() {
    trybuild::TestCases::new().compile_fail("tests/ui/directory_rules/*.rs");
}

#[test]
#[cfg_attr(not(feature = "performance"), ignore = "places differ where nothing is measured")]
fn profile_operation() {
    trybuild::TestCases::new().compile_fail("tests/ui/profile_operation/*.rs");
}

/// Puts the lists of a directory where the tests' own `Cargo.toml` is: paths are relative to that.
fn copy_lists(directory: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let copies = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME")).join(directory);
    std::fs::create_dir_all(&copies).expect("a directory for the lists");
    for list in Path::new(directory).read_dir().expect("the lists") {
        let list = list.expect("the lists").path();
        if let Some(name) = list.file_name()
            && list.extension().is_some_and(|extension| extension == "exclude")
        {
            std::fs::copy(&list, copies.join(name)).expect("a copy of the list");
        }
    }
}
