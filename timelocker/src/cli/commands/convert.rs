use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::convert::{Converted, Outcome, borg, gitignore, profile_text, restic, rustic};
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Page, Style, count, one_line, put};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The file with patterns
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What it was written for: restic's --exclude-file, rustic's --glob-file, borg's --exclude-from
    /// or --patterns-from, or git
    #[arg(long, value_enum, value_name = "PROGRAM")]
    from: From,
    /// A target of the profile; several may be given. Patterns that begin with one are written as
    /// relative to it
    #[arg(long, value_name = "PATH")]
    target: Vec<String>,
    /// The name of the profile
    #[arg(long, value_name = "NAME", default_value = "CONVERTED", value_parser = name)]
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum From {
    Restic,
    Rustic,
    Borg,
    Gitignore,
}

/// What a static can be called.
fn name(text: &str) -> std::result::Result<String, String> {
    let name = text.to_ascii_uppercase();
    let begins = name.starts_with(|letter: char| letter.is_ascii_uppercase());
    let fits = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    match begins && fits {
        true => Ok(name),
        false => Err("a name is letters, digits and `_`".to_owned()),
    }
}

#[derive(Debug, Serialize)]
struct View {
    profile: String,
    exact: usize,
    different: Vec<LineView>,
}

#[derive(Debug, Serialize)]
struct LineView {
    line: usize,
    text: String,
    left_out: bool,
    why: String,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let failed = |error| Failure::at("read", &arguments.file, &error);
    let content = fs::read(&arguments.file).map_err(failed)?;
    let content = String::from_utf8(content).map_err(|_| {
        Failure::new(format!("`{}` is not UTF-8", arguments.file.display()))
            .advice("write names that are not UTF-8 as byte strings, b\"..\", in the profile")
    })?;
    let converted = match arguments.from {
        From::Restic => restic(&content, &arguments.target),
        From::Rustic => rustic(&content),
        From::Borg => borg(&content, &arguments.target),
        From::Gitignore => gitignore(&content),
    };
    let view = View {
        profile: profile_text(&converted, &arguments.name, &arguments.target),
        exact: converted.lines.iter().filter(|line| line.outcome == Outcome::Exact).count(),
        different: different(&converted),
    };
    let exit = context.result(Exit::Success, &view, |page| {
        page.text(&view.profile);
    })?;
    if !context.output.json {
        // Beside the profile, which is to go into a file.
        let mut page = Page::new(context.output.colour.is_on(&std::io::stderr()));
        view.write(&mut page);
        let _ = put(std::io::stderr().lock(), page.as_bytes());
    }
    Ok(exit)
}

fn different(converted: &Converted) -> Vec<LineView> {
    let view = |line: &crate::cli::convert::Line| {
        let (left_out, why) = match &line.outcome {
            Outcome::Exact => return None,
            Outcome::Different(why) => (false, why.clone()),
            Outcome::LeftOut(why) => (true, why.clone()),
        };
        Some(LineView { line: line.number, text: line.text.clone(), left_out, why })
    };
    converted.lines.iter().filter_map(view).collect()
}

impl View {
    fn write(&self, page: &mut Page) {
        let exact = count(self.exact as u64, "line");
        page.line(format_args!("{exact} taken to the letter"));
        for line in &self.different {
            let (style, what) = match line.left_out {
                true => (Style::Bad, "left out"),
                false => (Style::Notable, "different"),
            };
            page.styled(style, what);
            page.line(format_args!(" line {}: {}", line.line, one_line(&line.text)));
            page.line(format_args!("  {}", one_line(&line.why)));
        }
    }
}
