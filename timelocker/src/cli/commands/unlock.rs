use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;
use crate::cli::output::{Style, count, one_line};
use crate::cli::time;
use crate::repository::LockHolder;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Remove all locks, those of programs at work too: only if none is
    #[arg(long)]
    remove_all: bool,
    /// Remove nothing, and show what locks there are
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct View {
    dry_run: bool,
    locks: Vec<LockView>,
}

#[derive(Debug, Serialize)]
struct LockView {
    name: String,
    holder: Option<String>,
    seen: Option<String>,
    exclusive: bool,
    stale: bool,
    removed: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let repository = context.repository()?;
    let locks = repository.locks().map_err(|error| context.failed(&error))?;
    let goes = |lock: &LockHolder| arguments.remove_all || lock.is_stale();
    let gone: Vec<LockHolder> = locks.iter().filter(|lock| goes(lock)).cloned().collect();
    if !arguments.dry_run {
        repository.remove_locks(&gone).map_err(|error| context.failed(&error))?;
    }
    let view = |lock: &LockHolder| LockView {
        name: lock.name().to_owned(),
        holder: lock.holder().map(str::to_owned),
        seen: lock.seen().and_then(time::utc),
        exclusive: lock.is_exclusive(),
        stale: lock.is_stale(),
        removed: goes(lock) && !arguments.dry_run,
    };
    let view = View { dry_run: arguments.dry_run, locks: locks.iter().map(view).collect() };
    let held = locks.len() - gone.len();
    context.result(Exit::Success, &view, |page| {
        for lock in &view.locks {
            let (style, what) = match (lock.removed, lock.stale) {
                (true, _) => (Style::Good, "removed"),
                (false, true) => (Style::Notable, "stale"),
                (false, false) => (Style::Notable, "in use"),
            };
            let holder =
                lock.holder.clone().unwrap_or_else(|| format!("unreadable, {}", lock.name));
            page.styled(style, what).line(format_args!(": {}", one_line(&holder)));
        }
        match view.locks.len() {
            0 => page.line("there are no locks"),
            _ if held > 0 && !arguments.dry_run => {
                let locks = count(held as u64, "lock");
                page.line(format_args!(
                    "{locks} left: their programs may be at work; if you know that they are not, \
                     use --remove-all"
                ))
            }
            _ => page,
        };
    })
}
