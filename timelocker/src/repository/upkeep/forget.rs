//! Which snapshots go, why the others stay, and letting them go.

use std::collections::BTreeMap;
use std::fmt;

use rustic_core::jiff::{Span, Zoned};
use rustic_core::repofile::SnapshotFile;

use crate::error::Error;
use crate::policy::retention::{Retention, Rule, Within};
use crate::repository::Repository;
use crate::repository::lock::Purpose;
use crate::repository::session::Access;
use crate::repository::snapshots::filter::SnapshotFilter;
use crate::repository::snapshots::snapshot::Snapshot;

/// What forgetting would do: a decision on each snapshot, group by group.
///
/// Printed, it explains itself:
///
/// ```no_run
/// use timelocker::Retention;
/// use timelocker::repository::{Password, Repository, SnapshotFilter};
///
/// let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
/// let retention = Retention::new().daily(7).monthly(12);
/// let plan = repository.plan_forget(&retention, &SnapshotFilter::new())?;
/// println!("{plan}");
/// repository.forget(&plan)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ForgetPlan {
    groups: Vec<ForgetGroup>,
}

/// The snapshots of one host and one set of targets.
#[derive(Clone, Debug)]
pub struct ForgetGroup {
    decisions: Vec<ForgetDecision>,
}

/// What becomes of a snapshot, and why.
#[derive(Clone, Debug)]
pub struct ForgetDecision {
    snapshot: Snapshot,
    reasons: Vec<Rule>,
}

impl ForgetPlan {
    /// The groups, by host and targets.
    #[must_use]
    pub fn groups(&self) -> &[ForgetGroup] {
        &self.groups
    }

    /// The snapshots that go.
    pub fn forgotten(&self) -> impl Iterator<Item = &Snapshot> {
        self.decisions().filter(|decision| !decision.is_kept()).map(ForgetDecision::snapshot)
    }

    /// The snapshots that stay.
    pub fn kept(&self) -> impl Iterator<Item = &Snapshot> {
        self.decisions().filter(|decision| decision.is_kept()).map(ForgetDecision::snapshot)
    }

    /// Snapshots dated after now. They stay, and no rule counts them; a clock that runs ahead, or
    /// ran ahead when they were made, is the usual reason.
    pub fn in_the_future(&self) -> impl Iterator<Item = &Snapshot> {
        let is_future = |decision: &&ForgetDecision| decision.reasons.contains(&Rule::Future);
        self.decisions().filter(is_future).map(ForgetDecision::snapshot)
    }

    fn decisions(&self) -> impl Iterator<Item = &ForgetDecision> {
        self.groups.iter().flat_map(|group| &group.decisions)
    }
}

impl ForgetGroup {
    /// The decisions, youngest snapshot first.
    #[must_use]
    pub fn decisions(&self) -> &[ForgetDecision] {
        &self.decisions
    }
}

impl ForgetDecision {
    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether it stays.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// Each rule that keeps it.
    #[must_use]
    pub fn reasons(&self) -> &[Rule] {
        &self.reasons
    }
}

/// A line for each snapshot: its verdict, and each reason to keep it. A last line says how many
/// were set aside because they are dated after now.
impl fmt::Display for ForgetPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for decision in self.decisions() {
            let verdict = if decision.is_kept() { "keep  " } else { "forget" };
            write!(f, "{verdict}  {}", decision.snapshot)?;
            if let Some((first, others)) = decision.reasons.split_first() {
                write!(f, "  ({first}")?;
                others.iter().try_for_each(|reason| write!(f, ", {reason}"))?;
                f.write_str(")")?;
            }
            f.write_str("\n")?;
        }
        match self.in_the_future().count() {
            0 => Ok(()),
            1 => writeln!(f, "1 snapshot is dated in the future: kept, and counted by no rule"),
            many => {
                writeln!(
                    f,
                    "{many} snapshots are dated in the future: kept, and counted by no rule"
                )
            }
        }
    }
}

impl Repository {
    /// Decides which snapshots would be forgotten, and changes nothing. The rules hold for each
    /// host and each set of targets by itself. Snapshots dated after now are set aside: they stay,
    /// and the rules see only the others ([`ForgetPlan::in_the_future`]).
    ///
    /// # Errors
    ///
    /// When a snapshot can't be read.
    pub fn plan_forget(
        &self,
        retention: &Retention,
        filter: &SnapshotFilter,
    ) -> Result<ForgetPlan, Error> {
        let mut groups: BTreeMap<(String, Vec<String>), Vec<Snapshot>> = BTreeMap::new();
        for snapshot in self.snapshots_matching(filter)?.into_iter().rev() {
            let mut paths: Vec<_> = snapshot.paths().map(str::to_owned).collect();
            paths.sort();
            groups.entry((snapshot.host().to_owned(), paths)).or_default().push(snapshot);
        }
        let now = Zoned::now();
        let groups =
            groups.into_values().map(|snapshots| decide(snapshots, retention, &now)).collect();
        Ok(ForgetPlan { groups })
    }

