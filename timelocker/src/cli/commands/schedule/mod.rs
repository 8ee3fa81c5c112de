//! Units of systemd, lines of cron and agents of launchd that run this program.

mod cron;
mod install;
mod launchd;
mod systemd;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::Schedule;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::monitor;
use crate::cli::output::{Page, Style};
use crate::cli::views;
use crate::monitoring::Hooks;
use crate::profile::Profile;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The profiles, each with a timer of its own; if none is named, all that say when, or with --at a
    /// single timer for all
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// When: `hourly`, `daily 03:30`, `weekly mon 03:30`, `monthly 1 03:30` or `every 6h`; in place of
    /// what the profile says
    #[arg(long, value_name = "WHEN")]
    at: Option<Schedule>,
    /// A service and a timer of systemd; the default, but on macOS
    #[arg(long, group = "kind")]
    systemd: bool,
    /// A line for crontab
    #[arg(long, group = "kind")]
    cron: bool,
    /// An agent of launchd; the default on macOS
    #[arg(long, group = "kind")]
    launchd: bool,
    /// For this user; only for root it is for the system otherwise
    #[arg(long)]
    user: bool,
    /// Install and start it; without this, it is only shown
    #[arg(long, conflicts_with = "remove")]
    install: bool,
    /// Stop and remove what was installed
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    monitoring: monitor::Files,
}

/// What runs backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Systemd,
    Cron,
    Launchd,
}

/// For whom it runs: units of root may do what others may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    System,
    User,
}

/// One thing that is run again and again.
#[derive(Debug)]
struct Job {
    /// The name of the unit, and what tells it from others.
    name: String,
    description: String,
    command: Vec<String>,
    when: Schedule,
    /// Where it writes, as far as that is known to be on this machine.
    writes: Vec<PathBuf>,
    program: String,
    scope: Scope,
    asks_for_the_password: bool,
    /// Whether commands of the profile's own are run along.
    runs_commands: bool,
}

/// A file that is installed, or a line that is put into one.
#[derive(Debug, Serialize)]
struct Unit {
    name: String,
    path: Option<String>,
    contents: String,
}

#[derive(Debug, Serialize)]
struct Scheduled {
    kind: Kind,
    state: &'static str,
    /// Of each profile, or of all together.
    times: Vec<String>,
    units: Vec<Unit>,
    notes: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let kind = match (arguments.systemd, arguments.cron, arguments.launchd) {
        (true, ..) => Kind::Systemd,
        (_, true, _) => Kind::Cron,
        (.., true) => Kind::Launchd,
        _ if cfg!(target_os = "macos") => Kind::Launchd,
        _ => Kind::Systemd,
    };
    let is_root = rustix::process::geteuid().is_root();
    let scope = if is_root && !arguments.user { Scope::System } else { Scope::User };
    let jobs = jobs(arguments, context, scope)?;
    let mut units = Vec::new();
    for job in &jobs {
        units.extend(match kind {
            Kind::Systemd => systemd::units(job)?,
            Kind::Cron => vec![cron::line(job)?],
            Kind::Launchd => vec![launchd::agent(job)?],
        });
    }
    let state = match (arguments.install, arguments.remove) {
        (true, _) => {
            install::install(kind, scope, &jobs, &units)?;
            "installed"
        }
        (_, true) => {
            install::remove(kind, scope, &jobs, &units)?;
            "removed"
        }
        _ => "shown",
    };
    let notes = if arguments.remove { Vec::new() } else { notes(kind, scope, &jobs, context) };
    let times = jobs.iter().map(|job| job.when.to_string()).collect();
    let scheduled = Scheduled { kind, state, times, units, notes };
    context.result(Exit::Success, &scheduled, |page| scheduled.write(page))
}

/// A job for each profile that is named or says when, or one for all.
fn jobs(arguments: &Arguments, context: &Context<'_>, scope: Scope) -> Result<Vec<Job>> {
    let chosen = context.chosen(&arguments.profiles)?;
    let are_named = !arguments.profiles.is_empty() || context.global.profile.is_some();
    // What is removed is found by its name: when it would run does not matter.
    let any_time = arguments.remove.then_some(Schedule::Hourly { minute: 0 });
    let mut jobs = Vec::new();
    if !are_named && let Some(when) = arguments.at.or(any_time) {
        jobs.push(job(None, when, arguments, context, scope)?);
    }
    if are_named || arguments.at.is_none() {
        for &profile in &chosen {
            let when = arguments.at.or_else(|| profile.schedule()).or(any_time);
            match when {
                Some(when) => jobs.push(job(Some(profile), when, arguments, context, scope)?),
                None if are_named => {
                    let message = format!("it is not known when to back up {}", profile.name());
                    return Err(Failure::new(message).advice(NO_TIME));
                }
                None => {}
            }
        }
    }
    if jobs.is_empty() {
        return Err(Failure::new("no profile says when it is to be backed up").advice(NO_TIME));
    }
    Ok(jobs)
}

