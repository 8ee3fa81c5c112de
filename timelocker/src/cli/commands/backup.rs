use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::plan;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::monitor::{self, Monitor};
use crate::cli::output::{Grouped, Page, Style, count, one_line};
use crate::cli::size_ahead;
use crate::cli::views::{PathErrorView, SnapshotView, SummaryView};
use crate::manager::events::{Event, Observer};
use crate::manager::{BackupManager, BackupRequest};
use crate::monitoring::{Hooks, OperationHandle, RunError, Size, Time};
use crate::policy::surprise::OnSurprise;
use crate::profile::Profile;
use crate::repository::{BackupOutcome, Parent, Verify};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The profiles to back up; all, if none is named
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// A further tag for the snapshots; several may be given
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// The name of the host in the snapshots
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Tell unchanged files by this snapshot, and not by the latest of the same targets
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Read all files, whether they seem changed or not
    #[arg(long, short, conflicts_with = "parent")]
    force: bool,
    /// Read back so much of what the snapshots need, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    verify_data: Option<f64>,
    /// How often a backup that fails for a passing reason is tried again
    #[arg(long, value_name = "TIMES")]
    retries: Option<u32>,
    /// Make a snapshot even if it is far from what the last ones were
    #[arg(long)]
    allow_surprise: bool,
    /// Do not run the profiles' hooks
    #[arg(long)]
    no_hooks: bool,
    /// Save nothing, and show what would be saved: the command `plan`
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    monitoring: monitor::Files,
}

/// A share that is written in percent.
pub(crate) fn percent(text: &str) -> std::result::Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("it is a number from 0 to 100".to_owned()),
    }
}

/// What became of a profile.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    profile: &'static str,
    repository: Option<String>,
    outcome: &'static str,
    snapshot: Option<SnapshotView>,
    summary: Option<SummaryView>,
    excluded: Option<u64>,
    directories_not_opened: Option<u64>,
    unread: Vec<PathErrorView>,
    notes: Vec<String>,
    surprise: Option<String>,
    failed_attempts: usize,
    verified: Option<Verified>,
    error: Option<Failure>,
    #[serde(skip)]
    exit: Exit,
}

#[derive(Debug, Serialize)]
struct Verified {
    directories: u64,
    packs: u64,
    packs_read: u64,
    bytes_read: u64,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    if arguments.dry_run {
        return plan::run(&plan::Arguments::of_backup(&arguments.profiles), context);
    }
    let profiles = context.chosen(&arguments.profiles)?;
    let is_alone = profiles.len() == 1;
    let monitor = Monitor::new(&arguments.monitoring, context);
    let mut done = Vec::new();
    for profile in profiles {
        monitor.started(profile.name());
        let one = back_up(profile, arguments, context);
        monitor.ended(profile.name(), &one.for_monitoring());
        done.push(one);
        if context.cancel.is_cancelled() {
            break;
        }
    }
    let exit = done.iter().fold(Exit::Success, |exit, done| exit.and(done.exit));
    // One profile alone fails as a whole.
    if let [Done { error: Some(error), .. }] = &done[..]
        && is_alone
        && !context.output.json
    {
        return Err(error.clone());
    }
    let quiet = context.output.quiet;
    context.result(exit, &done, |page| {
        for (at, done) in done.iter().enumerate() {
            if !quiet || done.exit != Exit::Success {
                if at > 0 && !quiet {
                    page.text('\n');
                }
                done.write(page);
            }
        }
    })
}

fn back_up(profile: &'static Profile, arguments: &Arguments, context: &mut Context<'_>) -> Done {
    let mut repository = None;
    match between_hooks(profile, arguments, context, &mut repository) {
        Ok(outcome) => Done::of(profile, repository, &outcome),
        Err(error) => Done::failed(profile, repository, error),
    }
}