    /// Removes the snapshots that a plan lets go; tells how many. Their data stay until
    /// [`Repository::prune`].
    ///
    /// # Errors
    ///
    /// When anybody else uses the repository ([`Error::is_locked`]), or it can't be written.
    pub fn forget(&self, plan: &ForgetPlan) -> Result<u64, Error> {
        self.remove_snapshots(plan.forgotten())
    }

    /// Removes snapshots; tells how many. Their data stay until [`Repository::prune`].
    ///
    /// # Errors
    ///
    /// As [`Repository::forget`].
    pub fn remove_snapshots<'a>(
        &self,
        snapshots: impl IntoIterator<Item = &'a Snapshot>,
    ) -> Result<u64, Error> {
        let ids: Vec<_> = snapshots.into_iter().map(|snapshot| snapshot.file().id).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let session =
            self.session(Access { lock: Some(Purpose::Exclusive), ..Access::default() })?;
        let engine = session.engine()?;
        session.run("remove snapshots from", || engine.delete_snapshots(&ids))?;
        Ok(ids.len() as u64)
    }
}

/// Decides on one group, whose snapshots come youngest first.
fn decide(snapshots: Vec<Snapshot>, retention: &Retention, now: &Zoned) -> ForgetGroup {
    let mut counts = retention.counts().map(|(rule, left)| Bucket { rule, left, last: None });
    // Snapshots of the future come first. The rules number the others from 0.
    let future = snapshots.iter().take_while(|snapshot| snapshot.file().time > *now).count();
    let oldest = snapshots.len().saturating_sub(future + 1);
    let since = snapshots
        .get(future)
        .zip(retention.get_within())
        .map(|(youngest, within)| Since::before(&youngest.file().time, within));
    let decide = |(position, snapshot): (usize, Snapshot)| {
        let mut reasons = Vec::new();
        let file = snapshot.file();
        if retention.is_empty() {
            reasons.push(Rule::NoRule);
        }
        if file.must_keep(now) {
            reasons.push(Rule::Protected);
        }
        if retention.tags().any(|tag| snapshot.tags().any(|has| has == tag)) {
            reasons.push(Rule::Tag);
        }
        let Some(number) = position.checked_sub(future) else {
            reasons.push(Rule::Future);
            return ForgetDecision { snapshot, reasons };
        };
        if since.as_ref().is_some_and(|since| since.is_before(&file.time)) {
            reasons.push(Rule::Within);
        }
        for bucket in &mut counts {
            if bucket.takes(file, number, number == oldest) {
                reasons.push(bucket.rule);
            }
        }
        if number == 0 && reasons.is_empty() {
            reasons.push(Rule::Youngest);
        }
        ForgetDecision { snapshot, reasons }
    };
    ForgetGroup { decisions: snapshots.into_iter().enumerate().map(decide).collect() }
}

/// One of the rules that count.
struct Bucket {
    rule: Rule,
    left: u32,
    /// The hour, day and so on of the last snapshot that it kept.
    last: Option<[i32; 4]>,
}

impl Bucket {
    /// Whether it keeps a snapshot. The oldest of all is kept as long as something is left to be
    /// kept: there is nothing older that could stand for its time.
    fn takes(&mut self, file: &SnapshotFile, number: usize, is_oldest: bool) -> bool {
        if self.left == 0 {
            return false;
        }
        let time = &file.time;
        let (year, month) = (i32::from(time.year()), i32::from(time.month()));
        let (day, hour) = (i32::from(time.day()), i32::from(time.hour()));
        let period = match self.rule {
            Rule::Hourly => [year, month, day, hour],
            Rule::Daily => [year, month, day, 0],
            Rule::Weekly => {
                let week = time.date().iso_week_date();
                [i32::from(week.year()), i32::from(week.week()), 0, 0]
            }
            Rule::Monthly => [year, month, 0, 0],
            Rule::Yearly => [year, 0, 0, 0],
            _ => [i32::try_from(number).unwrap_or(i32::MAX), 0, 0, 0],
        };
        if self.last == Some(period) && !is_oldest {
            return false;
        }
        self.last = Some(period);
        self.left -= 1;
        true
    }
}

/// The time that snapshots have to be younger than.
enum Since {
    Time(Zoned),
    /// So long ago that all are.
    Ever,
}

impl Since {
    fn before(youngest: &Zoned, within: Within) -> Self {
        youngest.checked_sub(span(within)).map_or(Self::Ever, Self::Time)
    }

    fn is_before(&self, time: &Zoned) -> bool {
        match self {
            Self::Time(since) => time > since,
            Self::Ever => true,
        }
    }
}

fn span(within: Within) -> Span {
    let [years, months, days, hours] = within.parts().map(i64::from);
    // Each is far below what a span can hold, except years, which then are as good as for ever.
    Span::new()
        .try_years(years)
        .unwrap_or_else(|_| Span::new().years(19_000))
        .months(months)
        .days(days)
        .hours(hours)
}
