use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::Style;
use crate::profile::Profile;
use crate::repository::Repository;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The level of zstd by which data are compressed, from 1 to 22
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(i32).range(-7..=22))]
    compression: Option<i32>,
    /// Let nothing be removed from it: no snapshot forgotten, no data pruned
    #[arg(long)]
    append_only: bool,
}

#[derive(Debug, Serialize)]
struct Made {
    repository: String,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit> {
    let profiles = context.chosen(&[])?;
    let mut places: Vec<(String, _)> = Vec::new();
    for profile in profiles {
        let location = context.location(Some(profile))?;
        if !places.iter().any(|(known, _)| *known == location) {
            places.push((location, Some(profile)));
        }
    }
    if places.is_empty() {
        places.push((context.location(None)?, None));
    }
    let mut made = Vec::new();
    for (text, profile) in places {
        let location = context.reached(&text, profile)?;
        let password = context.new_password(profile, &location)?;
        let mut settings = profile.map(Profile::settings).unwrap_or_default();
        if arguments.append_only {
            settings = settings.append_only(true);
        }
        if let Some(level) = arguments.compression {
            settings = settings.compression(level);
        }
        let new = Repository::init_at(&location, &password, &settings);
        let repository = new.map_err(|error| match error.is_repository_exists() {
            true => Failure::new(format!("there is a repository at `{location}` already"))
                .advice(format!("use it as it is: `{} snapshots`", context.program)),
            false => context.failed(&error),
        })?;
        made.push(Made { repository: repository.location().to_owned() });
    }
    context.result(Exit::Success, &made, |page| {
        for Made { repository } in &made {
            page.text("new repository at ").styled(Style::Title, repository).text('\n');
        }
        page.line("Without its password nothing in it can be read, by nobody: keep it safe.");
    })
}