const NO_TIME: &str = "give --at, as in `--at 'daily 03:30'`, or write `schedule: \"daily 03:30\"` in the \
                       profile";

fn job(
    profile: Option<&Profile>,
    when: Schedule,
    arguments: &Arguments,
    context: &Context<'_>,
    scope: Scope,
) -> Result<Job> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::new("it is not known where this program is").because(&error))?;
    let mut command: Vec<OsString> = vec![program.into(), "backup".into()];
    command.extend(profile.map(|profile| profile.name().into()));
    command.extend(context.global.for_later()?);
    command.extend(arguments.monitoring.for_later()?);
    command.push("--quiet".into());
    let command = command.into_iter().map(|word| {
        word.into_string().map_err(|word| {
            Failure::new(format!("{} is not Unicode", word.to_string_lossy()))
                .advice("units and crontabs hold text: use other paths")
        })
    });
    let profiles = match &profile {
        Some(profile) => std::slice::from_ref(profile),
        None => context.profiles,
    };
    let (name, what) = match profile {
        Some(profile) => (format!("{}-{}", context.program, profile.name()), profile.name()),
        None => (context.program.clone(), "all profiles"),
    };
    let command: Vec<String> = command.collect::<Result<_>>()?;
    let names_it = command.iter().any(|word| word.starts_with("--password-"));
    let asks =
        profiles.iter().any(|profile| profile.password().is_none_or(|source| source.is_prompt()));
    let runs_commands = command.iter().any(|word| word == "--password-command")
        || profiles.iter().any(|profile| {
            profile.hooks() != Hooks::new()
                || profile.password().is_some_and(|source| source.is_command())
        });
    Ok(Job {
        name: file_name(&name),
        description: format!("Backup of {what} by {}", context.program),
        asks_for_the_password: asks && !names_it,
        runs_commands,
        command,
        when,
        writes: writes(profiles, arguments, context),
        program: file_name(&context.program),
        scope,
    })
}

/// The directories that a backup writes to.
fn writes(profiles: &[&Profile], arguments: &Arguments, context: &Context<'_>) -> Vec<PathBuf> {
    let mut directories = arguments.monitoring.directories();
    for profile in profiles {
        let Ok(location) = context.location(Some(profile)) else { continue };
        let path = location.strip_prefix("local:").unwrap_or(&location);
        if Path::new(path).is_absolute() {
            directories.push(path.into());
        }
    }
    directories.sort();
    directories.dedup();
    directories
}

/// A name without what a file's name, a unit's or a label can't hold.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    name.chars().map(plain).collect()
}

/// What is left to do by hand.
fn notes(kind: Kind, scope: Scope, jobs: &[Job], context: &Context<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if jobs.iter().any(|job| job.asks_for_the_password) {
        let place = match (kind, scope) {
            (Kind::Systemd, Scope::System) => {
                format!("put TIMELOCKER_PASSWORD=.. into /etc/timelocker/{}.env", context.program)
            }
            (Kind::Systemd, Scope::User) => {
                format!(
                    "put TIMELOCKER_PASSWORD=.. into ~/.config/timelocker/{}.env",
                    context.program
                )
            }
            _ => "give --password-file or --password-command here".to_owned(),
        };
        notes.push(format!("nobody is there to type the password: {place}"));
    }
    if kind == Kind::Systemd && scope == Scope::User {
        notes.push("to run while you are not logged in: loginctl enable-linger".to_owned());
    }
    notes
}

impl Scheduled {
    fn write(&self, page: &mut Page) {
        for (at, unit) in self.units.iter().enumerate() {
            if self.state != "shown" {
                page.styled(Style::Good, self.state).text(" ");
                page.line(unit.path.as_ref().unwrap_or(&unit.name));
                continue;
            }
            if let Some(path) = &unit.path {
                if at > 0 {
                    page.text('\n');
                }
                page.styled(Style::Faint, format_args!("# {path}")).text('\n');
            }
            page.text(&unit.contents);
        }
        if self.state == "installed" {
            page.line(format_args!("It runs: {}.", self.times.join(", ")));
        }
        for note in &self.notes {
            let mark = if self.state == "shown" { "# " } else { "" };
            page.styled(Style::Notable, format_args!("{mark}note: {note}")).text('\n');
        }
    }
}

/// The directory of the user's own settings.
fn home(below: &str) -> Result<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    home.map(|home| home.join(below)).ok_or_else(|| {
        Failure::new("this user has no home directory to install it in").advice("set HOME")
    })
}

impl Unit {
    fn new(name: String, path: Option<&Path>, contents: String) -> Self {
        Self { name, path: path.map(views::path), contents }
    }
}
