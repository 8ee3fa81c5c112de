use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use clap_mangen::Man;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::views;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write a page for the program and one for each command into this directory, which is made if
    /// it is not there; without it, the page of the program goes to stdout
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Pages {
    /// The page of the program, if it was not written to a file.
    page: Option<String>,
    files: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let command = crate::cli::command(&context.program, context.profiles);
    let pages = match &arguments.dir {
        Some(directory) => Pages { page: None, files: write(command, directory)? },
        None => Pages { page: Some(render(command)?), files: Vec::new() },
    };
    context.result(Exit::Success, &pages, |page| {
        if let Some(text) = &pages.page {
            page.text(text);
        }
        for file in &pages.files {
            page.line(file);
        }
    })
}

fn render(command: clap::Command) -> Result<String> {
    let mut page = Vec::new();
    let rendered = Man::new(command).render(&mut page);
    rendered.map_err(|error| Failure::new("could not make the manual page").because(&error))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// A file for the program and one for each command, named as man(1) looks for them.
fn write(mut command: clap::Command, directory: &Path) -> Result<Vec<String>> {
    let failed = |path: &Path, error: io::Error| {
        Failure::new(format!("could not write {}", path.display())).because(&error)
    };
    fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    // What is global is in each command's page only once the command line is put together.
    command.build();
    let program = command.get_name().to_owned();
    let mut pages = vec![(program.clone(), command.clone())];
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let name = format!("{program}-{}", subcommand.get_name());
        pages.push((name.clone(), subcommand.clone().name(name)));
    }
    let mut files = Vec::new();
    for (name, command) in pages {
        let path = directory.join(format!("{name}.1"));
        fs::write(&path, render(command)?).map_err(|error| failed(&path, error))?;
        files.push(views::path(&path));
    }
    Ok(files)
}
