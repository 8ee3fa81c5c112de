//! Puts units where they are found, starts them, and removes them again.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Failure, Job, Kind, Result, Scope, Unit};
use crate::quoted::Quoted;

pub(super) fn install(kind: Kind, scope: Scope, jobs: &[Job], units: &[Unit]) -> Result<()> {
    for (path, contents) in files(units) {
        let failed =
            |error| Failure::new(format!("could not write {}", Quoted::path(path))).because(&error);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(failed)?;
        }
        fs::write(path, contents).map_err(failed)?;
    }
    match kind {
        Kind::Systemd => {
            systemctl(scope, &["daemon-reload"])?;
            jobs.iter().try_for_each(|job| {
                systemctl(scope, &["enable", "--now", &format!("{}.timer", job.name)])
            })
        }
        Kind::Cron => {
            let mut table = crontab()?;
            for unit in units {
                table = without(&table, &unit.name) + &block(unit);
            }
            set_crontab(&table)
        }
        Kind::Launchd => files(units).try_for_each(|(path, _)| {
            // One that is there already is of an older time.
            let _ = call("launchctl", &["unload", &path.to_string_lossy()]);
            call("launchctl", &["load", "-w", &path.to_string_lossy()])
        }),
    }
}

pub(super) fn remove(kind: Kind, scope: Scope, jobs: &[Job], units: &[Unit]) -> Result<()> {
    let there: Vec<&Path> =
        files(units).map(|(path, _)| path).filter(|path| path.exists()).collect();
    let nothing = || {
        Err(Failure::new(format!("nothing of {} is installed", jobs_named(jobs)))
            .advice("name the profiles that it was installed with"))
    };
    match kind {
        Kind::Cron => {
            let table = crontab()?;
            let rest = units.iter().fold(table.clone(), |table, unit| without(&table, &unit.name));
            return if rest == table { nothing() } else { set_crontab(&rest) };
        }
        _ if there.is_empty() => return nothing(),
        Kind::Systemd => {
            for job in jobs {
                let timer = format!("{}.timer", job.name);
                if there.iter().any(|path| path.ends_with(&timer)) {
                    systemctl(scope, &["disable", "--now", &timer])?;
                }
            }
        }
        Kind::Launchd => {
            for path in &there {
                call("launchctl", &["unload", "-w", &path.to_string_lossy()])?;
            }
        }
    }
    for path in there {
        fs::remove_file(path).map_err(|error| {
            Failure::new(format!("could not remove {}", Quoted::path(path))).because(&error)
        })?;
    }
    if kind == Kind::Systemd { systemctl(scope, &["daemon-reload"]) } else { Ok(()) }
}

fn files(units: &[Unit]) -> impl Iterator<Item = (&Path, &str)> {
    units.iter().filter_map(|unit| Some((Path::new(unit.path.as_ref()?), &*unit.contents)))
}

fn jobs_named(jobs: &[Job]) -> String {
    jobs.iter().map(|job| &*job.name).collect::<Vec<_>>().join(", ")
}

fn systemctl(scope: Scope, arguments: &[&str]) -> Result<()> {
    match scope {
        Scope::System => call("systemctl", arguments),
        Scope::User => call("systemctl", &[&["--user"], arguments].concat()),
    }
}

fn call(program: &str, arguments: &[&str]) -> Result<()> {
    let shown = || format!("{program} {}", arguments.join(" "));
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| {
        Failure::new(format!("could not run `{}`", shown()))
            .because(&error)
            .advice("the files are in place: start them as this system does it")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::new(format!("`{}` failed: {said}", shown()))
        .advice("see what it says; the files can be shown without --install"))
}

/// The user's lines; none if there are none yet.
fn crontab() -> Result<String> {
    let output = Command::new("crontab").arg("-l").stdin(Stdio::null()).output();
    let output = output.map_err(|error| no_cron(&error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && !said.contains("no crontab") {
        return Err(Failure::new(format!("`crontab -l` failed: {}", said.trim())));
    }
    // A table that is written back changed is worse than none.
    String::from_utf8(output.stdout).map_err(|error| {
        Failure::new("the crontab is not Unicode")
            .because(&error)
            .advice("edit it with `crontab -e`")
    })
}

fn set_crontab(table: &str) -> Result<()> {
    let mut command = Command::new("crontab");
    let child = command.arg("-").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| no_cron(&error))?;
    let written = match child.stdin.take() {
        Some(mut stdin) => stdin.write_all(table.as_bytes()),
        None => Ok(()),
    };
    let output = child.wait_with_output().map_err(|error| no_cron(&error))?;
    if output.status.success() {
        return written.map_err(|error| no_cron(&error));
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::new(format!("`crontab -` failed: {said}")))
}

fn no_cron(error: &std::io::Error) -> Failure {
    Failure::new("could not run `crontab`").because(error).advice("install cron, or use --systemd")
}

fn begin(name: &str) -> String {
    format!("# begin of timelocker {name}")
}

fn end(name: &str) -> String {
    format!("# end of timelocker {name}")
}

fn block(unit: &Unit) -> String {
    format!("{}\n{}{}\n", begin(&unit.name), unit.contents, end(&unit.name))
}

/// The table without the lines that were put into it under this name.
fn without(table: &str, name: &str) -> String {
    let (begin, end) = (begin(name), end(name));
    if !table.lines().any(|line| line == end) {
        return table.to_owned();
    }
    let mut inside = false;
    let mut rest = String::new();
    for line in table.lines() {
        inside |= line == begin;
        if !inside {
            rest.push_str(line);
            rest.push('\n');
        }
        inside &= line != end;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_lines_are_replaced() {
        let unit = |name: &str| Unit::new(name.to_owned(), None, "0 3 * * * x\n".to_owned());
        let mine = "MAILTO=me\n# a line of mine\n0 1 * * * y\n";
        let both = format!("{mine}{}{}", block(&unit("a")), block(&unit("a-home")));
        assert_eq!(without(&both, "a"), format!("{mine}{}", block(&unit("a-home"))));
        assert_eq!(without(&without(&both, "a"), "a-home"), mine);
        assert_eq!(without(mine, "a"), mine);
        // Without its end it is not known where it ends.
        let cut = format!("{}\n{mine}", begin("a"));
        assert_eq!(without(&cut, "a"), cut);
    }
}
