use clap::Args;
use clap_complete::Shell;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Result;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Serialize)]
struct Script {
    shell: String,
    script: String,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let mut script = Vec::new();
    let mut command = crate::cli::command(&context.program, context.profiles);
    clap_complete::generate(arguments.shell, &mut command, &context.program, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let script = Script { shell: arguments.shell.to_string(), script };
    context.result(Exit::Success, &script, |page| {
        page.text(&script.script);
    })
}
