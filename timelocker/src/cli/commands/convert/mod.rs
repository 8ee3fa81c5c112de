//! Exclude files of other programs as profiles.

mod anchor;
mod borg;
mod globs;
mod list;
mod restic;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use self::list::{List, Lists, Note, NoteKind};
use super::STDIN;
use crate::cli::context::{Context, absolute};
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Style, count, put};
use crate::cli::views;
use crate::pattern::{Case, Dialect, Side};
use crate::quoted::Quoted;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The exclude file, `-` for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The program whose file it is: of restic an --exclude-file, of rustic a --glob-file, of borg one
    /// for --exclude-from or --patterns-from
    #[arg(long, value_enum, value_name = "PROGRAM")]
    from: From,
    /// It ignores case, as restic's --iexclude-file and rustic's --iglob-file do
    #[arg(long)]
    ignore_case: bool,
    /// What is to be backed up, below which the patterns of the profile begin; without it the root,
    /// or for gitignore the directory of FILE
    #[arg(long, value_name = "PATH")]
    target: Option<PathBuf>,
    /// The name of the profile
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum From {
    Restic,
    Rustic,
    Borg,
    Gitignore,
}

#[derive(Debug, Serialize)]
struct Converted {
    from: From,
    target: String,
    profile: String,
    rules: Vec<RuleView>,
    notes: Vec<Note>,
}

#[derive(Debug, Serialize)]
struct RuleView {
    side: &'static str,
    dialect: &'static str,
    ignores_case: bool,
    pattern: String,
    line: u32,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let content = read(&arguments.file).map_err(|error| {
        Failure::new(format!("could not read {}", Quoted::path(&arguments.file))).because(&error)
    })?;
    let content = String::from_utf8_lossy(&content);
    let converted = convert(&content, arguments)?;
    let left_out = converted.notes.iter().any(|note| note.kind == NoteKind::LeftOut);
    let exit = if left_out { Exit::Incomplete } else { Exit::Success };
    if !context.output.json && !context.output.quiet {
        let mut page = Page::new(context.output.colour.is_on(&io::stderr()));
        converted.report(&mut page, &arguments.file, context.output.verbose);
        // The profile is what matters; it can be written or not.
        let _ = put(io::stderr().lock(), page.as_bytes());
    }
    context.result(exit, &converted, |page| {
        page.text(&converted.profile);
    })
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    if file.as_os_str() != STDIN {
        return fs::read(file);
    }
    let mut content = Vec::new();
    io::stdin().lock().read_to_end(&mut content)?;
    Ok(content)
}

fn convert(content: &str, arguments: &Arguments) -> Result<Converted> {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let file = arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut list = List { file, lines: content.lines().collect(), ..List::default() };
    for (line, text) in (1..).zip(list.lines.clone()) {
        if text.contains('\u{fffd}') {
            list.note(line, NoteKind::Differs, "it is not UTF-8: write it by hand, as `b\"..\"`");
        }
    }
    let case = if arguments.ignore_case { Case::Insensitive } else { Case::Sensitive };
    match arguments.from {
        From::Restic => restic::restic(&mut list, case),
        From::Rustic => globs::rustic(&mut list, content, case),
        From::Borg => borg::borg(&mut list),
        From::Gitignore => globs::gitignore(&mut list, content, case),
    }
    let target = target(arguments, &mut list)?;
    if arguments.from != From::Gitignore {
        bring_below(&target, &mut list);
    }
    let lists = Lists::of(&mut list);
    list.notes.sort_by_key(|note| note.line);
    let name = identifier(arguments);
    let target = shown_target(&target);
    let sides = [(&lists.exclude, Side::Exclude), (&lists.include, Side::Include)];
    let rules = sides.into_iter().flat_map(|(lines, side)| {
        lines.iter().map(move |line| RuleView {
            side: if side == Side::Exclude { "exclude" } else { "include" },
            dialect: match line.pattern.dialect {
                Dialect::Restic => "restic",
                Dialect::Regex => "regex",
                Dialect::Fnmatch => "fnmatch",
                _ => "gitignore",
            },
            ignores_case: line.pattern.case == Case::Insensitive,
            pattern: line.text(),
            line: line.line,
        })
    });
    Ok(Converted {
        from: arguments.from,
        profile: lists.profile(&name, &target, &list.lines),
        target,
        rules: rules.collect(),
        notes: list.notes,
    })
}