/// Everything is done between the hooks: what they mount may be the target or the repository.
fn between_hooks(
    profile: &'static Profile,
    arguments: &Arguments,
    context: &mut Context<'_>,
    location: &mut Option<String>,
) -> Result<BackupOutcome> {
    if context.asks_for_password(profile) {
        // Before anything is drawn over the question.
        context.open(Some(profile))?;
    }
    let builder = profile.notifications().add_to(context.reporter_builder());
    let reporter = builder.map_err(|error| context.failed(&error))?.build();
    let reporter = reporter.map_err(|error| Failure::new("could not report").because(&error))?;
    let hooks = if arguments.no_hooks { Hooks::new() } else { profile.hooks() };
    let run = reporter.run("backup", profile.name(), &hooks, |operation| {
        attempt(profile, arguments, context, operation, location)
    });
    run.map_err(|error| match error {
        RunError::Operation(failure) => failure,
        RunError::Before(error) => {
            Failure::new("not begun: a hook that has to succeed before did not").because(&error)
        }
    })
}

fn attempt(
    profile: &'static Profile,
    arguments: &Arguments,
    context: &mut Context<'_>,
    operation: &OperationHandle,
    location: &mut Option<String>,
) -> Result<BackupOutcome> {
    let request = request(profile, arguments, context)?;
    let source = request.source().map_err(|error| context.failed(&error))?;
    let repository = context.open(Some(profile))?;
    *location = Some(repository.location().to_owned());
    let manager =
        BackupManager::new(Arc::clone(&repository)).observer(observer(operation, context));
    let policy = match arguments.retries {
        Some(retries) => profile.retry().retries(retries),
        None => profile.retry(),
    };
    let back_up = || manager.execute_backup_with_retry(&request, &policy);
    let outcome = match context.shows_progress() {
        true => size_ahead::beside(&source, repository.directory(), operation, back_up),
        false => back_up(),
    };
    outcome.map_err(|error| context.failed(&error))
}

/// What is told on the way. Entries that can't be read are in the result, and not told twice.
fn observer(operation: &OperationHandle, context: &Context<'_>) -> Arc<dyn Observer> {
    let (next, json) = (operation.observer(), context.output.json);
    Arc::new(move |event: &Event<'_>| {
        if json || !matches!(event, Event::Unread(_)) {
            next.event(event);
        }
    })
}

fn request(
    profile: &Profile,
    arguments: &Arguments,
    context: &Context<'_>,
) -> Result<BackupRequest> {
    let mut request = BackupRequest::of(profile)?.cancel_token(context.cancel.clone());
    for tag in &arguments.tag {
        request = request.tag(tag);
    }
    if let Some(host) = &arguments.host {
        request = request.host(host);
    }
    if arguments.force {
        request = request.parent(Parent::None);
    } else if let Some(parent) = &arguments.parent {
        request = request.parent(Parent::Snapshot(parent.clone()));
    }
    if let Some(share) = arguments.verify_data {
        request = request.verify(Verify::structure().read_data(share));
    }
    if arguments.allow_surprise {
        request = request.guard(profile.surprise_guard().with_action(OnSurprise::Warn));
    }
    Ok(request)
}

impl Done {
    fn of(profile: &'static Profile, repository: Option<String>, outcome: &BackupOutcome) -> Self {
        let report = outcome.report();
        let verified = report.verification().map(|found| Verified {
            directories: found.directories(),
            packs: found.packs(),
            packs_read: found.packs_read(),
            bytes_read: found.bytes_read(),
        });
        let complete = outcome.is_complete();
        Self {
            profile: profile.name(),
            repository,
            outcome: if complete { "complete" } else { "incomplete" },
            snapshot: Some(SnapshotView::of(report.snapshot())),
            summary: Some(SummaryView::of(*report.summary())),
            excluded: Some(report.walked().excluded),
            directories_not_opened: Some(report.walked().pruned),
            unread: PathErrorView::all(report.unread()),
            notes: report.notes().iter().map(ToString::to_string).collect(),
            surprise: report.surprise().map(|surprise| surprise.to_string()),
            failed_attempts: report.failed_attempts().len(),
            verified,
            error: None,
            exit: if complete { Exit::Success } else { Exit::Incomplete },
        }
    }

