use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write the pages of the program and of each command into this directory
    #[arg(long, short, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct View {
    /// The page of the program, where none was written.
    page: Option<String>,
    files: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let mut command = crate::cli::command(&context.program, context.profiles);
    command.build();
    let Some(directory) = &arguments.directory else {
        let page = rendered(command)
            .map_err(|error| Failure::new("could not make the page").because(&error))?;
        let view = View { page: Some(page.clone()), files: Vec::new() };
        return context.result(Exit::Success, &view, |output| {
            output.text(page);
        });
    };
    let failed = |error: io::Error| Failure::at("write manual pages into", directory, &error);
    fs::create_dir_all(directory).map_err(failed)?;
    let mut files = Vec::new();
    write(command.clone(), &context.program, directory, &mut files).map_err(failed)?;
    for subcommand in command.get_subcommands() {
        let name = format!("{}-{}", context.program, subcommand.get_name());
        write(subcommand.clone(), &name, directory, &mut files).map_err(failed)?;
    }
    let view = View { page: None, files };
    context.result(Exit::Success, &view, |page| {
        for file in &view.files {
            page.line(file);
        }
    })
}

fn write(
    command: clap::Command,
    name: &str,
    directory: &Path,
    files: &mut Vec<String>,
) -> io::Result<()> {
    let path = directory.join(format!("{name}.1"));
    fs::write(&path, rendered(command.name(name.to_owned()))?)?;
    files.push(path.display().to_string());
    Ok(())
}

fn rendered(command: clap::Command) -> io::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
