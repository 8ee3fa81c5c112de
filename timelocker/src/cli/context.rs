//! What every command needs: the profiles, the repository, the password, and what to write.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::exit::Exit;
use super::failure::{Failure, Result};
use super::output::{Colour, Output, Page, Style, inert, put};
use super::server::ServerOptions;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::manager::BackupRequest;
use crate::monitoring::{Builder, JsonLines, StatusReporter, Terminal, TerminalOutput};
use crate::profile::Profile;
use crate::quoted::Quoted;
use crate::repository::{
    Location, PASSWORD_COMMAND_VARIABLE, PASSWORD_FILE_VARIABLE, PASSWORD_VARIABLE, Password,
    Repository, Snapshot, SnapshotFilter,
};
use crate::source::Source;
use crate::walk::Cancellation;

/// The environment variables that name the repository, the first that is set.
const REPOSITORY_VARIABLES: [&str; 2] = ["TIMELOCKER_REPOSITORY", "RESTIC_REPOSITORY"];

/// The environment variables for the password, a file with it and a command that writes it.
const PASSWORD_VARIABLES: [[&str; 3]; 2] = [
    [PASSWORD_VARIABLE, PASSWORD_FILE_VARIABLE, PASSWORD_COMMAND_VARIABLE],
    ["RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"],
];

/// Time to wait for the lock of another program if nothing else is said.
const RETRY_LOCK: Duration = Duration::from_secs(60);

/// Told of a password file or command that was read in another way by earlier versions.
const NOT_FIRST_LINE: &str = "the password is not just the first line of its file or command: as \
                              restic does, all of it is read, and white space around it dropped; \
                              before, the first line alone was";

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where the repository is: a directory, `rest:https://..`, `rclone:..` or `s3:..`; in place of
    /// TIMELOCKER_REPOSITORY, RESTIC_REPOSITORY or the profile's
    #[arg(long, short, global = true, value_name = "LOCATION")]
    repo: Option<String>,
    /// The profile that is meant: its repository, and of snapshots only its own
    #[arg(long, short = 'P', global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// A file that holds the password; white space around it is dropped
    #[arg(long, global = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A command that prints the password, run by the shell
    #[arg(long, global = true, value_name = "COMMAND", conflicts_with = "password_file")]
    password_command: Option<OsString>,
    /// How long to wait for the lock of another program, as `30s`, `5m` or `1h` [default: 1m]
    #[arg(long, global = true, value_name = "TIME", value_parser = wait)]
    retry_lock: Option<Duration>,
    /// Write one JSON document to stdout, and nothing else
    #[arg(long, global = true)]
    json: bool,
    /// No progress, and no account of what was done: only what was asked for, and what is wrong
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more; with --json, write the progress to stderr as JSON lines
    #[arg(long, short, global = true)]
    verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    color: Colour,
    #[command(flatten)]
    server: ServerOptions,
}

impl Global {
    /// The arguments that make a later run of the program use the same repository and password,
    /// from any directory and without this environment. No secret is among them.
    pub(crate) fn for_later(&self) -> Result<Vec<OsString>> {
        let mut arguments: Vec<OsString> = Vec::new();
        let location = self.repo.clone().or_else(location_of_environment);
        if let Some(location) = location.filter(|location| !holds_a_secret(location)) {
            arguments.extend(["--repo".into(), absolute_location(&location)?.into()]);
        }
        let file = self.password_file.clone().or_else(|| {
            let file =
                |names: [&str; 3]| std::env::var_os(names[1]).filter(|file| !file.is_empty());
            PASSWORD_VARIABLES.into_iter().find_map(file).map(PathBuf::from)
        });
        if let Some(command) = &self.password_command {
            arguments.extend(["--password-command".into(), command.clone()]);
        } else if let Some(file) = file {
            arguments.extend(["--password-file".into(), absolute(&file)?.into()]);
        }
        if let Some(wait) = self.retry_lock {
            arguments.extend(["--retry-lock".into(), format!("{}s", wait.as_secs()).into()]);
        }
        Ok(arguments)
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }
}

/// A path that holds in any directory.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        Failure::new(format!("could not tell where {} is", Quoted::path(path))).because(&error)
    })
}

