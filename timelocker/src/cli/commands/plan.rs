use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Grouped, Page, Style, Table, count, one_line, shown};
use crate::cli::own_repository::{Held, below_a_target};
use crate::cli::time;
use crate::cli::treemap::{self, Area, Directory};
use crate::cli::views::{PathErrorView, PathView, RuleUseView, path};
use crate::monitoring::Size;
use crate::profile::Profile;
use crate::repository::{Change, ChangeKind, Repository, Snapshot, SnapshotFilter};
use crate::source::Source;
use crate::walk::{LargeDirectory, Plan};

#[derive(Args, Debug, Default)]
pub(crate) struct Arguments {
    /// The profiles to look at; all, if none is named
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// Show so many of the largest directories, up to 50
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 10)]
    largest: usize,
    /// Name what is new, changed and gone
    #[arg(long, short)]
    changes: bool,
    /// Do not look into the repository: everything else takes no password
    #[arg(long, conflicts_with = "changes")]
    no_compare: bool,
    /// Draw what takes the space, as an SVG picture or, by the name's ending, as a page of HTML
    #[arg(long, value_name = "FILE.svg|FILE.html")]
    treemap: Option<PathBuf>,
}

impl Arguments {
    /// What `backup --dry-run` shows.
    pub(crate) fn of_backup(profiles: &[String]) -> Self {
        Self { profiles: profiles.to_vec(), largest: 10, ..Self::default() }
    }
}

/// What a backup of a profile would come to.
#[derive(Debug, Serialize)]
struct View {
    profile: &'static str,
    targets: Vec<String>,
    files: u64,
    others: u64,
    directories: u64,
    bytes: u64,
    /// With each name of a file that has several, as a backup counts them.
    bytes_by_name: u64,
    largest_directories: Vec<DirectoryView>,
    rules: Vec<RuleUseView>,
    other_reasons: Vec<RuleUseView>,
    compared: Option<Compared>,
    not_compared: Option<String>,
    errors: Vec<PathErrorView>,
    /// Where it lies below a target, and is not saved.
    own_repository: Option<String>,
    #[serde(skip)]
    unused: usize,
}

#[derive(Debug, Serialize)]
struct DirectoryView {
    path: String,
    bytes: u64,
}

/// What is different from the last snapshot.
#[derive(Debug, Serialize)]
struct Compared {
    snapshot: String,
    time: Option<String>,
    #[serde(skip)]
    local_time: String,
    new: u64,
    changed: u64,
    metadata_changed: u64,
    gone: u64,
    /// The sizes of the files that would be read.
    bytes_to_read: u64,
    changes: Vec<ChangeView>,
    /// The failures of the comparison, which are among those of the plan mostly.
    #[serde(skip)]
    unread: Vec<PathErrorView>,
}

/// One difference.
#[derive(Debug, Serialize)]
pub(crate) struct ChangeView {
    #[serde(flatten)]
    pub(crate) path: PathView,
    pub(crate) change: &'static str,
    pub(crate) bytes_before: Option<u64>,
    pub(crate) bytes_after: Option<u64>,
}

impl ChangeView {
    pub(crate) fn of(change: &Change) -> Self {
        Self {
            path: PathView::of(change.path()),
            change: match change.kind() {
                ChangeKind::Added => "new",
                ChangeKind::Removed => "gone",
                ChangeKind::TypeChanged => "other_kind",
                ChangeKind::Modified => "changed",
                ChangeKind::MetadataChanged => "metadata_changed",
                ChangeKind::Unreadable => "unreadable",
            },
            bytes_before: change.bytes_before(),
            bytes_after: change.bytes_after(),
        }
    }

    /// The letter that restic has for it.
    pub(crate) fn letter(&self) -> (Style, &'static str) {
        match self.change {
            "new" => (Style::Good, "+"),
            "gone" => (Style::Bad, "-"),
            "other_kind" => (Style::Notable, "T"),
            "changed" => (Style::Notable, "M"),
            "unreadable" => (Style::Bad, "?"),
            _ => (Style::Faint, "U"),
        }
    }
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let profiles = context.chosen(&arguments.profiles)?;
    let (mut views, mut areas) = (Vec::new(), Vec::new());
    for profile in profiles {
        let (view, directories) = plan(profile, arguments, context)?;
        areas.push(Area { name: view.profile, bytes: view.bytes, directories });
        views.push(view);
    }
    if let Some(file) = &arguments.treemap {
        treemap::write(file, areas)?;
    }
    let unread = views.iter().any(|view| !view.errors.is_empty());
    let exit = if unread { Exit::Incomplete } else { Exit::Success };
    let program = context.program.clone();
    context.result(exit, &views, |page| {
        for (at, view) in views.iter().enumerate() {
            if at > 0 {
                page.text('\n');
            }
            view.write(page, arguments, &program);
        }
        if let Some(file) = &arguments.treemap {
            page.line(format_args!("\nwhat takes the space: {}", shown(file)));
        }
    })
}

