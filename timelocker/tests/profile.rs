//! What profiles say beyond their patterns, as the library's user finds it.

#![allow(clippy::unwrap_used)]

use timelocker::backup_profile;

backup_profile! {
    static BARE = { targets: ["/etc"] }

    static SAVED = {
        targets: ["/etc"],
        repository: "rest:https://backup.example/home",
        password: env "TIMELOCKER_TEST_PASSWORD",
    }
    static ON_DISK = { targets: ["/etc"], repository: "/mnt//$$x", password: file "~/.config/x" }
    static BY_COMMAND = { targets: ["/etc"], password: command "echo told" }
    static BY_KEYRING = { targets: ["/etc"], password: keyring "backup" "ada" }
    static BY_PROMPT = { targets: ["/etc"], password: prompt }
    static NOWHERE = {
        targets: ["/etc/${TIMELOCKER_TEST_UNSET}"],
        repository: "$TIMELOCKER_TEST_UNSET",
        password: file "$TIMELOCKER_TEST_UNSET/x",
    }
}

#[test]
fn repositories_are_where_they_are_written() {
    assert_eq!(BARE.repository(), None);
    assert_eq!(BARE.resolved_repository(), Ok(None));
    assert_eq!(SAVED.repository(), Some("rest:https://backup.example/home"));
    assert_eq!(ON_DISK.repository(), Some("/mnt//$$x"));
    assert_eq!(ON_DISK.resolved_repository().unwrap().as_deref(), Some("/mnt//$x"));
}

#[test]
fn an_unset_variable_is_named_with_what_needs_it() {
    let target = NOWHERE.resolved_targets().unwrap_err();
    assert_eq!(target.target(), Some(NOWHERE.targets()[0]));
    let repository = NOWHERE.resolved_repository().unwrap_err();
    for (error, part) in [(target, "the target /etc/${"), (repository, "the repository $")] {
        assert_eq!(error.variable(), Some("TIMELOCKER_TEST_UNSET"));
        assert!(error.to_string().starts_with(part), "{error}");
    }
}

#[test]
fn sources_of_passwords_are_shown_as_written() {
    assert_eq!(BARE.password(), None);
    let table = [
        (&SAVED, "env \"TIMELOCKER_TEST_PASSWORD\""),
        (&ON_DISK, "file \"~/.config/x\""),
        (&BY_COMMAND, "command \"echo told\""),
        (&BY_KEYRING, "keyring \"backup\" \"ada\""),
        (&BY_PROMPT, "prompt"),
    ];
    for (profile, shown) in table {
        let source = profile.password().unwrap();
        assert_eq!(source.to_string(), shown);
        assert_eq!(source.is_prompt(), shown == "prompt");
    }
}

#[cfg(feature = "repository")]
mod passwords {
    use timelocker::repository::Repository;

    use super::*;

    /// A password is shown by no one: whether it is the right one is told by a repository.
    fn opens(source: &timelocker::PasswordSource, password: &str) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let password = timelocker::repository::Password::new(password);
        Repository::init(directory.path(), &password).unwrap();
        Repository::open(directory.path(), &source.read().unwrap()).is_ok()
    }

    #[test]
    fn are_read_from_their_sources() {
        assert!(opens(BY_COMMAND.password().unwrap(), "told"));
    }

    #[test]
    fn that_are_missing_are_errors() {
        let read = |profile: &timelocker::Profile| profile.password().unwrap().read().unwrap_err();
        let error = read(&SAVED);
        assert!(error.is_no_password());
        assert!(error.to_string().contains("set TIMELOCKER_TEST_PASSWORD"), "{error}");
        let error = read(&NOWHERE).with_causes().to_string();
        assert!(error.contains("$TIMELOCKER_TEST_UNSET/x"), "{error}");
        assert!(error.contains("needs the variable TIMELOCKER_TEST_UNSET"), "{error}");
    }

    #[cfg(not(feature = "keyring"))]
    #[test]
    fn in_a_keyring_take_the_feature() {
        let error = BY_KEYRING.password().unwrap().read().unwrap_err().with_causes().to_string();
        assert!(error.contains("`ada` for the service `backup`"), "{error}");
        assert!(error.contains("without the feature `keyring`"), "{error}");
    }

    #[cfg(feature = "keyring")]
    #[test]
    fn in_a_keyring_are_read() {
        let store = keyring_core::mock::Store::new().unwrap();
        keyring_core::set_default_store(store);
        let error = BY_KEYRING.password().unwrap().read().unwrap_err().with_causes().to_string();
        assert!(error.contains("`ada` for the service `backup`: "), "{error}");

        let entry = keyring_core::Entry::new("backup", "ada").unwrap();
        entry.set_password("kept").unwrap();
        assert!(opens(BY_KEYRING.password().unwrap(), "kept"));
    }
}