/// What is backed up: as it is asked for, as the file says, or else where its patterns begin.
fn target(arguments: &Arguments, list: &mut List<'_>) -> Result<PathBuf> {
    if let Some(target) = &arguments.target {
        return absolute(target);
    }
    if arguments.from == From::Gitignore {
        let file = absolute(&arguments.file)?;
        return Ok(file.parent().map_or(PathBuf::from("/"), Path::to_path_buf));
    }
    match &list.roots[..] {
        [root] if root.starts_with('/') => return Ok(root.into()),
        [] => {}
        roots => {
            let message = format!(
                "its targets are {}, and the profile's is `/`: convert it with --target for each",
                roots.join(", ")
            );
            list.note(0, NoteKind::Differs, message);
        }
    }
    Ok("/".into())
}

/// Makes the patterns, which are for whole paths, begin at the target.
fn bring_below(target: &Path, list: &mut List<'_>) {
    let target: Vec<String> = target
        .components()
        .filter_map(|part| match part {
            std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    let target: Vec<&str> = target.iter().map(String::as_str).collect();
    for step in std::mem::take(&mut list.steps) {
        if step.pattern.dialect == Dialect::Regex && !target.is_empty() {
            let message = "the expression is tried on paths from the target on, and was on those \
                           from the root";
            list.note(step.line, NoteKind::Differs, message);
        }
        let below = anchor::below(&step.pattern, &target);
        let (kind, message) = match (below.is_target, below.patterns.is_empty()) {
            (true, _) if step.takes => {
                (NoteKind::Info, "it is about the target or what is above it")
            }
            (true, _) => (NoteKind::Differs, "it would leave out the target itself"),
            (false, true) => (NoteKind::Info, "left out: it is for what is not below the target"),
            (false, false) => (NoteKind::Info, ""),
        };
        if !message.is_empty() {
            list.note(step.line, kind, message);
        }
        for pattern in below.patterns {
            list.step(step.line, step.takes, pattern);
        }
    }
}

/// With `~` for the home directory of the user.
fn shown_target(target: &Path) -> String {
    let home = std::env::home_dir().filter(|home| home.is_absolute() && home.parent().is_some());
    match home.and_then(|home| target.strip_prefix(home).ok().map(Path::to_path_buf)) {
        Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
        Some(below) => format!("~/{}", views::path(&below)),
        None => views::path(target),
    }
}

/// The name of the static: as given, or that of the file.
fn identifier(arguments: &Arguments) -> String {
    let stem = arguments.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = arguments.name.clone().or(stem).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = name.trim_matches('.').chars().map(plain).collect();
    match name.chars().next() {
        Some(c) if c.is_ascii_alphabetic() => name,
        _ => format!("PROFILE_{name}").trim_end_matches('_').to_owned(),
    }
}

impl Converted {
    fn report(&self, page: &mut Page, file: &Path, verbose: bool) {
        let counted = |kind| self.notes.iter().filter(|note| note.kind == kind).count() as u64;
        for note in &self.notes {
            let style = match note.kind {
                NoteKind::Info if !verbose => continue,
                NoteKind::Info => Style::Faint,
                NoteKind::Differs => Style::Notable,
                NoteKind::LeftOut => Style::Bad,
            };
            let place = match note.line {
                0 => Quoted::path(file).to_string(),
                line => format!("{}:{line}: `{}`", Quoted::path(file), note.text),
            };
            page.styled(style, place).line(format_args!(": {}", note.message));
        }
        let hint = if verbose || counted(NoteKind::Info) == 0 { "" } else { ": --verbose" };
        let differ = match counted(NoteKind::Differs) {
            1 => "1 line differs".to_owned(),
            lines => format!("{lines} lines differ"),
        };
        page.line(format_args!(
            "{}; {differ}, {} left out, {}{hint}",
            count(self.rules.len() as u64, "rule"),
            counted(NoteKind::LeftOut),
            count(counted(NoteKind::Info), "note"),
        ));
    }
}