fn absolute_location(location: &str) -> Result<String> {
    let is_directory = |head: &str| head.contains('/') || head.is_empty();
    let path = match location.split_once(':') {
        None => location,
        Some(("local", path)) => path,
        Some((head, _)) if is_directory(head) => location,
        Some(_) => return Ok(location.to_owned()),
    };
    Ok(absolute(Path::new(path))?.to_string_lossy().into_owned())
}

/// Whether a location shows less of itself than was written.
fn holds_a_secret(location: &str) -> bool {
    location.parse::<Location>().is_ok_and(|parsed| parsed.to_string().contains("***"))
}

fn location_of_environment() -> Option<String> {
    let variable = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    REPOSITORY_VARIABLES.iter().find_map(variable)
}

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// What the program was called as.
    pub(crate) program: String,
    pub(crate) command: String,
    pub(crate) profiles: &'a [&'static Profile],
    pub(crate) global: Global,
    pub(crate) output: Output,
    /// Both are cancelled when the program is to end.
    pub(crate) cancel: CancelToken,
    pub(crate) walks: Cancellation,
    /// The open repositories, by location: opening one takes half a second.
    open: HashMap<String, Arc<Repository>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(program: &str, command: &str, profiles: &'a [&'static Profile]) -> Self {
        Self {
            program: program.to_owned(),
            command: command.to_owned(),
            profiles,
            global: Global::default(),
            output: Output::default(),
            cancel: CancelToken::new(),
            walks: Cancellation::new(),
            open: HashMap::new(),
        }
    }

    /// Adds what a command line says: its options come before those there were.
    pub(crate) fn add(&mut self, global: Global) {
        let known = &mut self.global;
        known.repo = global.repo.or_else(|| known.repo.take());
        known.profile = global.profile.or_else(|| known.profile.take());
        if global.password_file.is_some() || global.password_command.is_some() {
            known.password_file = global.password_file;
            known.password_command = global.password_command;
        }
        known.retry_lock = global.retry_lock.or(known.retry_lock);
        known.server.add(global.server);
        self.output.json |= global.json;
        self.output.quiet |= global.quiet;
        self.output.verbose |= global.verbose;
        if global.color != Colour::Auto {
            self.output.colour = global.color;
        }
    }

    /// The profiles of these names; without names that of `--profile`, and without that all.
    pub(crate) fn chosen(&self, names: &[String]) -> Result<Vec<&'static Profile>> {
        let names = match &self.global.profile {
            Some(name) if names.is_empty() => std::slice::from_ref(name),
            _ => names,
        };
        if names.is_empty() {
            return Ok(self.profiles.to_vec());
        }
        let find = |name: &String| {
            self.profiles.iter().copied().find(|profile| profile.name() == name).ok_or_else(|| {
                let known: Vec<_> = self.profiles.iter().map(|profile| profile.name()).collect();
                Failure::new(format!("there is no profile `{name}`"))
                    .advice(format!("the profiles are {}", known.join(", ")))
            })
        };
        let mut chosen: Vec<&'static Profile> = Vec::new();
        for name in names {
            let profile = find(name)?;
            if !chosen.iter().any(|known| known.name() == profile.name()) {
                chosen.push(profile);
            }
        }
        Ok(chosen)
    }

    /// Where the repository is, as it was written.
    pub(crate) fn location(&self, profile: Option<&Profile>) -> Result<String> {
        let given = self.global.repo.clone();
        if let Some(given) = given.or_else(location_of_environment) {
            return Ok(given);
        }
        let named = match profile {
            Some(profile) => profile.resolved_repository()?,
            None => None,
        };
        named.ok_or_else(|| {
            Failure::new("it is not known which repository is meant").advice(
                "give `--repo LOCATION`, set TIMELOCKER_REPOSITORY, or write `repository: \"..\"` \
                 in the profile",
            )
        })
    }

    /// The repository of a command that is about one: that of the flags, of the environment, or of
    /// the profiles if all have the same.
    pub(crate) fn repository(&mut self) -> Result<Arc<Repository>> {
        let profiles = self.chosen(&[])?;
        let mut locations = Vec::new();
        for profile in profiles {
            let location = self.location(Some(profile))?;
            if !locations.iter().any(|(known, _)| *known == location) {
                locations.push((location, profile));
            }
        }
        match &locations[..] {
            [] => self.open(None),
            [(_, profile)] => self.open(Some(profile)),
            several => {
                let names: Vec<_> = several.iter().map(|(_, profile)| profile.name()).collect();
                Err(Failure::new("the profiles have several repositories")
                    .advice(format!("choose one by `--profile`: {}", names.join(", "))))
            }
        }
    }

    /// The repository of a profile, opened unless it is open.
    pub(crate) fn open(&mut self, profile: Option<&Profile>) -> Result<Arc<Repository>> {
        let text = self.location(profile)?;
        if let Some(open) = self.open.get(&text) {
            return Ok(Arc::clone(open));
        }
        let location = self.reached(&text, profile)?;
        let password = self.password(profile, &location)?;
        let opened = Repository::open_at(&location, &password);
        let repository = opened.map_err(|error| {
            let failure = self.failed(&error);
            match error.is_wrong_password() && password.is_not_first_line() {
                true => failure.advice(NOT_FIRST_LINE),
                false => failure,
            }
        })?;
        let mut repository = repository
            .cancel_token(self.cancel.clone())
            .lock_wait(self.global.retry_lock.unwrap_or(RETRY_LOCK));
        if !self.output.json && !self.output.quiet {
            repository = repository.on_lock_wait(|holder| {
                let line = format!("waiting for the repository, which is in use by {holder}\n");
                let _ = put(io::stderr().lock(), inert(&line).as_bytes());
            });
        }
        let repository = Arc::new(repository);
        self.open.insert(text, Arc::clone(&repository));
        Ok(repository)
    }

    /// A location as the profile reaches it: within its bandwidth and its time-out.
    pub(crate) fn reached(&self, text: &str, profile: Option<&Profile>) -> Result<Location> {
        let location: Location = text.parse().map_err(|error| self.failed(&error))?;
        let location = match profile {
            Some(profile) => profile.limited(location),
            None => location,
        };
        Ok(self.global.server.apply(location, &self.cancel, &self.output))
    }

    /// A snapshot by its id; `latest` is the latest that the filter lets through.
    pub(crate) fn snapshot(
        &self,
        repository: &Repository,
        id: &str,
        filter: &SnapshotFilter,
    ) -> Result<Snapshot> {
        if id == "latest" {
            let found =
                repository.snapshots_matching(filter).map_err(|error| self.failed(&error))?;
            return found.into_iter().next_back().ok_or_else(|| {
                Failure::new("there is no such snapshot")
                    .advice(format!("see which there are: `{} snapshots`", self.program))
            });
        }
        repository.snapshot(id).map_err(|error| self.failed(&error))
    }

    /// What a profile reads, from the disk as it is now.
    pub(crate) fn source(&self, profile: &Profile) -> Result<Source> {
        BackupRequest::of(profile)?.source().map_err(|error| self.failed(&error))
    }

    /// The password: of the flags, of the environment, of the profile, or asked for.
    pub(crate) fn password(
        &self,
        profile: Option<&Profile>,
        location: &Location,
    ) -> Result<Password> {
        let source = profile.and_then(Profile::password);
        let password = match (&self.global.password_file, &self.global.password_command) {
            (Some(file), _) => Password::from_file(file),
            (_, Some(command)) => Password::from_command_until(command, &self.cancel),
            _ => match password_of_environment(&self.cancel) {
                Some(password) => password,
                None => match source.filter(|source| !source.is_prompt()) {
                    Some(source) => source.read_until(&self.cancel),
                    None if has_terminal() => match Repository::is_at(location) {
                        // Nobody is asked for the password of what is not there.
                        Ok(false) => Err(Error::repository_missing(&location.to_string())),
                        _ => Password::prompt(&format!("password of {location}: ")),
                    },
                    None => Err(Error::no_password()),
                },
            },
        };
        let password = password.map_err(|error| self.failed(&error))?;
        if password.is_not_first_line() && !self.output.json {
            let mut page = Page::new(self.output.colour.is_on(&io::stderr()));
            page.styled(Style::Notable, "warning:").text(" ").line(NOT_FIRST_LINE);
            let _ = put(io::stderr().lock(), page.as_bytes());
        }
        Ok(password)
    }

    /// Whether the password of a profile's repository has to be typed.
    pub(crate) fn asks_for_password(&self, profile: &Profile) -> bool {
        self.global.password_file.is_none()
            && self.global.password_command.is_none()
            && profile.password().is_none_or(|source| source.is_prompt())
            && !password_is_in_environment()
            && has_terminal()
    }

    /// The password of a repository that is made now: what is typed is asked for twice.
    pub(crate) fn new_password(
        &self,
        profile: Option<&Profile>,
        location: &Location,
    ) -> Result<Password> {
        let source = profile.and_then(Profile::password);
        let given = self.global.password_file.is_some()
            || self.global.password_command.is_some()
            || source.is_some_and(|source| !source.is_prompt());
        if given || password_is_in_environment() || !has_terminal() {
            return self.password(profile, location);
        }
        let ask = |question: &str| Password::prompt(question).map_err(|error| self.failed(&error));
        let password = ask(&format!("new password for {location}: "))?;
        if !password.is_same(&ask("the same once more: ")?) {
            return Err(Failure::new("these were two passwords")
                .advice("try again: without its password nobody can read a repository"));
        }
        Ok(password)
    }

    pub(crate) fn failed(&self, error: &Error) -> Failure {
        Failure::of(error, &self.program)
    }

    /// Writes what came of the command.
    pub(crate) fn result<T: Serialize>(
        &self,
        exit: Exit,
        result: &T,
        write: impl FnOnce(&mut Page),
    ) -> Result<Exit> {
        self.output
            .result(&self.command, exit, result, write)
            .map(|()| exit)
            .map_err(|error| Failure::new("could not write the result").because(&error))
    }

    /// Whether anybody sees how far operations are.
    pub(crate) fn shows_progress(&self) -> bool {
        if self.output.json { self.output.verbose } else { !self.output.quiet }
    }

    /// Shows how far operations are: a bar on a terminal, lines in a log.
    pub(crate) fn reporter(&self) -> Result<StatusReporter> {
        let built = self.reporter_builder().build();
        built.map_err(|error| Failure::new("could not start to show progress").because(&error))
    }

    /// The same, to which more can be added.
    pub(crate) fn reporter_builder(&self) -> Builder {
        let Output { json, quiet, verbose, colour, .. } = self.output;
        let mut terminal = Terminal::stderr().without_ends();
        if terminal.output() == TerminalOutput::Coloured && !colour.is_on(&io::stderr()) {
            terminal = terminal.with_output(TerminalOutput::Plain);
        }
        let builder = StatusReporter::builder();
        match (json, quiet) {
            (true, _) if verbose => builder.handler(JsonLines::new(io::stderr())),
            (true, _) => builder,
            // What is wrong is in the result.
            (_, true) => builder,
            (_, false) => builder.handler(terminal),
        }
    }
}

