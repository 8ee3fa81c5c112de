use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Page, Style, Table, count};
use crate::cli::views::{place, side};
use crate::profile::Profile;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The profiles; all, if none is named
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
}

#[derive(Debug, Serialize)]
struct View {
    name: &'static str,
    targets: Vec<String>,
    repository: Option<String>,
    password: Option<String>,
    schedule: Option<String>,
    rules: Vec<RuleView>,
    tags: &'static [&'static str],
    host: Option<&'static str>,
    one_file_system: bool,
    retention: String,
}

#[derive(Debug, Serialize)]
struct RuleView {
    side: &'static str,
    pattern: String,
    place: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let profiles = context.chosen(&arguments.profiles)?;
    let views: Vec<_> = profiles.iter().map(|profile| View::of(profile, context)).collect();
    let verbose = context.output.verbose || !arguments.profiles.is_empty();
    context.result(Exit::Success, &views, |page| {
        for (at, view) in views.iter().enumerate() {
            if at > 0 {
                page.text('\n');
            }
            view.write(page, verbose);
        }
    })
}

impl View {
    fn of(profile: &Profile, context: &Context<'_>) -> Self {
        let rules = profile.patterns().rules().iter().map(|rule| RuleView {
            side: side(rule.side()),
            pattern: String::from_utf8_lossy(rule.pattern()).into_owned(),
            place: rule.place().map(place),
        });
        Self {
            name: profile.name(),
            targets: profile.targets().iter().map(ToString::to_string).collect(),
            repository: context.location(Some(profile)).ok(),
            schedule: profile.schedule().map(|schedule| schedule.to_string()),
            password: profile.password().map(ToString::to_string),
            rules: rules.collect(),
            tags: profile.tags(),
            host: profile.host(),
            one_file_system: profile.one_file_system(),
            retention: profile.retention().to_string(),
        }
    }

    fn write(&self, page: &mut Page, verbose: bool) {
        page.title(self.name);
        let mut table = Table::new("<<").indent("  ");
        let mut row = |name: &str, value: String| {
            table.styled_row([(Style::Faint, name.to_owned()), (Style::Plain, value)]);
        };
        row("targets", self.targets.join(" "));
        row("repository", self.repository.clone().unwrap_or_else(|| "not named".to_owned()));
        if let Some(password) = &self.password {
            row("password", password.clone());
        }
        if let Some(schedule) = &self.schedule {
            row("backed up", schedule.clone());
        }
        row("rules", count(self.rules.len() as u64, "pattern"));
        if !self.tags.is_empty() {
            row("tags", self.tags.join(" "));
        }
        if let Some(host) = self.host {
            row("host", host.to_owned());
        }
        if self.one_file_system {
            row("mounts", "not entered".to_owned());
        }
        row("keeps", self.retention.clone());
        page.table(&table);
        if verbose && !self.rules.is_empty() {
            let mut table = Table::new("<<<").indent("    ");
            for rule in &self.rules {
                table.styled_row([
                    (Style::Plain, rule.side.to_owned()),
                    (Style::Plain, rule.pattern.clone()),
                    (Style::Faint, rule.place.clone().unwrap_or_default()),
                ]);
            }
            page.table(&table);
        }
    }
}
