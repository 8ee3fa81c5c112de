use clap::{Args, ValueEnum};
use clap_complete::{Shell, generate};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell; put what is written where it looks for completions
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Serialize)]
struct View {
    shell: String,
    script: String,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let mut command = crate::cli::command(&context.program, context.profiles);
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, &context.program, &mut script);
    let shell = arguments.shell.to_possible_value();
    let view = View {
        shell: shell.map(|value| value.get_name().to_owned()).unwrap_or_default(),
        script: String::from_utf8_lossy(&script).into_owned(),
    };
    context.result(Exit::Success, &view, |page| {
        page.text(&view.script);
    })
}
