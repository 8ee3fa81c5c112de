//! Retention against restic: random snapshots and rules, snapshots of the future, weeks at the turn
//! of a year.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use timelocker::repository::{BackupOptions, ForgetPlan, SnapshotFilter};
use timelocker::{Retention, Rule, Within};
use timelocker_tests::Random;

use crate::support::{Lab, PASSWORD, write};

const DAY: u64 = 86_400;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The restic to compare with.
struct Restic {
    program: PathBuf,
    /// True if it keeps the oldest snapshot of a group as long as a rule has a count left, as
    /// restic does since 0.17.
    keeps_oldest: bool,
}

impl Restic {
    /// The program that `RESTIC` names, or the one on `PATH`.
    fn find() -> Option<Self> {
        let named = std::env::var_os("RESTIC").map(PathBuf::from);
        let program = named.or_else(|| timelocker_tests::tool("restic"))?;
        let version = Command::new(&program).arg("version").output().unwrap();
        let version = String::from_utf8(version.stdout).unwrap();
        let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
        Some(Self { program, keeps_oldest: minor.unwrap() >= 17 })
    }

    /// The ids of the snapshots that `restic forget` would keep.
    fn keeps(&self, lab: &Lab, arguments: &[String]) -> BTreeSet<String> {
        let output = Command::new(&self.program)
            .args(["forget", "--dry-run", "--json", "--no-cache"])
            .args(arguments)
            .env("RESTIC_REPOSITORY", lab.path("repository"))
            .env("RESTIC_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let groups: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let kept = groups.as_array().unwrap().iter().flat_map(|group| group["keep"].as_array());
        kept.flatten().map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A setter of [`Retention`] that takes a count.
type AddCount = fn(Retention, u32) -> Retention;

/// Random rules, and the same as restic's options.
fn random_rules(random: &mut Random) -> (Retention, Vec<String>) {
    let mut retention = Retention::new();
    let mut arguments = Vec::new();
    let rules: [(&str, AddCount); 6] = [
        ("last", Retention::last),
        ("hourly", Retention::hourly),
        ("daily", Retention::daily),
        ("weekly", Retention::weekly),
        ("monthly", Retention::monthly),
        ("yearly", Retention::yearly),
    ];
    for (name, add) in rules {
        if random.one_in(4) {
            let count = 1 + random.below(8);
            retention = add(retention, count as u32);
            arguments.push(format!("--keep-{name}={count}"));
        }
    }
    if arguments.is_empty() || random.one_in(2) {
        let [years, months, days, hours] = [2, 14, 50, 30].map(|most| random.below(most) as u16);
        // No time at all would be no rule.
        let within = Within::new(years, months, days, hours + 1);
        retention = retention.within(within);
        arguments.push(format!("--keep-within={within}"));
    }
    if random.one_in(4) {
        retention = retention.tag("release");
        arguments.push("--keep-tag=release".to_owned());
    }
    (retention, arguments)
}

fn plan(lab: &Lab, retention: &Retention) -> ForgetPlan {
    lab.repository.plan_forget(retention, &SnapshotFilter::new()).unwrap()
}

fn kept(plan: &ForgetPlan) -> BTreeSet<String> {
    plan.kept().map(|snapshot| snapshot.id().to_owned()).collect()
}

#[test]
fn random_rules_keep_what_restic_keeps_beside_snapshots_of_the_future() {
    let Some(restic) = Restic::find() else { return };
    let lab = Lab::new();
    let mut random = Random::new(11);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    for host in ["a", "b", "c"] {
        // Backwards from now, over some years.
        let mut time = now - 60;
        for _ in 0..20 {
            let options = BackupOptions::new().host(host).tag("past").time(at(time));
            lab.save(&if random.one_in(6) { options.tag("release") } else { options });
            let steps = [600, 7_200, DAY, 3 * DAY, 9 * DAY, 40 * DAY, 200 * DAY];
            time -= steps[random.below(steps.len())] + random.below(1_000) as u64 + 1;
        }
    }
    for (host, later) in [("a", 10 * 365 * DAY), ("a", 3_600), ("b", 30 * DAY)] {
        lab.save(&BackupOptions::new().host(host).tag("ahead").time(at(now + later)));
    }
    let (mut compared, mut forgotten) = (0, 0);
    for _ in 0..8 {
        let (retention, arguments) = random_rules(&mut random);
        let plan = plan(&lab, &retention);
        assert_eq!(plan.groups().len(), 3);
        // restic counts snapshots of the future like others; they must not take a place of ours.
        let of_the_past = [&arguments[..], &["--tag=past".to_owned()]].concat();
        let mut expected = restic.keeps(&lab, &of_the_past);
        let mut ours = kept(&plan);
        for snapshot in plan.in_the_future() {
            assert!(ours.remove(snapshot.id()), "a snapshot of the future goes:\n{plan}");
        }
        assert_eq!(plan.in_the_future().count(), 3);
        for group in plan.groups() {
            let decisions = group.decisions();
            let (first, last) = (
                decisions.iter().find(|decision| !decision.reasons().contains(&Rule::Future)),
                decisions.last().unwrap(),
            );
            // restic may drop all of a group, and so do we not.
            let first = first.unwrap();
            if first.reasons() == [Rule::Youngest] {
                assert!(ours.remove(first.snapshot().id()));
            }
            if !restic.keeps_oldest {
                ours.remove(last.snapshot().id());
                expected.remove(last.snapshot().id());
            }
        }
        assert_eq!(ours, expected, "{retention} against {arguments:?}\n{plan}");
        compared += ours.len();
        forgotten += plan.forgotten().count();
    }
    assert!(compared > 100 && forgotten > 100, "{compared} {forgotten}");
}

#[test]
fn a_snapshot_of_the_future_makes_no_good_one_go() {
    let lab = Lab::new();
    let now = SystemTime::now();
    let days_ago = |days: u64| now - Duration::from_secs(days * DAY + 60);
    for days in [0, 3, 6, 40] {
        lab.save(&BackupOptions::new().time(days_ago(days)));
    }
    lab.save(&BackupOptions::new().time(now + Duration::from_secs(3_650 * DAY)));
    let verdicts = |retention: Retention| {
        let plan = plan(&lab, &retention);
        let decisions = plan.groups()[0].decisions().iter();
        (decisions.map(|one| one.reasons().to_vec()).collect::<Vec<_>>(), plan.to_string())
    };
    let within = |days| Retention::new().within(Within::new(0, 0, days, 0));
    let (reasons, shown) = verdicts(within(7));
    let young = vec![Rule::Within];
    let ahead = vec![Rule::Future];
    assert_eq!(reasons, [ahead.clone(), young.clone(), young.clone(), young, vec![]]);
    let line = "1 snapshot is dated in the future: kept, and counted by no rule";
    assert_eq!(shown.lines().last(), Some(line));

    let (reasons, _) = verdicts(Retention::new().last(2));
    let last = vec![Rule::Last];
    assert_eq!(reasons, [ahead.clone(), last.clone(), last, vec![], vec![]]);
    // Never all but those of the future.
    let (reasons, _) = verdicts(Retention::new().tag("no such tag"));
    assert_eq!(reasons, [ahead, vec![Rule::Youngest], vec![], vec![], vec![]]);
}

#[test]
fn with_nothing_but_snapshots_of_the_future_nothing_goes() {
    let lab = Lab::new();
    let now = SystemTime::now();
    for days in [10, 20, 30] {
        lab.save(&BackupOptions::new().time(now + Duration::from_secs(days * DAY)));
    }
    let plan = plan(&lab, &Retention::new().last(1).daily(1));
    assert_eq!((plan.forgotten().count(), plan.in_the_future().count()), (0, 3));
    assert!(
        plan.to_string()
            .ends_with("3 snapshots are dated in the future: kept, and counted by no rule\n")
    );
}

/// 2024-12-30 and 2025-01-02 are days of one week, the first of 2025; 2021-01-02 is one of the week
/// 53 of 2020, as are the last days of that year.
#[test]
fn a_week_at_the_turn_of_a_year_is_one_week() {
    let lab = Lab::new();
    write(&lab.tree().join("file"), b"x");
    // At noon, so that no time zone moves them to another day's week.
    let noon = |day: u64| at(day * DAY + DAY / 2);
    let days = [18_627, 18_629, 20_087, 20_090];
    for day in days {
        lab.save(&BackupOptions::new().host("h").time(noon(day)));
    }
    let plan = plan(&lab, &Retention::new().weekly(3));
    let kept: Vec<_> = plan.kept().map(|snapshot| snapshot.time()).collect();
    // The oldest is kept because a third week was asked for and none is there.
    assert_eq!(kept, [noon(20_090), noon(18_629), noon(18_627)], "{plan}");
    let plan = self::plan(&lab, &Retention::new().weekly(2));
    let kept: Vec<_> = plan.kept().map(|snapshot| snapshot.time()).collect();
    assert_eq!(kept, [noon(20_090), noon(18_629)], "{plan}");
    if let Some(restic) = Restic::find() {
        let expected = restic.keeps(&lab, &["--keep-weekly=2".to_owned()]);
        assert_eq!(self::kept(&plan), expected);
    }
}