/// Whether anybody can be asked.
fn has_terminal() -> bool {
    File::options().read(true).write(true).open("/dev/tty").is_ok()
}

/// The password that environment variables give, if any does.
fn password_of_environment(cancel: &CancelToken) -> Option<std::result::Result<Password, Error>> {
    let read = |names| match Password::from_variables_named(names, cancel) {
        Err(error) if error.is_no_password() => None,
        password => Some(password),
    };
    PASSWORD_VARIABLES.into_iter().find_map(read)
}

/// True if an environment variable says where the password comes from.
fn password_is_in_environment() -> bool {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    PASSWORD_VARIABLES.as_flattened().iter().any(is_set)
}

/// Parses a time to wait: numbers with the units `s`, `m` and `h`, as `1h30m`; 0 needs none.
fn wait(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write one as `30s`, `5m` or `1h`");
    let (mut seconds, mut rest) = (0_u64, text);
    while !rest.is_empty() && text != "0" {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit = match rest.as_bytes()[end] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            _ => return Err(wrong()),
        };
        let more = number.checked_mul(unit).and_then(|more| seconds.checked_add(more));
        seconds = more.ok_or_else(wrong)?;
        rest = &rest[end + 1..];
    }
    if text.is_empty() { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_wait() {
        for (text, seconds) in [("0", 0), ("0s", 0), ("90s", 90), ("5m", 300), ("1h30m", 5400)] {
            assert_eq!(wait(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5", "m", "5x", "-1s", "5m3", "5\u{e4}", "99999999999999999999s"] {
            assert!(wait(text).is_err(), "{text}");
        }
    }
}
