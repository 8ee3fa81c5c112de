//! Snapshots that are listed, searched, compared, forgotten and pruned.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use timelocker::pattern::{Dialect, EntryKind, Pattern};
use timelocker::repository::{
    BackupOptions, ChangeKind, CheckDepth, ForgetPlan, Listed, Password, Progress, PruneOptions,
    Repository, Snapshot, SnapshotFilter, Stage,
};
use timelocker::walk::FileType;
use timelocker::{CancelToken, Error, Retention, Within};
use timelocker_tests::Random;

use crate::support::{Lab, PASSWORD, assert_same, build_tree, facts, noise, write};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

const DAY: u64 = 86_400;

#[test]
fn a_filter_takes_what_meets_all_conditions() {
    let lab = Lab::new();
    for (host, tag, day) in [("one", "daily", 1), ("one", "weekly", 2), ("two", "daily", 3)] {
        lab.save(&BackupOptions::new().host(host).tag(tag).time(at(day * DAY)));
    }
    let days = |filter: SnapshotFilter| {
        let snapshots = lab.repository.snapshots_matching(&filter).unwrap();
        let day = |time: SystemTime| time.duration_since(at(0)).unwrap().as_secs() / DAY;
        snapshots.iter().map(|snapshot| day(snapshot.time())).collect::<Vec<_>>()
    };
    let filter = SnapshotFilter::new;
    assert_eq!(days(filter()), [1, 2, 3]);
    assert_eq!(days(filter().host("one")), [1, 2]);
    assert_eq!(days(filter().host("one").tag("daily")), [1]);
    assert_eq!(days(filter().host("one").host("two").tag("daily")), [1, 3]);
    assert_eq!(days(filter().since(at(2 * DAY))), [2, 3]);
    assert_eq!(days(filter().until(at(2 * DAY)).since(at(2 * DAY))), [2]);
    assert_eq!(days(filter().path(lab.tree().to_str().unwrap())), [1, 2, 3]);
    assert_eq!(days(filter().path("/elsewhere")), [0; 0]);
}

#[test]
fn labels_tell_snapshots_apart() {
    let lab = Lab::new();
    let save = |label: &str, day: u64| {
        let options = BackupOptions::new().label(label).time(at(day * DAY));
        let outcome = lab.backup(&options);
        let parent = outcome.report().snapshot().parent();
        (outcome.report().snapshot().clone(), parent)
    };
    let (unlabelled, _) = save("", 1);
    assert_eq!(unlabelled.label(), None);
    // Without a label it may be of anything, and so tells which files are unchanged.
    let (first, parent) = save("one", 2);
    assert_eq!((first.label(), parent.as_deref()), (Some("one"), Some(unlabelled.id())));
    let (_, parent) = save("two", 3);
    assert_eq!(parent.as_deref(), Some(unlabelled.id()));
    let (_, parent) = save("one", 4);
    assert_eq!(parent.as_deref(), Some(first.id()));
    let days = |filter: SnapshotFilter| {
        let snapshots = lab.repository.snapshots_matching(&filter).unwrap();
        let day = |time: SystemTime| time.duration_since(at(0)).unwrap().as_secs() / DAY;
        snapshots.iter().map(|snapshot| day(snapshot.time())).collect::<Vec<_>>()
    };
    assert_eq!(days(SnapshotFilter::new().label("one")), [2, 4]);
    assert_eq!(days(SnapshotFilter::new().label("").label("two")), [1, 3]);
}

/// By [`Repository::list`] and the pattern alone.
fn searched_one_by_one(repository: &Repository, pattern: &Pattern) -> Vec<(String, Vec<PathBuf>)> {
    let mut found = Vec::new();
    for snapshot in repository.snapshots().unwrap() {
        let mut paths = Vec::new();
        let listed = repository.list(&snapshot, "/", |entry| {
            let path = entry.path().strip_prefix("/").unwrap().as_os_str().as_bytes();
            let kind = match entry.file_type() {
                FileType::Directory => EntryKind::Directory,
                _ => EntryKind::File,
            };
            if pattern.matches(path, kind) {
                paths.push(entry.path().to_path_buf());
            }
            ControlFlow::Continue(())
        });
        listed.unwrap();
        if !paths.is_empty() {
            found.push((snapshot.id().to_owned(), paths));
        }
    }
    found
}