    fn failed(profile: &'static Profile, repository: Option<String>, error: Failure) -> Self {
        Self {
            profile: profile.name(),
            repository,
            outcome: if error.exit == Exit::Interrupted { "cancelled" } else { "failed" },
            snapshot: None,
            summary: None,
            excluded: None,
            directories_not_opened: None,
            unread: Vec::new(),
            notes: Vec::new(),
            surprise: None,
            failed_attempts: 0,
            verified: None,
            exit: error.exit,
            error: Some(error),
        }
    }

    fn for_monitoring(&self) -> monitor::Ended {
        let figures = self.summary.as_ref().map(|summary| monitor::Figures {
            files_new: summary.files_new,
            files_changed: summary.files_changed,
            files_unmodified: summary.files_unmodified,
            bytes_processed: summary.bytes_processed,
            data_added: summary.data_added,
            data_added_packed: summary.data_added_packed,
            unread: self.unread.len() as u64,
        });
        monitor::Ended {
            exit_code: self.exit.code(),
            is_complete: self.exit == Exit::Success,
            repository: self.repository.clone(),
            snapshot: self.snapshot.as_ref().map(|snapshot| snapshot.id.clone()),
            error: self.error.as_ref().map(ToString::to_string),
            figures,
        }
    }

    fn write(&self, page: &mut Page) {
        page.styled(Style::Title, self.profile);
        if let Some(repository) = &self.repository {
            page.text(format_args!(" -> {}", one_line(repository)));
        }
        page.text('\n');
        if let Some(error) = &self.error {
            return error.write(page);
        }
        let (Some(snapshot), Some(summary)) = (&self.snapshot, &self.summary) else { return };
        page.text("  snapshot  ").styled(Style::Notable, &snapshot.short_id);
        page.line(match &snapshot.parent {
            Some(parent) => format!(", since {}", parent.get(..8).unwrap_or(parent)),
            None => ", the first".to_owned(),
        });
        page.line(format_args!(
            "  files     {} in all, {}: {} new, {} changed, {} unmodified",
            Grouped(summary.files()),
            Size(summary.bytes_processed),
            Grouped(summary.files_new),
            Grouped(summary.files_changed),
            Grouped(summary.files_unmodified),
        ));
        page.line(format_args!(
            "  added     {}, stored as {}, in {}",
            Size(summary.data_added),
            Size(summary.data_added_packed),
            Time(Duration::try_from_secs_f64(summary.duration).unwrap_or_default()),
        ));
        if let Some(verified) = &self.verified {
            page.text(format_args!(
                "  verified  {}, {}",
                count(verified.directories, "directory"),
                count(verified.packs, "pack"),
            ));
            page.line(match verified.packs_read {
                0 => " there".to_owned(),
                read => format!(" there, {} read: {}", Grouped(read), Size(verified.bytes_read)),
            });
        }
        if let Some(surprise) = &self.surprise {
            page.text("  ").styled(Style::Notable, format_args!("surprise: {surprise}")).text('\n');
        }
        if !self.unread.is_empty() {
            let entries = count(self.unread.len() as u64, "failure");
            let text = format!("incomplete: {entries} to read what was selected");
            page.text("  ").styled(Style::Bad, text).text('\n');
            for error in self.unread.iter().take(MOST_SHOWN) {
                page.line(format_args!("    {}", one_line(&error.message)));
            }
            if let Some(more) = self.unread.len().checked_sub(MOST_SHOWN).filter(|&more| more > 0) {
                page.line(format_args!("    and {more} more: see them with --json"));
            }
        }
    }
}

/// More of the same are only counted.
const MOST_SHOWN: usize = 20;
