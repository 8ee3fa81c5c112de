//! A password from a real keyring: GNOME's, on a bus of its own.
//!
//! The test runs itself as the program that asks.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod support;

use std::env;
use std::process::{Command, Stdio};

use timelocker::repository::{Password, Repository};

use crate::support::{Lab, PASSWORD};

const CHILD: &str = "TIMELOCKER_TEST_KEYRING";

/// Not a test of its own: what asks the keyring.
#[test]
fn child() {
    let Some(repository) = env::var_os(CHILD) else { return };
    let password = Password::from_keyring("timelocker-test", "home").unwrap();
    drop(Repository::open(repository, &password).unwrap());
    let error = Password::from_keyring("timelocker-test", "nobody").unwrap_err();
    assert!(error.to_string().contains("`nobody`"), "{error}");
    println!("opened");
}

#[test]
fn a_password_comes_from_the_keyring() {
    let tools = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"];
    if tools.iter().any(|tool| timelocker_tests::tool(tool).is_none()) {
        return;
    }
    let lab = Lab::new();
    let script = r#"
        set -e
        printf unlock | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        printf %s "$PASSWORD" |
            secret-tool store --label=test service timelocker-test username home
        exec "$0" --exact child --nocapture
    "#;
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .arg(env::current_exe().unwrap())
        .env(CHILD, lab.path("repository"))
        .env("PASSWORD", PASSWORD)
        // A home of its own: the keyring is a file below it.
        .env("HOME", lab.path("home"))
        .env("XDG_DATA_HOME", lab.path("home/data"))
        .env("XDG_RUNTIME_DIR", lab.directory())
        .env_remove("DISPLAY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("opened"), "{said}{failed}");
}

#[test]
fn without_a_keyring_there_is_an_error() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "no_keyring", "--nocapture"])
        .env(CHILD, "none")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("no keyring"), "{output:?}");
}

/// Not a test of its own: what asks in vain.
#[test]
fn no_keyring() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let error = Password::from_keyring("timelocker-test", "home").unwrap_err();
    assert!(error.to_string().contains("the keyring gave no password"), "{error}");
    println!("no keyring");
}
