use std::ffi::OsString;
use std::io::{self, BufRead as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::STDIN;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Style, one_line};
use crate::cli::typed;
use crate::cli::views::{self, PathErrorView, PathView, path};
use crate::source::Source;
use crate::walk::{Exclusion, Explained, Reason, explain};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The paths to explain, `-` for those that stdin names; a slash at the end says that one that
    /// is not there is a directory
    #[arg(value_name = "PATH", required_unless_present_any = ["stdin", "null"], value_parser = typed::path())]
    paths: Vec<PathBuf>,
    /// Read paths from stdin too, one a line
    #[arg(long)]
    stdin: bool,
    /// Read them ended by NUL bytes, as `find -print0` writes them
    #[arg(long, short = '0')]
    null: bool,
}

impl Arguments {
    /// The paths, with those of stdin in the place of `-`, or behind the others.
    fn read(&self) -> Result<Vec<PathBuf>> {
        let end = if self.null { 0 } else { b'\n' };
        let stdin = (self.stdin || self.null).then(|| PathBuf::from(STDIN));
        let mut paths = Vec::new();
        for path in self.paths.iter().chain(&stdin) {
            match path.as_os_str() == STDIN {
                true => paths.extend(read_paths(end)?),
                false => paths.push(path.clone()),
            }
        }
        Ok(paths)
    }
}

/// What the profiles say of a path.
#[derive(Debug, Serialize)]
struct View {
    #[serde(flatten)]
    path: PathView,
    is_there: bool,
    profiles: Vec<Said>,
    /// The failures to read what a backup would look at on its way to the path.
    unread: Vec<PathErrorView>,
}

/// What one profile says of it.
#[derive(Debug, Serialize)]
struct Said {
    profile: &'static str,
    target: Option<String>,
    selected: bool,
    reason: &'static str,
    rule: Option<String>,
    side: Option<&'static str>,
    place: Option<String>,
    decided_at: String,
    #[serde(skip)]
    is_at_path: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let paths = arguments.read()?;
    let mut sources = Vec::new();
    for profile in context.chosen(&[])? {
        match context.source(profile) {
            Ok(source) => sources.push((profile.name(), source)),
            // Of a profile whose targets are missing nothing can be below.
            Err(failure) if context.profiles.len() == 1 => return Err(failure),
            Err(_) => {}
        }
    }
    let views: Vec<View> = paths.iter().map(|path| View::of(path, &sources)).collect();
    let complete = views.iter().all(|view| view.unread.is_empty());
    let exit = if complete { Exit::Success } else { Exit::Incomplete };
    context.result(exit, &views, |page| views.iter().for_each(|view| view.write(page)))
}

fn read_paths(end: u8) -> Result<Vec<PathBuf>> {
    let lines = io::stdin().lock().split(end).collect::<io::Result<Vec<_>>>();
    let lines = lines.map_err(|error| Failure::new("could not read stdin").because(&error))?;
    let paths = lines.into_iter().filter(|line| !line.is_empty());
    Ok(paths.map(|line| PathBuf::from(OsString::from_vec(line))).collect())
}

impl View {
    fn of(written: &Path, sources: &[(&'static str, Source)]) -> Self {
        let explained: Vec<_> = sources
            .iter()
            .map(|(profile, source)| {
                let options = source.get_walk_options();
                (*profile, explain(source.targets(), source.table(), options, written))
            })
            .collect();
        let mut unread: Vec<PathErrorView> = Vec::new();
        for error in explained.iter().flat_map(|(_, explained)| explained.unread()) {
            let error = PathErrorView::of(error);
            if !unread.iter().any(|known| known.message == error.message) {
                unread.push(error);
            }
        }
        Self {
            path: PathView::of(written),
            unread,
            is_there: explained.iter().any(|(_, explained)| explained.is_there()),
            profiles: explained
                .iter()
                .map(|(profile, explained)| Said::of(profile, explained, written))
                .collect(),
        }
    }

    fn write(&self, page: &mut Page) {
        page.styled(Style::Title, &self.path);
        match (self.is_there, self.unread.is_empty()) {
            (true, _) => {}
            (false, true) => {
                page.styled(Style::Faint, "  (not there: by the patterns alone)");
            }
            (false, false) => {
                page.styled(Style::Faint, "  (not seen: by the patterns alone)");
            }
        }
        page.text('\n');
        let mut below: Vec<&Said> =
            self.profiles.iter().filter(|said| said.target.is_some()).collect();
        // Which profile saves it is what is asked.
        below.sort_by_key(|said| !said.selected);
        if below.is_empty() {
            page.text("  ").styled(Style::Bad, "not saved").line(": it is below no target");
        }
        for said in below {
            said.write(page);
        }
        for error in &self.unread {
            page.text("  ").styled(Style::Bad, one_line(&error.message)).text('\n');
        }
    }
}

impl Said {
    fn of(profile: &'static str, explained: &Explained, written: &Path) -> Self {
        let rule = explained.rule();
        let components = |path: &Path| path.components().count();
        let whole = std::path::absolute(written).unwrap_or_else(|_| written.to_path_buf());
        Self {
            profile,
            target: explained.target().map(path),
            selected: explained.is_selected(),
            reason: reason(explained.reason()),
            rule: rule.map(|rule| String::from_utf8_lossy(rule.pattern()).into_owned()),
            side: rule.map(|rule| views::side(rule.side())),
            place: rule.and_then(|rule| rule.place()).map(views::place),
            decided_at: path(explained.decided_at()),
            is_at_path: components(explained.decided_at()) >= components(&whole)
                || whole.as_os_str().as_bytes().is_empty(),
        }
    }

    fn write(&self, page: &mut Page) {
        page.text(format_args!("  {}: ", self.profile));
        match self.selected {
            true => page.styled(Style::Good, "saved"),
            false => page.styled(Style::Bad, "not saved"),
        };
        match &self.rule {
            Some(rule) => {
                page.text(", by `").styled(Style::Notable, one_line(rule)).text("`");
                if let Some(place) = &self.place {
                    page.styled(Style::Faint, format_args!(" ({})", one_line(place)));
                }
            }
            None => {
                page.text(format_args!(", {}", self.reason));
            }
        }
        if !self.is_at_path {
            page.text(format_args!(", at {}", one_line(&self.decided_at)));
        }
        page.text('\n');
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NoTarget => "below no target",
        Reason::Target => "a target itself",
        Reason::Rule => "by a rule",
        Reason::NoRule => "no rule says otherwise",
        Reason::NotOnIncludeList => "not on the include list",
        Reason::OtherFileSystem => "on another file system, which is not entered",
        Reason::Exclusion(Exclusion::IgnoreFile) => "by an ignore file",
        Reason::Exclusion(why) => views::reason(why),
    }
}
