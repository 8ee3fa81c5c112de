//! What the input must obey beyond its grammar. Each fault goes to the literal that has it, and
//! what remains is a valid table or profile in any case: the fallback that keeps other code from
//! failing along.

mod assertion;
mod file;
pub(crate) mod group;
pub(crate) mod keep;
mod label;
mod lint;
pub(crate) mod notify;
mod number;
mod path;
pub(crate) mod predicate;
pub(crate) mod repository;
pub(crate) mod retry;
pub(crate) mod rules;
pub(crate) mod schedule;
pub(crate) mod settings;
mod sourced;
pub(crate) mod target;
pub(crate) mod written;

use std::collections::HashMap;

use syn::LitStr;
use syn::ext::IdentExt as _;

use crate::diagnostic::{Faults, Warnings, message};
use crate::input::profile::Definition;

use group::Groups;
use keep::Retention;
use label::{label, tags, value_fault};
use notify::{Hooks, Notify};
use predicate::DirectoryRules;
use repository::{Repository, SecretSource};
use retry::{Guard, Retry};
pub(crate) use rules::Rules;
use rules::Set;
use settings::{ReadBack, Settings};
use target::{Common, Target};

/// A profile's values, all of them as they should be.
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
    pub(crate) repository: Option<Repository>,
    pub(crate) password: Option<SecretSource>,
    pub(crate) rules: Rules,
    pub(crate) tags: Vec<String>,
    pub(crate) host: Option<String>,
    pub(crate) one_file_system: bool,
    pub(crate) directory_rules: DirectoryRules,
    pub(crate) ignore_files: Vec<Vec<u8>>,
    pub(crate) retention: Retention,
    pub(crate) guard: Guard,
    pub(crate) retry: Retry,
    pub(crate) verify: Option<ReadBack>,
    pub(crate) schedule: Option<timelocker_pattern::schedule::Schedule>,
    pub(crate) settings: Settings,
    pub(crate) hooks: Hooks,
    pub(crate) notify: Notify,
    pub(crate) warnings: Warnings,
}

/// Checks the profiles of one invocation, the names of all against each other too.
pub(crate) fn profiles(
    definitions: &[Definition],
    groups: &Groups<'_>,
    faults: &mut Faults,
) -> Vec<Profile> {
    let mut names = HashMap::new();
    let mut profiles = Vec::new();
    for definition in definitions {
        let profile = profile(definition, groups, faults);
        let fields = &definition.fields;
        let span = fields.name.as_ref().map_or(definition.ident.span(), LitStr::span);
        if let Some(other) = names.insert(profile.name.clone(), &definition.ident) {
            let text = format!("`{other}` has the name \"{}\" as well", profile.name);
            let help = "give one of them another by the field `name`";
            faults.at(span, message(text, None, Some(help)));
        }
        profiles.push(profile);
    }
    profiles
}

fn profile(definition: &Definition, groups: &Groups<'_>, faults: &mut Faults) -> Profile {
    let fields = &definition.fields;
    let name = match &fields.name {
        Some(name) => {
            label(name, "the profile's name", faults);
            if name.value().starts_with('-') {
                let text = "a name that begins with `-` looks like an option on a command line";
                value_fault(name, 0..1, text, "begin it with a letter", faults);
            }
            name.value()
        }
        None => definition.ident.unraw().to_string().to_lowercase().replace('_', "-"),
    };
    if fields.targets.is_none() && !fields.targets_unknown {
        let text = format!("the profile `{}` has no targets", definition.ident);
        let help = "add what it backs up, such as `targets: [\"~/Documents\"]`";
        faults.at(definition.ident.span(), message(text, None, Some(help)));
    }
    if let Some(host) = &fields.host {
        label(host, "the host's name", faults);
    }
    let set = Set::read(&fields.rules, groups, faults);
    let rules = set.compile(&fields.rules, faults);
    let common = Common { lists: &fields.rules, set: &set, rules: &rules };
    let targets = fields.targets.as_ref();
    let targets = targets.map(|list| target::check(list, &common, groups, faults));
    Profile {
        name,
        targets: targets.unwrap_or_default(),
        repository: fields.repository.as_ref().and_then(|text| repository::check(text, faults)),
        password: fields.password.as_ref().and_then(|from| repository::secret(from, faults)),
        rules,
        tags: fields.tags.as_ref().map(|list| tags(list, faults)).unwrap_or_default(),
        host: fields.host.as_ref().map(LitStr::value),
        one_file_system: fields.one_file_system.as_ref().is_some_and(|flag| flag.value),
        directory_rules: predicate::check(fields, faults),
        ignore_files: predicate::names(fields.ignore_files.as_ref(), faults),
        retention: keep::check(&fields.keep, faults),
        guard: retry::guard(fields.on_surprise.as_ref(), fields.surprise.as_ref(), faults),
        retry: fields.retry.as_ref().map(|retry| retry::check(retry, faults)).unwrap_or_default(),
        verify: fields.verify.as_ref().and_then(|share| settings::read_back(share, faults)),
        schedule: fields.schedule.as_ref().and_then(|text| schedule::check(text, faults)),
        settings: fields
            .settings
            .as_ref()
            .map(|settings| settings::check(settings, faults))
            .unwrap_or_default(),
        hooks: fields.hooks.as_ref().map(|hooks| notify::hooks(hooks, faults)).unwrap_or_default(),
        notify: fields.notify.as_ref().map(|who| notify::check(who, faults)).unwrap_or_default(),
        // Of all fields: those before are evaluated by now.
        warnings: faults.take_warnings(),
    }
}
