use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Style, count};
use crate::cli::size_ahead::Bytes;
use crate::cli::views::{PathErrorView, RuleUseView, write_unread};
use crate::monitoring::Size;
use crate::pattern::{EntryKind, PatternTable, RuleInfo};
use crate::profile::Profile;
use crate::source::Source;
use crate::walk::{
    Details, Entry, Excluded, Exclusion, Exclusions, FileType, PathError, Plan, Targets, Visitor,
    WalkOptions, visit,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The profiles; all, if none is named
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// Show only the rules that do nothing on this disk
    #[arg(long, short)]
    unused: bool,
    /// Do not look into directories that are left out: what they hold is not known then
    #[arg(long)]
    fast: bool,
}

#[derive(Debug, Serialize)]
struct View {
    profile: &'static str,
    rules: Vec<RuleUseView>,
    other_reasons: Vec<RuleUseView>,
    unused: usize,
    /// The failures to read the disk: a rule without use may be of use there.
    errors: Vec<PathErrorView>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let mut views = Vec::new();
    for profile in context.chosen(&arguments.profiles)? {
        let source = context.source(profile)?;
        views.push(view(profile, &source, arguments, context)?);
    }
    let complete = views.iter().all(|view| view.errors.is_empty());
    let exit = if complete { Exit::Success } else { Exit::Incomplete };
    context.result(exit, &views, |page| {
        for (at, view) in views.iter().enumerate() {
            if at > 0 {
                page.text('\n');
            }
            view.write(page, arguments);
        }
    })
}

fn view(
    profile: &'static Profile,
    source: &Source,
    arguments: &Arguments,
    context: &Context<'_>,
) -> Result<View> {
    let options = source.get_walk_options().clone().cancellation(context.walks.clone());
    let plan = Plan::new(source.targets(), source.table(), &options);
    let held = match arguments.fast {
        true => Held::default(),
        false => Held::look(source, &options),
    };
    if context.cancel.is_cancelled() {
        return Err(Failure::new("looking at the rules was interrupted").exit(Exit::Interrupted));
    }
    let mut rules: Vec<_> = plan.rules().iter().map(RuleUseView::of).collect();
    let mut other_reasons: Vec<_> = plan
        .other_reasons()
        .map(|(why, taken)| (why, RuleUseView::of_reason(why, taken)))
        .collect();
    if !arguments.fast {
        for (view, used) in rules.iter_mut().zip(plan.rules()) {
            let held = used.rule().and_then(|rule| held.by_rule.get(rule));
            view.add_directories(held.copied().unwrap_or(0));
        }
        for (why, reason) in &mut other_reasons {
            reason.add_directories(held.by_reason.get(why).copied().unwrap_or(0));
        }
    }
    if arguments.unused {
        rules.retain(RuleUseView::is_unused);
        other_reasons.clear();
    }
    let other_reasons = other_reasons.into_iter().map(|(_, view)| view).collect();
    let unused = plan.unused_rules().count();
    let mut errors = PathErrorView::all(plan.errors());
    errors.extend(PathErrorView::all(&held.errors));
    Ok(View { profile: profile.name(), rules, other_reasons, unused, errors })
}

impl View {
    fn write(&self, page: &mut Page, arguments: &Arguments) {
        page.title(self.profile);
        let rules: Vec<_> = self.rules.iter().chain(&self.other_reasons).collect();
        if !rules.is_empty() {
            page.table(&RuleUseView::table(&rules, "  "));
        }
        let saved: Option<u64> = rules.iter().map(|rule| rule.bytes).sum();
        if let Some(saved) = saved.filter(|_| !arguments.unused) {
            page.line(format_args!("  left out together: {}", Size(saved)));
        }
        let place = match self.errors.is_empty() {
            true => "on this disk",
            false => "in what could be read",
        };
        match self.unused {
            0 => page.line("  each rule is of use on this disk"),
            number => {
                let text = format!("{} without use {place}", count(number as u64, "rule"));
                page.text("  ").styled(Style::Notable, text).text('\n')
            }
        };
        write_unread(&self.errors, "  ", page);
    }
}

/// What the directories hold that are left out, in bytes.
#[derive(Default)]
struct Held {
    by_rule: HashMap<RuleInfo, u64>,
    by_reason: HashMap<Exclusion, u64>,
    errors: Vec<PathError>,
}

impl Held {
    fn look(source: &Source, options: &WalkOptions) -> Self {
        let naming = options.clone().details(Details::Names).exclusions(Exclusions::Named);
        let visited = visit(source.targets(), source.table(), &naming, Directories::default);
        let mut held = Self::default();
        for (directory, target, why) in visited.visitors.into_iter().flat_map(|found| found.0) {
            let bytes = held.bytes_in(&directory, options);
            let below = directory.strip_prefix(&target).unwrap_or(Path::new(""));
            let rule = match why {
                Exclusion::Patterns => source
                    .targets()
                    .rules(&target)
                    .unwrap_or(source.table())
                    .explain(below.as_os_str().as_encoded_bytes(), EntryKind::Directory)
                    .rule()
                    .cloned(),
                _ => None,
            };
            *match rule {
                Some(rule) => held.by_rule.entry(rule).or_default(),
                None => held.by_reason.entry(why).or_default(),
            } += bytes;
        }
        held
    }

    /// The sizes of all files in a directory and below, as far as they can be read. What can't be
    /// read is noted.
    fn bytes_in(&mut self, directory: &Path, options: &WalkOptions) -> u64 {
        // It was there a moment ago, and is left out: that it is gone by now is of no interest.
        let Ok(targets) = Targets::new([directory]) else { return 0 };
        let Ok(everything) = PatternTable::builder().build() else { return 0 };
        let plain = WalkOptions::new()
            .details(Details::Files)
            .file_systems(options.get_file_systems())
            .cancellation(options.get_cancellation().clone());
        let visited = visit(&targets, &everything, &plain, Measured::default);
        let mut sum = 0;
        for Measured { bytes, errors } in visited.visitors {
            sum += bytes.0;
            self.errors.extend(errors.into_iter().filter(|error| !error.is_vanished()));
        }
        sum
    }
}

/// The sizes of all files together, and what could not be read.
#[derive(Default)]
struct Measured {
    bytes: Bytes,
    errors: Vec<PathError>,
}

impl Visitor for Measured {
    fn entry(&mut self, entry: &Entry<'_>) {
        self.bytes.entry(entry);
    }

    fn error(&mut self, error: PathError) {
        self.errors.push(error);
    }
}

#[derive(Default)]
struct Directories(Vec<(PathBuf, PathBuf, Exclusion)>);

impl Visitor for Directories {
    fn entry(&mut self, _: &Entry<'_>) {}

    fn error(&mut self, _: PathError) {}

    fn excluded(&mut self, excluded: &Excluded<'_>) {
        if excluded.file_type() == FileType::Directory {
            let (path, target) = (excluded.path().to_path_buf(), excluded.target().to_path_buf());
            self.0.push((path, target, excluded.why()));
        }
    }
}