/// What a backup of a profile would come to, and all directories that are known, largest first.
fn plan(
    profile: &'static Profile,
    arguments: &Arguments,
    context: &mut Context<'_>,
) -> Result<(View, Vec<Directory>)> {
    let source = context.source(profile)?;
    let options = source.get_walk_options().clone().cancellation(context.walks.clone());
    let plan = Plan::new(source.targets(), source.table(), &options);
    if plan.is_cancelled() {
        return Err(Failure::new("planning was interrupted").exit(Exit::Interrupted));
    }
    let (compared, not_compared) = match arguments.no_compare {
        true => (None, None),
        false => match compare(profile, &source, arguments, context)? {
            Ok(compared) => (Some(compared), None),
            Err(why) => (None, Some(why)),
        },
    };
    let own = own_repository(profile, &source, context);
    let own = own.map(|directory| Held::look(directory, &source));
    let directories = directories(&plan, own.as_ref());
    let mut view = View {
        profile: profile.name(),
        targets: source.targets().paths().map(path).collect(),
        files: plan.files(),
        others: plan.others(),
        directories: plan.directories(),
        bytes: plan.bytes(),
        bytes_by_name: plan.counts().bytes,
        largest_directories: directories
            .iter()
            .take(arguments.largest.min(50))
            .map(|large| DirectoryView { path: path(&large.path), bytes: large.bytes })
            .collect(),
        rules: plan.rules().iter().map(RuleUseView::of).collect(),
        other_reasons: plan
            .other_reasons()
            .map(|(why, taken)| RuleUseView::of_reason(why, taken))
            .collect(),
        compared,
        not_compared,
        errors: PathErrorView::all(plan.errors()),
        own_repository: None,
        unused: plan.unused_rules().count(),
    };
    if let Some(own) = &own {
        view.leave_out(own);
    }
    view.add_errors_of_comparison();
    Ok((view, directories))
}

/// The directories of a plan, without what a repository holds of them.
fn directories(plan: &Plan, own: Option<&Held>) -> Vec<Directory> {
    let rest = |large: &LargeDirectory| {
        let bytes = own.map_or(Some(large.bytes()), |own| own.rest_of(large))?;
        Some(Directory { path: large.path().to_path_buf(), bytes })
    };
    let mut directories: Vec<_> = plan.notable_directories().iter().filter_map(rest).collect();
    directories.sort_by_key(|directory| Reverse(directory.bytes));
    directories
}

/// The directory of the profile's repository, if it lies below a target.
fn own_repository(profile: &Profile, source: &Source, context: &Context<'_>) -> Option<PathBuf> {
    let location = context.location(Some(profile)).ok()?;
    let directory = Path::new(location.strip_prefix("local:").unwrap_or(&location));
    let is_there = directory.join("config").is_file();
    below_a_target(directory, source).filter(|_| is_there)
}

/// Compares with the last snapshot of the same targets; the inner error is why that can't be.
fn compare(
    profile: &'static Profile,
    source: &Source,
    arguments: &Arguments,
    context: &mut Context<'_>,
) -> Result<std::result::Result<Compared, String>> {
    if context.location(Some(profile)).is_err() {
        return Ok(Err("no repository is named".to_owned()));
    }
    let repository = match context.open(Some(profile)) {
        Err(failure) if failure.exit == Exit::RepositoryMissing => {
            return Ok(Err("there is no repository yet".to_owned()));
        }
        opened => opened?,
    };
    let Some(snapshot) = last_of(profile, &repository, context)? else {
        return Ok(Err("there is no snapshot yet: all of it is new".to_owned()));
    };
    let changes = repository.diff_with_disk(&snapshot, source);
    let found = changes.map_err(|error| context.failed(&error))?;
    let changes = found.changes();
    let count = |kinds: &[ChangeKind]| {
        changes.iter().filter(|change| kinds.contains(&change.kind())).count() as u64
    };
    let is_read = |change: &&Change| {
        matches!(change.kind(), ChangeKind::Added | ChangeKind::Modified | ChangeKind::TypeChanged)
    };
    Ok(Ok(Compared {
        snapshot: snapshot.short_id().to_owned(),
        time: time::utc(snapshot.time()),
        local_time: time::local(snapshot.time()),
        new: count(&[ChangeKind::Added]),
        changed: count(&[ChangeKind::Modified, ChangeKind::TypeChanged]),
        metadata_changed: count(&[ChangeKind::MetadataChanged]),
        gone: count(&[ChangeKind::Removed]),
        bytes_to_read: changes.iter().filter(is_read).filter_map(Change::bytes_after).sum(),
        changes: match arguments.changes || context.output.json {
            true => changes.iter().map(ChangeView::of).collect(),
            false => Vec::new(),
        },
        unread: PathErrorView::all(found.unread()),
    }))
}

