//! `forget`: drops snapshots by id or by retention rules.

use clap::Args;
use serde::Serialize;

use super::prune;
use super::snapshots::Filter;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Style, Table, count};
use crate::cli::time;
use crate::cli::views::SnapshotView;
use crate::policy::retention::{Retention, Rule, Within};
use crate::profile::Profile;
use crate::repository::{ForgetDecision, Repository, Snapshot, SnapshotFilter};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Ids of the snapshots to forget; without any, those that no rule keeps
    #[arg(value_name = "SNAPSHOT")]
    snapshots: Vec<String>,
    #[command(flatten)]
    keep: Keep,
    /// Also remove the data that no snapshot needs any more
    #[arg(long)]
    prune: bool,
    /// With --prune, remove all data if no snapshot is left
    #[arg(long, requires = "prune")]
    allow_no_snapshots: bool,
    /// Show which snapshots would be forgotten, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    filter: Filter,
}

/// Rules that replace those of the profiles. They apply to each host and set of targets.
#[derive(Args, Debug)]
#[group(id = "keep", multiple = true, conflicts_with = "snapshots")]
struct Keep {
    /// Number of youngest snapshots to keep
    #[arg(long, value_name = "NUMBER")]
    keep_last: Option<u32>,
    /// Number of hours to keep the youngest snapshot of
    #[arg(long, value_name = "NUMBER")]
    keep_hourly: Option<u32>,
    /// Number of days to keep the youngest snapshot of
    #[arg(long, value_name = "NUMBER")]
    keep_daily: Option<u32>,
    /// Number of weeks to keep the youngest snapshot of
    #[arg(long, value_name = "NUMBER")]
    keep_weekly: Option<u32>,
    /// Number of months to keep the youngest snapshot of
    #[arg(long, value_name = "NUMBER")]
    keep_monthly: Option<u32>,
    /// Number of years to keep the youngest snapshot of
    #[arg(long, value_name = "NUMBER")]
    keep_yearly: Option<u32>,
    /// Keep all that are at most this much older than the youngest, such as 2m15d
    #[arg(long, value_name = "TIME")]
    keep_within: Option<Within>,
    /// Keep all with this tag
    #[arg(long, value_name = "TAG")]
    keep_tag: Vec<String>,
}

impl Keep {
    fn retention(&self) -> Retention {
        let mut retention = Retention::new()
            .last(self.keep_last.unwrap_or(0))
            .hourly(self.keep_hourly.unwrap_or(0))
            .daily(self.keep_daily.unwrap_or(0))
            .weekly(self.keep_weekly.unwrap_or(0))
            .monthly(self.keep_monthly.unwrap_or(0))
            .yearly(self.keep_yearly.unwrap_or(0));
        if let Some(within) = self.keep_within {
            retention = retention.within(within);
        }
        self.keep_tag.iter().fold(retention, Retention::tag)
    }
}

#[derive(Debug, Serialize)]
struct View {
    dry_run: bool,
    groups: Vec<GroupView>,
    /// Ids of the snapshots dated after now, which were set aside.
    future: Vec<String>,
    forgotten: u64,
    pruned: Option<prune::View>,
}

/// The snapshots of one profile, host and set of targets.
#[derive(Debug, Serialize)]
struct GroupView {
    profile: Option<&'static str>,
    rules: String,
    decisions: Vec<DecisionView>,
}

#[derive(Debug, Serialize)]
struct DecisionView {
    snapshot: SnapshotView,
    keep: bool,
    reasons: Vec<String>,
    #[serde(skip)]
    local_time: String,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let (groups, forgotten) = match &arguments.snapshots[..] {
        [] => by_rules(arguments, &repository, context)?,
        ids => by_ids(ids, &repository, context)?,
    };
    let mut pruned = None;
    if !arguments.dry_run {
        let removed = repository.remove_snapshots(&forgotten);
        removed.map_err(|error| context.failed(&error))?;
        if arguments.prune && !forgotten.is_empty() {
            let prune = prune::Arguments::after_forget(arguments.allow_no_snapshots);
            pruned = Some(prune::prune(&prune, &repository, context)?);
        }
    }
    let forgotten = forgotten.len() as u64;
    let view =
        View { dry_run: arguments.dry_run, future: future(&groups), groups, forgotten, pruned };
    let quiet = context.output.quiet;
    context.result(Exit::Success, &view, |page| {
        if !quiet {
            view.write(page, arguments.prune);
        }
    })
}

fn by_ids(
    ids: &[String],
    repository: &Repository,
    context: &Context<'_>,
) -> Result<(Vec<GroupView>, Vec<Snapshot>)> {
    let find = |id: &String| context.snapshot(repository, id, &SnapshotFilter::new());
    let snapshots = ids.iter().map(find).collect::<Result<Vec<_>>>()?;
    let decisions = snapshots.iter().map(|snapshot| DecisionView::of(snapshot, &[])).collect();
    let rules = "named".to_owned();
    Ok((vec![GroupView { profile: None, rules, decisions }], snapshots))
}

