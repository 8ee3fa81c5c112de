use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Style, shown};
use crate::cli::timer::{Job, cron, launchd, systemd};
use crate::profile::{Profile, Schedule};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The profiles; all with a schedule, if none is named
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// For what to write: by default launchd on macOS, and systemd elsewhere
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<Kind>,
    /// Put it where it takes effect, for this user, or for the system if run by the superuser
    #[arg(long)]
    install: bool,
    /// Take away what --install has put there
    #[arg(long, conflicts_with = "install")]
    remove: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Systemd,
    Cron,
    Launchd,
}

#[derive(Debug, Serialize)]
struct View {
    kind: &'static str,
    files: Vec<FileView>,
    /// What is done with it.
    done: &'static str,
    /// What is left to be typed.
    commands: Vec<String>,
}

/// A file: where it belongs, and what it holds.
#[derive(Debug, Serialize)]
pub(crate) struct FileView {
    pub(crate) path: PathBuf,
    pub(crate) contents: String,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let jobs = jobs(arguments, context)?;
    let kind = arguments.kind.unwrap_or(match cfg!(target_os = "macos") {
        true => Kind::Launchd,
        false => Kind::Systemd,
    });
    let system = rustix::process::geteuid().is_root();
    let (name, files, install, remove) = match kind {
        Kind::Systemd => {
            let (files, on, off) = systemd(&jobs, &context.program, system);
            ("systemd", files, on, off)
        }
        Kind::Launchd => {
            let (files, on, off) = launchd(&jobs, &context.program, system);
            ("launchd", files, on, off)
        }
        Kind::Cron => ("cron", vec![cron(&jobs, &context.program)], Vec::new(), Vec::new()),
    };
    if kind == Kind::Cron && (arguments.install || arguments.remove) {
        return Err(Failure::new("a table of cron is not changed by this program").advice(
            format!("copy what `{} schedule --kind cron` shows into `crontab -e`", context.program),
        ));
    }
    let (done, commands) = if arguments.install {
        for file in &files {
            write(file)?;
        }
        ("installed", start(install))
    } else if arguments.remove {
        let left = start(remove);
        for file in &files {
            take_away(&file.path)?;
        }
        ("removed", left)
    } else {
        ("shown", Vec::new())
    };
    let view = View { kind: name, files, done, commands };
    context.result(Exit::Success, &view, |page| {
        for file in &view.files {
            match view.done {
                "shown" if file.path.as_os_str().is_empty() => page.text(&file.contents),
                "shown" => page
                    .styled(Style::Faint, format_args!("# {}", shown(&file.path)))
                    .text('\n')
                    .text(&file.contents)
                    .text('\n'),
                done => page.line(format_args!("{done} {}", shown(&file.path))),
            };
        }
        for command in &view.commands {
            page.text("to finish, run: ").styled(Style::Title, command).text('\n');
        }
    })
}

fn jobs(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Job>> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::new("it is not known where this program is").because(&error))?;
    let profiles = context.chosen(&arguments.profiles)?;
    let named = !arguments.profiles.is_empty() || context.global.profile.is_some();
    let job = |profile: &Profile, schedule: Schedule| Job {
        program: program.clone(),
        profile: profile.name(),
        schedule,
    };
    let mut jobs = Vec::new();
    for profile in profiles {
        match profile.schedule() {
            Some(schedule) => jobs.push(job(profile, schedule)),
            None if named => return Err(without(profile.name())),
            None => {}
        }
    }
    if jobs.is_empty() {
        return Err(without("any"));
    }
    Ok(jobs)
}

fn without(profile: &str) -> Failure {
    let message = match profile {
        "any" => "no profile has a schedule".to_owned(),
        profile => format!("the profile {profile} has no schedule"),
    };
    Failure::new(message).advice("write `schedule: \"daily 03:30\"` in the profile")
}

fn write(file: &FileView) -> Result<()> {
    let directory = file.path.parent().unwrap_or(Path::new("/"));
    let failed = |error: std::io::Error| Failure::at("write", &file.path, &error);
    fs::create_dir_all(directory).map_err(failed)?;
    fs::write(&file.path, &file.contents).map_err(failed)
}

fn take_away(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::at("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Runs commands of the system; those that fail are left to the user.
fn start(commands: Vec<Vec<String>>) -> Vec<String> {
    let fails = |command: &Vec<String>| {
        let [program, arguments @ ..] = command.as_slice() else { return false };
        let output = Process::new(program).args(arguments).output();
        !output.is_ok_and(|output| output.status.success())
    };
    let failed = commands.into_iter().filter(fails);
    failed.map(|command| command.join(" ")).collect()
}