/// The last snapshot of a profile on this machine.
pub(crate) fn last_of(
    profile: &Profile,
    repository: &Repository,
    context: &Context<'_>,
) -> Result<Option<Snapshot>> {
    let mut filter = SnapshotFilter::of(profile)?;
    if profile.host().is_none() {
        let host = nix::unistd::gethostname().unwrap_or_default();
        filter = filter.host(host.to_string_lossy());
    }
    let found = repository.snapshots_matching(&filter).map_err(|error| context.failed(&error))?;
    Ok(found.into_iter().next_back())
}

impl View {
    /// Adds what the plan could read and the comparison could not, as extended attributes.
    fn add_errors_of_comparison(&mut self) {
        let Some(compared) = &mut self.compared else { return };
        for error in std::mem::take(&mut compared.unread) {
            if !self.errors.iter().any(|known| known.path == error.path) {
                self.errors.push(error);
            }
        }
    }

    /// Takes the repository itself off what would be saved.
    fn leave_out(&mut self, held: &Held) {
        self.files = self.files.saturating_sub(held.files);
        self.directories = self.directories.saturating_sub(held.directories);
        self.bytes = self.bytes.saturating_sub(held.bytes);
        self.bytes_by_name = self.bytes_by_name.saturating_sub(held.bytes);
        self.own_repository = Some(path(&held.directory));
    }

    fn write(&self, page: &mut Page, arguments: &Arguments, program: &str) {
        page.styled(Style::Title, self.profile);
        page.line(format_args!("  {}", one_line(&self.targets.join(" "))));
        page.line(format_args!(
            "  would save  {} in {}, {}",
            count(self.files + self.others, "file"),
            count(self.directories, "directory"),
            Size(self.bytes)
        ));
        if self.bytes_by_name > self.bytes {
            let all = Size(self.bytes_by_name);
            let text = format!("{all} with each name of a file that has several, stored once");
            page.text("              ").styled(Style::Faint, text).text('\n');
        }
        if let Some(own) = &self.own_repository {
            let text = format!("without the repository itself, {}", one_line(own));
            page.text("  ").styled(Style::Faint, text).text('\n');
        }
        self.write_compared(page);
        self.write_left_out(page, program);
        if !self.largest_directories.is_empty() {
            page.line("  by directory, with what is below:");
            let mut table = Table::new("><").indent("    ");
            for directory in &self.largest_directories {
                table.styled_row([
                    (Style::Plain, Size(directory.bytes).to_string()),
                    (Style::Plain, directory.path.clone()),
                ]);
            }
            page.table(&table);
        }
        if let Some(compared) = self.compared.as_ref().filter(|_| arguments.changes) {
            page.line(format_args!("  since {}:", compared.snapshot));
            for change in &compared.changes {
                let (style, letter) = change.letter();
                page.text("    ").styled(style, letter);
                page.line(format_args!(" {}", change.path));
            }
        }
        for error in &self.errors {
            page.text("  ").styled(Style::Bad, one_line(&error.message)).text('\n');
        }
    }

    fn write_compared(&self, page: &mut Page) {
        if let Some(why) = &self.not_compared {
            page.text("  ").styled(Style::Faint, format_args!("not compared: {why}")).text('\n');
        }
        let Some(compared) = &self.compared else { return };
        page.line(format_args!(
            "  to read     {}: {} new, {} changed, {} gone since {} of {}",
            Size(compared.bytes_to_read),
            Grouped(compared.new),
            Grouped(compared.changed),
            Grouped(compared.gone),
            compared.snapshot,
            compared.local_time,
        ));
        if compared.metadata_changed > 0 {
            let entries = count(compared.metadata_changed, "other entry");
            page.line(format_args!("              {entries} with new times, owners or the like"));
        }
    }

    fn write_left_out(&self, page: &mut Page, program: &str) {
        let used: Vec<&RuleUseView> =
            self.rules.iter().chain(&self.other_reasons).filter(|rule| rule.takes()).collect();
        if !used.is_empty() {
            page.line("  leaves out, by rule (of directories it is not known what they hold):");
            page.table(&RuleUseView::table(&used, "    "));
        }
        if self.unused > 0 {
            let rules = count(self.unused as u64, "rule");
            let here = match self.errors.is_empty() {
                true => "here",
                false => "in what could be read",
            };
            let text = format!("{rules} without use {here}: see `{program} rules`");
            page.text("  ").styled(Style::Faint, text).text('\n');
        }
    }
}