#[test]
fn a_search_finds_what_one_path_after_the_other_would() {
    let lab = Lab::new();
    for path in ["a/b/x.odt", "a/b/y", "a/x.odt/below", "a/c/x", "same/b/x.odt", "same/deep/er/z"] {
        write(&lab.tree().join(path), path.as_bytes());
    }
    lab.save(&BackupOptions::new());
    write(&lab.tree().join("a/b/new.odt"), b"new");
    lab.save(&BackupOptions::new());
    fs::remove_dir_all(lab.tree().join("a/x.odt")).unwrap();
    fs::rename(lab.tree().join("a/c"), lab.tree().join("a/d")).unwrap();
    lab.save(&BackupOptions::new());

    let tree = lab.tree();
    let tree = tree.to_str().unwrap();
    let patterns =
        ["*.odt", "b", "b/", "x*/", "*", "a/**/x", "**/deep/**", "/*", "nothing", "**/a/*/x.odt"];
    let anchored = [format!("{tree}/a/b/*"), format!("{tree}/*/b"), format!("{tree}/same/")];
    let mut matches = 0;
    for text in patterns.iter().map(|text| (*text).to_owned()).chain(anchored) {
        let pattern = Pattern::parse(text.as_bytes(), Dialect::Gitignore).unwrap();
        let mut found = Vec::new();
        let all = SnapshotFilter::new();
        let cancel = CancelToken::new();
        let searched = lab.repository.search(&pattern, &all, &cancel, |snapshot, entries| {
            let paths: Vec<_> = entries.iter().map(|entry| entry.path().to_path_buf()).collect();
            matches += paths.len();
            found.push((snapshot.id().to_owned(), paths));
            ControlFlow::Continue(())
        });
        searched.unwrap();
        assert_eq!(found, searched_one_by_one(&lab.repository, &pattern), "{text}");
    }
    assert!(matches > 50, "{matches}");

    let pattern = Pattern::parse(b"*", Dialect::Gitignore).unwrap();
    let mut snapshots = 0;
    let first_only = |_: &Snapshot, _: &[&Listed]| {
        snapshots += 1;
        ControlFlow::Break(())
    };
    let all = SnapshotFilter::new();
    lab.repository.search(&pattern, &all, &CancelToken::new(), first_only).unwrap();
    assert_eq!(snapshots, 1);
    let cancelled = CancelToken::new();
    cancelled.cancel();
    let go_on = |_: &Snapshot, _: &[&Listed]| ControlFlow::Continue(());
    let error = lab.repository.search(&pattern, &all, &cancelled, go_on).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

#[test]
fn contents_are_compared_with_the_disk() {
    let lab = Lab::new();
    let tree = lab.tree();
    let big = noise(3, 3 << 20);
    for (name, contents) in [("big", &big[..]), ("empty", b""), ("same", b"x"), ("touched", b"x")] {
        write(&tree.join(name), contents);
    }
    let snapshot = lab.backup(&BackupOptions::new());
    let snapshot = snapshot.report().snapshot();
    let of_disk = || {
        let cancel = CancelToken::new();
        let changes = lab.repository.diff_contents_with_disk(snapshot, &lab.source(), &cancel);
        let changes = changes.unwrap();
        let name = |path: &Path| path.strip_prefix(&tree).unwrap().to_str().unwrap().to_owned();
        assert!(changes.is_complete());
        let changes = changes.changes().iter();
        changes.map(|change| (name(change.path()), change.kind())).collect::<Vec<_>>()
    };
    assert_eq!(of_disk(), []);

    // One bit is another, and the time is set back.
    let time = fs::metadata(tree.join("big")).unwrap().modified().unwrap();
    let mut other = big.clone();
    other[2 << 20] ^= 1;
    fs::write(tree.join("big"), &other).unwrap();
    fs::File::open(tree.join("big")).unwrap().set_modified(time).unwrap();
    fs::File::open(tree.join("touched")).unwrap().set_modified(at(DAY)).unwrap();
    assert_eq!(
        of_disk(),
        [
            ("big".to_owned(), ChangeKind::Modified),
            ("touched".to_owned(), ChangeKind::MetadataChanged),
        ],
    );
    let by_times = lab.repository.diff_with_disk(snapshot, &lab.source()).unwrap();
    // The time of change of its metadata gives it away: a backup would read it as well.
    let by_times: Vec<_> = by_times.into_iter().map(|change| change.path().to_path_buf()).collect();
    assert_eq!(by_times, [tree.join("big"), tree.join("touched")]);
}

#[test]
fn a_path_is_found_over_snapshots() {
    let lab = Lab::new();
    let file = lab.tree().join("folder/file");
    let find = || lab.repository.find(&file, &SnapshotFilter::new()).unwrap();
    lab.save(&BackupOptions::new());
    assert!(find().is_empty());
    write(&file, b"one");
    lab.save(&BackupOptions::new());
    lab.save(&BackupOptions::new());
    write(&file, b"other");
    lab.save(&BackupOptions::new());
    fs::remove_file(&file).unwrap();
    lab.save(&BackupOptions::new());
    symlink("nowhere", &file).unwrap();
    lab.save(&BackupOptions::new());

    let found = find();
    let sizes: Vec<_> = found
        .iter()
        .map(|found| (found.file_type(), found.size(), found.is_same_as_before()))
        .collect();
    let file_of = |size, same| (FileType::File, size, same);
    assert_eq!(
        sizes,
        [file_of(3, false), file_of(3, true), file_of(5, false), (FileType::Symlink, 7, false)]
    );
    let snapshots = lab.repository.snapshots().unwrap();
    let numbers: Vec<_> = found
        .iter()
        .map(|found| {
            snapshots.iter().position(|other| other.id() == found.snapshot().id()).unwrap()
        })
        .collect();
    assert_eq!(numbers, [1, 2, 3, 5]);
    let folder = lab.repository.find(lab.tree(), &SnapshotFilter::new()).unwrap();
    assert_eq!(folder.len(), 6);
}

#[test]
fn differences_are_told() {
    let lab = Lab::new();
    let tree = lab.tree();
    write(&tree.join("same/file"), b"x");
    write(&tree.join("changed"), b"before");
    write(&tree.join("removed/a/b"), b"x");
    write(&tree.join("private"), b"x");
    write(&tree.join("becomes a directory"), b"x");
    symlink("here", tree.join("link")).unwrap();
    let first = lab.backup(&BackupOptions::new());
    let first = first.report().snapshot();
    assert_eq!(lab.repository.diff(first, first).unwrap(), []);
    let unchanged = lab.repository.diff_with_disk(first, &lab.source()).unwrap();
    assert_eq!((unchanged.changes(), unchanged.is_complete()), (&[][..], true));

    write(&tree.join("changed"), b"after");
    fs::remove_dir_all(tree.join("removed")).unwrap();
    fs::set_permissions(tree.join("private"), Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(tree.join("becomes a directory")).unwrap();
    write(&tree.join("becomes a directory/file"), b"x");
    write(&tree.join("new/file"), b"x");
    fs::remove_file(tree.join("link")).unwrap();
    symlink("there", tree.join("link")).unwrap();

    use ChangeKind::{Added, MetadataChanged, Modified, Removed, TypeChanged};
    let expected = [
        ("", MetadataChanged),
        ("becomes a directory", TypeChanged),
        ("becomes a directory/file", Added),
        ("changed", Modified),
        ("link", Modified),
        ("new", Added),
        ("new/file", Added),
        ("private", MetadataChanged),
        ("removed", Removed),
        ("removed/a", Removed),
        ("removed/a/b", Removed),
    ];
    let of_disk = lab.repository.diff_with_disk(first, &lab.source()).unwrap();
    let second = lab.backup(&BackupOptions::new());
    let second = second.report().snapshot();
    let of_snapshots = lab.repository.diff(first, second).unwrap();
    // A change of permissions is a change of the file to a backup, which reads it again.
    let private = expected.iter().position(|(path, _)| *path == "private").unwrap();
    let mut expected_of_disk = expected;
    expected_of_disk[private].1 = Modified;
    assert!(of_disk.is_complete());
    let of_disk: Vec<_> = of_disk.into_iter().collect();
    for (changes, expected) in [(of_disk, expected_of_disk), (of_snapshots, expected)] {
        let changes: Vec<_> = changes
            .iter()
            // Other programs may change the directories above.
            .filter_map(|change| Some((change.path().strip_prefix(&tree).ok()?, change.kind())))
            .collect();
        assert_eq!(changes, expected.map(|(path, kind)| (Path::new(path), kind)));
    }
    // The other way round.
    let back = lab.repository.diff(second, first).unwrap();
    assert!(
        back.iter()
            .any(|change| change.path() == tree.join("new/file") && change.kind() == Removed)
    );
}

/// What `restic forget` would keep, by ids.
fn restic_keeps(lab: &Lab, arguments: &[&str]) -> Option<BTreeSet<String>> {
    let restic = timelocker_tests::tool("restic")?;
    let output = Command::new(restic)
        .args(["forget", "--dry-run", "--json", "--no-cache"])
        .args(arguments)
        .env("RESTIC_REPOSITORY", lab.path("repository"))
        .env("RESTIC_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let groups: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut ids = BTreeSet::new();
    for group in groups.as_array().unwrap() {
        for snapshot in group["keep"].as_array().into_iter().flatten() {
            ids.insert(snapshot["id"].as_str().unwrap().to_owned());
        }
    }
    Some(ids)
}

fn kept(plan: &ForgetPlan) -> BTreeSet<String> {
    plan.kept().map(|snapshot| snapshot.id().to_owned()).collect()
}

#[test]
fn what_is_kept_is_what_restic_keeps() {
    let lab = Lab::new();
    let mut random = Random::new(7);
    // Over three years, at their turns too, and several within an hour.
    let mut time = 1_640_000_000;
    for number in 0..40 {
        let steps = [600, 7_200, DAY, 3 * DAY, 9 * DAY, 40 * DAY, 120 * DAY];
        time += steps[random.below(steps.len())] + random.below(1_000) as u64;
        let mut options = BackupOptions::new().time(at(time)).host(["a", "b"][number % 2]);
        if random.one_in(6) {
            options = options.tag("release");
        }
        lab.save(&options);
    }
    let within = |text: &str| Retention::new().within(text.parse().unwrap());
    let cases = [
        (Retention::new().last(5), "--keep-last 5"),
        (Retention::new().hourly(6), "--keep-hourly 6"),
        (Retention::new().daily(7), "--keep-daily 7"),
        (Retention::new().weekly(6), "--keep-weekly 6"),
        (Retention::new().monthly(6), "--keep-monthly 6"),
        (Retention::new().yearly(2), "--keep-yearly 2"),
        (within("1y2m3d4h"), "--keep-within 1y2m3d4h"),
        (
            within("30d").tag("release").last(1),
            "--keep-within 30d --keep-tag release --keep-last 1",
        ),
        (
            Retention::new().last(2).daily(3).weekly(4).monthly(5),
            "--keep-last 2 --keep-daily 3 --keep-weekly 4 --keep-monthly 5",
        ),
        (Retention::new().yearly(100), "--keep-yearly 100"),
    ];
    let mut compared = 0;
    for (retention, arguments) in cases {
        let plan = lab.repository.plan_forget(&retention, &SnapshotFilter::new()).unwrap();
        assert_eq!(plan.groups().len(), 2);
        let arguments: Vec<_> = arguments.split(' ').collect();
        let Some(expected) = restic_keeps(&lab, &arguments) else { return };
        let ours = kept(&plan);
        // The oldest of a group is kept by us, and by newer restics, as long as a count is left.
        let oldest: BTreeSet<_> = plan
            .groups()
            .iter()
            .map(|group| group.decisions().last().unwrap().snapshot().id().to_owned())
            .collect();
        let without = |ids: &BTreeSet<String>| ids.difference(&oldest).cloned().collect::<Vec<_>>();
        assert_eq!(without(&ours), without(&expected), "{retention}\n{plan}");
        assert!(expected.is_subset(&ours));
        compared += ours.len();
    }
    assert!(compared > 60);
}

#[test]
fn a_plan_explains_itself_and_nothing_else_goes() {
    let lab = Lab::new();
    for (day, tag) in [(10, "a"), (11, "release"), (12, "a"), (13, "a")] {
        let options = BackupOptions::new().host("h").tag(tag).time(at(1_700_000_000 + day * DAY));
        lab.save(&options);
    }
    let plan = |retention: Retention| {
        lab.repository.plan_forget(&retention, &SnapshotFilter::new()).unwrap()
    };
    let verdicts = |plan: &ForgetPlan| {
        let shown = plan.to_string();
        let lines = shown.lines().map(|line| {
            let reason = line.rsplit_once("  (").map_or("", |(_, reason)| reason);
            format!("{} {}", &line[..6], reason.trim_end_matches(')')).trim().to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&plan(Retention::new())), ["keep   no rule"; 4]);
    // Never all of a group.
    let nothing = plan(Retention::new().tag("no such tag"));
    assert_eq!(verdicts(&nothing), ["keep   youngest", "forget", "forget", "forget"]);
    let two = plan(Retention::new().last(1).tag("release"));
    assert_eq!(verdicts(&two), ["keep   last", "forget", "keep   tag", "forget"]);

    // Longer ago than a calendar goes is no reason to let anything go.
    for years in [9_999, 15_000, 20_000, u16::MAX] {
        let ever = plan(Retention::new().within(Within::new(years, 0, 0, 0)));
        assert_eq!(verdicts(&ever), ["keep   within"; 4], "{years}");
    }
    let days = plan(Retention::new().within(Within::new(0, 0, 2, 0)));
    // What is just as old is too old, as in restic.
    assert_eq!(verdicts(&days), ["keep   within", "keep   within", "forget", "forget"]);

    assert_eq!(lab.repository.forget(&two).unwrap(), 2);
    let left = lab.repository.snapshots().unwrap();
    assert_eq!(kept(&two), left.iter().map(|snapshot| snapshot.id().to_owned()).collect());
    assert_eq!(lab.repository.forget(&plan(Retention::new())).unwrap(), 0);
}

#[test]
fn pruning_frees_what_nothing_needs() {
    let lab = Lab::small_packs();
    build_tree(&lab.tree());
    write(&lab.tree().join("gone later"), &noise(50, 1_000_000));
    lab.save(&BackupOptions::new().time(at(1_700_000_000)));
    fs::remove_file(lab.tree().join("gone later")).unwrap();
    lab.save(&BackupOptions::new());

    let all = PruneOptions::new().max_unused(0);
    let report = lab.repository.prune(&all).unwrap();
    assert_eq!((report.bytes_freed, report.packs_removed), (0, 0), "{report:?}");
    let plan =
        lab.repository.plan_forget(&Retention::new().last(1), &SnapshotFilter::new()).unwrap();
    assert_eq!(lab.repository.forget(&plan).unwrap(), 1);

    let size = || -> u64 {
        let packs = support::packs(&lab.path("repository"));
        packs.iter().map(|pack| fs::metadata(pack).unwrap().len()).sum()
    };
    let before = size();
    // All that is unneeded may stay in its packs; more than all is as much.
    for percent in [100, 150, u8::MAX] {
        let planned = lab.repository.prune(&all.max_unused(percent).dry_run(true)).unwrap();
        assert!(planned.bytes_unused > 900_000, "{planned:?}");
    }
    let planned = lab.repository.prune(&all.dry_run(true)).unwrap();
    assert_eq!(size(), before);
    assert!(planned.bytes_freed > 900_000, "{planned:?}");
    let done = lab.repository.prune(&all).unwrap();
    assert_eq!(done, planned);
    assert!(before - size() > 900_000);
    let check = lab.repository.check(CheckDepth::Data, None).unwrap();
    assert!(check.findings().is_empty(), "{check:?}");
    assert_same(&facts(&lab.tree()), &facts(&lab.restored("restored")));
    support::restic_finds_no_fault(&lab.path("repository"));
}

struct CancelAtOnce(CancelToken);

impl Progress for CancelAtOnce {
    fn bytes(&self, _stage: Stage, _more: u64) {
        self.0.cancel();
    }
}

#[test]
fn what_is_cancelled_says_so() {
    let lab = Lab::small_packs();
    for seed in 0..40 {
        write(&lab.tree().join(seed.to_string()), &noise(seed, 50_000));
    }
    for _ in 0..2 {
        lab.save(&BackupOptions::new());
    }
    let cancelled_by = |token: &CancelToken| {
        let repository = Repository::open(lab.path("repository"), &Password::new(PASSWORD));
        repository.unwrap().cancel_token(token.clone())
    };
    // In the middle: what could not be read any more is not taken for damage.
    let token = CancelToken::new();
    let repository = cancelled_by(&token);
    let progress = Arc::new(CancelAtOnce(token));
    let error = repository.check(CheckDepth::Data, Some(progress)).unwrap_err();
    assert!(error.is_cancelled() && !error.is_transient(), "{error:?}");

    let snapshot = lab.repository.snapshot("latest").unwrap();
    let plan =
        lab.repository.plan_forget(&Retention::new().last(1), &SnapshotFilter::new()).unwrap();
    type Operation<'a> = (&'a str, &'a dyn Fn() -> Result<(), Error>);
    let goes_on = |_| ControlFlow::Continue(());
    let operations: [Operation<'_>; 8] = [
        ("check", &|| repository.check(CheckDepth::Structure, None).map(drop)),
        ("prune", &|| repository.prune(&PruneOptions::new()).map(drop)),
        ("forget", &|| repository.forget(&plan).map(drop)),
        ("diff", &|| repository.diff(&snapshot, &snapshot).map(drop)),
        ("diff with the disk", &|| repository.diff_with_disk(&snapshot, &lab.source()).map(drop)),
        ("find", &|| repository.find(lab.tree(), &SnapshotFilter::new()).map(drop)),
        ("list", &|| repository.list(&snapshot, "/", goes_on)),
        ("count", &|| repository.statistics().map(drop)),
    ];
    for (name, operation) in operations {
        let error = operation().unwrap_err();
        assert!(error.is_cancelled(), "{name}: {error:?}");
    }
    // Nothing came to harm, and no lock stays.
    assert_eq!(fs::read_dir(lab.path("repository/locks")).unwrap().count(), 0);
    assert!(lab.repository.check(CheckDepth::Data, None).unwrap().is_sound());
}
