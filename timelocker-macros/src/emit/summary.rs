//! The table that rustdoc shows of a profile below its author's words.

use std::fmt::Write as _;

use quote::ToTokens;
use syn::{LitBool, LitStr};
use timelocker_pattern::Dialect;

use crate::input::beside::Beside;
use crate::input::hooks::{HookLine, Hooks};
use crate::input::keep::COUNTS;
use crate::input::notify::{Address, Notify};
use crate::input::number::Number;
use crate::input::patterns::{Item, Language};
use crate::input::profile::{Definition, Fields};
use crate::input::retry::Retry;
use crate::input::secret::Secret;
use crate::input::settings::Settings;
use crate::input::surprise::Surprise;
use crate::input::target::Target;
use crate::input::{List, Text};

/// More rules are only counted.
const SHOWN_RULES: usize = 20;

/// The table, in Markdown, with an empty line before it.
pub(super) fn markdown(definition: &Definition, name: &str) -> String {
    let mut text = String::from("\n\n| Profile | |\n|---|---|\n");
    for (name, value) in rows(&definition.fields, name) {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    text
}

fn rows(fields: &Fields, name: &str) -> Vec<(&'static str, String)> {
    let Fields { rules: lists, .. } = fields;
    let rows = [
        ("name", Some(code(name))),
        ("targets", fields.targets.as_ref().map(targets)),
        ("repository", fields.repository.as_ref().map(literal)),
        ("password", fields.password.as_ref().map(|from| code(&secret(from)))),
        ("schedule", fields.schedule.as_ref().map(literal)),
        ("exclude", lists.exclude.as_ref().map(rules)),
        ("include", lists.include.as_ref().map(rules)),
        ("ignore files", fields.ignore_files.as_ref().map(texts)),
        ("exclude if present", fields.exclude_if_present.as_ref().map(texts)),
        ("exclude beside", fields.exclude_beside.as_deref().map(beside)),
        ("exclude caches", flag(fields.exclude_caches.as_ref())),
        ("exclude larger than", fields.exclude_larger_than.as_ref().map(literal)),
        ("one file system", flag(fields.one_file_system.as_ref())),
        ("tags", fields.tags.as_ref().map(|list| literals(&list.items))),
        ("host", fields.host.as_ref().map(literal)),
        ("keep", Some(keep(fields))),
        ("verify", fields.verify.as_ref().map(literal)),
        ("on surprise", fields.on_surprise.as_ref().map(literal)),
        ("surprise", fields.surprise.as_ref().map(surprise)),
        ("retry", fields.retry.as_ref().map(retry)),
        ("settings", fields.settings.as_ref().map(settings)),
        ("hooks", fields.hooks.as_ref().map(hooks)),
        ("notify", fields.notify.as_ref().map(notify)),
    ];
    let shown = rows.into_iter().filter_map(|(name, value)| Some((name, value?)));
    shown.filter(|(_, value)| !value.is_empty()).collect()
}

/// A flag that is set.
fn flag(flag: Option<&LitBool>) -> Option<String> {
    flag.filter(|flag| flag.value).map(|_| "yes".to_owned())
}

fn beside(pairs: &[Beside]) -> String {
    let pair =
        |pair: &Beside| format!("{} beside {}", texts(&pair.directories), bytes(&pair.sibling));
    pairs.iter().map(pair).collect::<Vec<_>>().join("; ")
}

fn surprise(surprise: &Surprise) -> String {
    declared(&[
        ("more", surprise.more.as_ref().map(number)),
        ("less", surprise.less.as_ref().map(number)),
        ("changed", surprise.changed.as_ref().map(number)),
        ("slack", surprise.slack.as_ref().map(ToString::to_string)),
    ])
}

fn retry(retry: &Retry) -> String {
    declared(&[
        ("retries", retry.retries.as_ref().map(ToString::to_string)),
        ("pause", retry.pause.as_ref().map(LitStr::value)),
        ("factor", retry.factor.as_ref().map(number)),
        ("max_pause", retry.max_pause.as_ref().map(LitStr::value)),
        ("jitter", retry.jitter.as_ref().map(number)),
        ("deadline", retry.deadline.as_ref().map(LitStr::value)),
    ])
}

fn settings(settings: &Settings) -> String {
    let flag = |flag: &Option<LitBool>| flag.as_ref().map(|flag| flag.value.to_string());
    declared(&[
        ("compression", settings.compression.as_ref().map(ToString::to_string)),
        ("pack_size", settings.pack_size.as_ref().map(LitStr::value)),
        ("verify_writes", flag(&settings.verify_writes)),
        ("append_only", flag(&settings.append_only)),
        ("bandwidth", settings.bandwidth.as_ref().map(LitStr::value)),
        ("timeout", settings.timeout.as_ref().map(LitStr::value)),
    ])
}

fn hooks(hooks: &Hooks) -> String {
    let lines = [
        ("before", &hooks.before),
        ("on success", &hooks.success),
        ("on failure", &hooks.failure),
        ("finally", &hooks.finally),
    ];
    let shown = lines.into_iter().flat_map(|(when, lines)| {
        lines.iter().flatten().map(move |line| format!("{when} {}", hook(line)))
    });
    shown.collect::<Vec<_>>().join("; ")
}

fn notify(notify: &Notify) -> String {
    let desktop = notify.desktop.as_ref().filter(|flag| flag.value);
    let told = [
        desktop.map(|_| "the desktop".to_owned()),
        notify.ping.as_ref().map(|from| format!("ping {}", address(from))),
        notify.webhook.as_ref().map(|from| format!("webhook {}", address(from))),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn targets(list: &List<Target>) -> String {
    let target = |Target { path, own }: &Target| {
        let lists = own
            .as_ref()
            .map(|own| [("exclude", &own.lists.exclude), ("include", &own.lists.include)]);
        let lists = lists.into_iter().flatten();
        let own =
            lists.filter_map(|(side, list)| Some(format!("{side} {}", rules(list.as_ref()?))));
        let own: Vec<_> = own.collect();
        let own = if own.is_empty() { String::new() } else { format!(" ({})", own.join("; ")) };
        format!("{}{own}", bytes(path))
    };
    list.items.iter().map(target).collect::<Vec<_>>().join(", ")
}

fn rules(list: &List<Item>) -> String {
    let shown = list.items.iter().take(SHOWN_RULES).map(|item| {
        code(&match item {
            Item::Pattern(text, language) => {
                format!("{}{}", words(*language), readable(&text.value))
            }
            Item::File(file) => format!("file {:?}", file.path.value()),
            Item::Group(path) => {
                format!("group {}", path.to_token_stream().to_string().replace(' ', ""))
            }
        })
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if let Some(more) = list.items.len().checked_sub(SHOWN_RULES).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

/// The words before a pattern.
fn words(language: Language) -> String {
    let mut words = String::new();
    if language.case != language.dialect.default_case() {
        words.push_str("nocase ");
    }
    if language.dialect != Dialect::Gitignore {
        words.push_str(&format!("{:?} ", language.dialect).to_lowercase());
    }
    words
}

fn keep(fields: &Fields) -> String {
    let counts = COUNTS.iter().zip(&fields.keep.counts).filter_map(|(name, count)| {
        let count = count.as_ref()?;
        Some(format!("{} {}", name.trim_start_matches("keep_"), count.base10_digits()))
    });
    let within = fields.keep.within.as_ref().map(|time| format!("within {}", literal(time)));
    let tags = fields.keep.tags.as_ref().map(|list| format!("tags {}", literals(&list.items)));
    counts.chain(within).chain(tags).collect::<Vec<_>>().join(", ")
}

fn hook(hook: &HookLine) -> String {
    let required = hook.required.map_or("", |_| "(required) ");
    let limit = hook.limit.as_ref().map(|limit| format!(" within {}", limit.value()));
    format!("{required}{}{}", literal(&hook.line), limit.unwrap_or_default())
}

fn address(address: &Address) -> String {
    match address {
        Address::Plain(address) => literal(address),
        Address::From(from) => code(&secret(from)),
    }
}

fn secret(secret: &Secret) -> String {
    match secret {
        Secret::Env(name) => format!("env {:?}", name.value()),
        Secret::File(path) => format!("file {:?}", readable(&path.value)),
        Secret::Command(line) => format!("command {:?}", line.value()),
        Secret::Keyring { service, user } => {
            format!("keyring {:?} {:?}", service.value(), user.value())
        }
        Secret::Prompt => "prompt".to_owned(),
    }
}

/// The names and values of those that are there.
fn declared(values: &[(&str, Option<String>)]) -> String {
    let values =
        values.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
    values.collect::<Vec<_>>().join(", ")
}

fn number(number: &Number) -> String {
    match number {
        Number::Whole(literal) => literal.to_string(),
        Number::Fraction(literal) => literal.to_string(),
    }
}

fn texts(list: &List<Text>) -> String {
    list.items.iter().map(bytes).collect::<Vec<_>>().join(", ")
}

fn bytes(text: &Text) -> String {
    code(&readable(&text.value))
}

fn readable(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.escape_ascii().to_string(),
    }
}

fn literals(list: &[LitStr]) -> String {
    list.iter().map(literal).collect::<Vec<_>>().join(", ")
}

fn literal(literal: &LitStr) -> String {
    code(&literal.value())
}

/// Text as code in a cell of a table, whatever is in it.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // Without a space a tick at an end would be part of the fence.
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_shown_as_it_is() {
        let table = [
            ("*.tmp", "`*.tmp`"),
            ("a|b", "`a\\|b`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("``", "``` `` ```"),
            ("a\nb", "`a b`"),
        ];
        for (text, expected) in table {
            assert_eq!(code(text), expected, "{text}");
        }
    }
}