fn by_rules(
    arguments: &Arguments,
    repository: &Repository,
    context: &Context<'_>,
) -> Result<(Vec<GroupView>, Vec<Snapshot>)> {
    let own = arguments.keep.retention();
    let (mut groups, mut forgotten) = (Vec::new(), Vec::<Snapshot>::new());
    let mut decide = |profile: Option<&'static Profile>, rules: &Retention, filter| -> Result<()> {
        let plan =
            repository.plan_forget(rules, &filter).map_err(|error| context.failed(&error))?;
        for snapshot in plan.forgotten() {
            if !forgotten.iter().any(|known| known.id() == snapshot.id()) {
                forgotten.push(snapshot.clone());
            }
        }
        groups.extend(plan.groups().iter().map(|group| GroupView {
            profile: profile.map(Profile::name),
            rules: rules.to_string(),
            decisions: group.decisions().iter().map(DecisionView::of_decision).collect(),
        }));
        Ok(())
    };
    if !own.is_empty() {
        decide(None, &own, arguments.filter.to_filter(context)?)?;
        return Ok((groups, forgotten));
    }
    let profiles = context.chosen(&[])?;
    if profiles.iter().all(|profile| profile.retention().is_empty()) {
        return Err(Failure::new("no rule says what to keep").advice(
            "give the profile `keep_daily: 7` and the like, or say `--keep-daily 7` here, or name \
             snapshots",
        ));
    }
    for profile in profiles {
        if !profile.retention().is_empty() {
            decide(
                Some(profile),
                profile.retention(),
                arguments.filter.add_to(SnapshotFilter::of(profile)?),
            )?;
        }
    }
    // A snapshot that a rule of another profile keeps stays.
    let kept = |id: &str| {
        let decisions = groups.iter().flat_map(|group| &group.decisions);
        decisions.filter(|decision| decision.keep).any(|decision| decision.snapshot.id == id)
    };
    forgotten.retain(|snapshot| !kept(snapshot.id()));
    Ok((groups, forgotten))
}

/// The ids of the snapshots that are set aside because they are dated after now.
fn future(groups: &[GroupView]) -> Vec<String> {
    let decisions = groups.iter().flat_map(|group| &group.decisions);
    let future = decisions.filter(|decision| decision.reasons.contains(&Rule::Future.to_string()));
    let mut ids: Vec<_> = future.map(|decision| decision.snapshot.id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

impl DecisionView {
    fn of(snapshot: &Snapshot, reasons: &[String]) -> Self {
        Self {
            snapshot: SnapshotView::of(snapshot),
            keep: !reasons.is_empty(),
            reasons: reasons.to_vec(),
            local_time: time::local(snapshot.time()),
        }
    }

    fn of_decision(decision: &ForgetDecision) -> Self {
        let reasons: Vec<_> = decision.reasons().iter().map(ToString::to_string).collect();
        Self::of(decision.snapshot(), &reasons)
    }
}

impl View {
    fn write(&self, page: &mut Page, prune: bool) {
        for group in &self.groups {
            let profile = group.profile.map(|name| format!("{name}, ")).unwrap_or_default();
            page.title(format_args!("{profile}keep {}", group.rules));
            let mut table = Table::new("<<<<<").indent("  ");
            for decision in &group.decisions {
                let (style, what) = match decision.keep {
                    true => (Style::Good, "keep"),
                    false => (Style::Bad, "forget"),
                };
                table.styled_row([
                    (style, what.to_owned()),
                    (Style::Notable, decision.snapshot.short_id.clone()),
                    (Style::Plain, decision.local_time.clone()),
                    (Style::Plain, decision.snapshot.paths.join(" ")),
                    (Style::Faint, decision.reasons.join(", ")),
                ]);
            }
            page.table(&table);
        }
        if !self.future.is_empty() {
            let verb = if self.future.len() == 1 { "is" } else { "are" };
            let future = count(self.future.len() as u64, "snapshot");
            page.styled(Style::Notable, format_args!("{future} {verb} dated in the future"));
            page.line(": kept, and counted by no rule; check the clocks of the hosts");
        }
        let snapshots = count(self.forgotten, "snapshot");
        match (self.dry_run, &self.pruned) {
            (true, _) => page.line(format_args!("{snapshots} would be forgotten")),
            (false, None) if prune || self.forgotten == 0 => {
                page.line(format_args!("{snapshots} forgotten"))
            }
            (false, None) => page
                .line(format_args!("{snapshots} forgotten; their data stay until they are pruned")),
            (false, Some(pruned)) => {
                page.line(format_args!("{snapshots} forgotten"));
                pruned.write(page);
                page
            }
        };
    }
}
