//! What profiles say beyond their patterns, as the library's user finds it.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use timelocker::monitoring::{Hook, Hooks, StatusReporter};
use timelocker::pattern::{EntryKind, Verdict};
use timelocker::retry::RetryPolicy;
use timelocker::{OnSurprise, Schedule, SurpriseGuard, Weekday, backup_profile};

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

backup_profile! {
    static WHOLE = {
        targets: ["/etc"],
        retry: {
            retries: 5, pause: "500ms", factor: 1.5, max_pause: "1m30s", jitter: 0, deadline: "2h",
        },
        verify: "0.1%",
        on_surprise: "stop",
        surprise: { more: 3, less: 0.25, changed: 0.75, slack: 1_000 },
        schedule: "weekly wed 03:30",
        settings: {
            compression: -3, pack_size: "64 MiB", verify_writes: false, append_only: true,
            bandwidth: "10 MiB/s", timeout: "1m",
        },
        hooks: {
            before: [required "mountpoint /mnt" within "10s", "sync"],
            success: "logger good",
            failure: ["logger bad"],
            finally: [],
        },
        notify: {
            desktop: true, ping: command "echo https://hc.example/1", webhook: "https://host/x",
        },
    }
}

timelocker::pattern_group! { static BUILDS = ["target/", "*.o"]; }

backup_profile! {
    static PER_TARGET = {
        targets: [
            "/a",
            "/b" => {
                exclude: [group BUILDS, "!keep.tmp"],
                assert: { "keep.tmp" => included, "x/target/y" => excluded },
            },
            b"/c" => {
                include: ["*.jpg"],
                exclude: ["*.tmp"],
                allow: [duplicate, never_decides],
                assert: { "x/" => entered },
            },
        ],
        exclude: ["*.tmp"],
        assert: { "a.tmp" => excluded },
    }
}

#[test]
fn targets_have_rules_of_their_own() {
    let [a, b, c] = PER_TARGET.targets() else { panic!("three targets") };
    assert!(a.patterns().is_none());
    assert!(std::ptr::eq(PER_TARGET.patterns_of(a), PER_TARGET.patterns()));
    let texts = |target| {
        let rules = PER_TARGET.patterns_of(target).rules();
        rules.iter().map(|rule| rule.pattern()).collect::<Vec<_>>()
    };
    assert_eq!(texts(a), [b"*.tmp"]);
    assert_eq!(texts(b), [&b"*.tmp"[..], b"target/", b"*.o", b"!keep.tmp"]);
    assert_eq!(texts(c), [&b"*.tmp"[..], b"*.tmp", b"*.jpg"]);

    let table = [
        ("keep.tmp", [Verdict::Exclude, Verdict::Include, Verdict::Exclude]),
        ("x.o", [Verdict::Include, Verdict::Exclude, Verdict::Exclude]),
        ("a.jpg", [Verdict::Include; 3]),
    ];
    for (path, expected) in table {
        let verdicts = [a, b, c]
            .map(|target| PER_TARGET.patterns_of(target).verdict(path.as_bytes(), EntryKind::File));
        assert_eq!(verdicts, expected, "{path}");
    }
}

#[test]
fn retries_are_as_written() {
    assert_eq!(BARE.retry(), RetryPolicy::new());
    let policy = RetryPolicy::new()
        .retries(5)
        .pause(Duration::from_millis(500))
        .factor(1.5)
        .max_pause(Duration::from_secs(90))
        .jitter(0.0)
        .deadline(Duration::from_secs(7200));
    assert_eq!(WHOLE.retry(), policy);
}

#[test]
fn surprises_are_as_written() {
    assert_eq!(BARE.surprise_guard(), SurpriseGuard::new(OnSurprise::Ignore));
    let guard = SurpriseGuard::new(OnSurprise::Stop).more(3.0).less(0.25).changed(0.75).slack(1000);
    assert_eq!(WHOLE.surprise_guard(), guard);
    assert_eq!(WHOLE.on_surprise(), OnSurprise::Stop);
}

#[test]
fn schedules_are_as_written() {
    assert_eq!(BARE.schedule(), None);
    let weekly = Schedule::Weekly { day: Weekday::Wednesday, hour: 3, minute: 30 };
    assert_eq!(WHOLE.schedule(), Some(weekly));
}

#[test]
fn hooks_are_as_written() {
    assert_eq!(BARE.hooks(), Hooks::new());
    let hooks = Hooks::new()
        .before(Hook::shell("mountpoint /mnt").required().time_limit(Duration::from_secs(10)))
        .before(Hook::shell("sync"))
        .success(Hook::shell("logger good"))
        .failure(Hook::shell("logger bad"));
    assert_eq!(WHOLE.hooks(), hooks);
}

#[test]
fn notifications_are_as_written() {
    let none = BARE.notifications();
    assert_eq!((none.desktop(), none.ping(), none.webhook()), (false, None, None));
    assert!(none.add_to(StatusReporter::builder()).is_ok());

    let all = WHOLE.notifications();
    assert!(all.desktop());
    assert_eq!(all.ping().unwrap().read().unwrap(), "https://hc.example/1");
    assert_eq!(all.ping().unwrap().to_string(), "command \"echo https://hc.example/1\"");
    assert_eq!(all.webhook().unwrap().read().unwrap(), "https://host/x");
    let added = all.add_to(StatusReporter::builder());
    if cfg!(feature = "webhook") {
        assert!(added.is_ok());
    } else {
        let error = added.unwrap_err().with_causes().to_string();
        assert!(error.contains("without the feature `webhook`"), "{error}");
    }
}

#[test]
fn addresses_that_are_missing_are_errors() {
    backup_profile! {
        static UNSET = {
            targets: ["/"],
            notify: { ping: env "TIMELOCKER_TEST_UNSET", webhook: command "exit 3" },
        }
    }
    let notifications = UNSET.notifications();
    let table = [
        (notifications.ping(), "the address `env \"TIMELOCKER_TEST_UNSET\"` can't be used: "),
        (notifications.webhook(), "the address `command \"exit 3\"` can't be used: it ended with "),
    ];
    for (address, expected) in table {
        let error = address.unwrap().read().unwrap_err().with_causes().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[cfg(feature = "repository")]
#[test]
fn what_is_stored_and_read_back_is_as_written() {
    use timelocker::repository::{Location, RepositorySettings, Verify};

    assert_eq!(BARE.verify(), Verify::structure());
    assert_eq!(WHOLE.verify(), Verify::structure().read_data(0.001));
    assert_eq!(BARE.settings(), RepositorySettings::new());
    let settings = RepositorySettings::new()
        .compression(-3)
        .pack_size(64 << 20)
        .verify_writes(false)
        .append_only(true);
    assert_eq!(WHOLE.settings(), settings);
    let location = format!("{:?}", WHOLE.limited(Location::directory("/mnt")));
    let expected = Location::directory("/mnt").bandwidth(10 << 20).timeout(Duration::from_secs(60));
    assert_eq!(location, format!("{expected:?}"));
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
