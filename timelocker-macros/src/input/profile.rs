//! The input of `backup_profile!`.

use proc_macro2::{Span, TokenTree};
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitBool, LitStr, Path, Token, Type, Visibility, braced, token};

use super::beside::{self, Beside};
use super::hooks::{self, Hooks};
use super::keep::Keep;
use super::notify::{self, Notify};
use super::patterns::RuleLists;
use super::read::{List, Text, fields, flag, is_literal, list, set, string, text};
use super::retry::{self, Retry};
use super::secret::{self, Secret};
use super::settings::{self, Settings};
use super::surprise::{self, Surprise};
use super::target::{self, Target};
use crate::diagnostic::Faults;

/// One profile: `/// docs  pub static NAME = { .. }`.
pub(crate) struct Definition {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) storage: Storage,
    pub(crate) ident: Ident,
    /// The type, if the author wrote it as in other statics.
    pub(crate) ty: Option<Type>,
    pub(crate) fields: Fields,
}

pub(crate) enum Storage {
    Static(Token![static]),
    Const(Token![const]),
}

/// What stands between the braces. `None` is a field that is not written.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) name: Option<LitStr>,
    pub(crate) targets: Option<List<Target>>,
    pub(crate) repository: Option<LitStr>,
    pub(crate) password: Option<Secret>,
    pub(crate) rules: RuleLists,
    pub(crate) tags: Option<List<LitStr>>,
    pub(crate) host: Option<LitStr>,
    pub(crate) one_file_system: Option<LitBool>,
    pub(crate) keep: Keep,
    pub(crate) on_surprise: Option<LitStr>,
    pub(crate) surprise: Option<Surprise>,
    pub(crate) retry: Option<Retry>,
    pub(crate) verify: Option<LitStr>,
    pub(crate) schedule: Option<LitStr>,
    pub(crate) settings: Option<Settings>,
    pub(crate) hooks: Option<Hooks>,
    pub(crate) notify: Option<Notify>,
    pub(crate) exclude_if_present: Option<List<Text>>,
    pub(crate) ignore_files: Option<List<Text>>,
    pub(crate) exclude_caches: Option<LitBool>,
    pub(crate) exclude_beside: Option<Vec<Beside>>,
    pub(crate) exclude_larger_than: Option<LitStr>,
    /// There are no braces, or `targets` is there and could not be read: that it is missing is no
    /// news then.
    pub(crate) targets_unknown: bool,
}

impl Fields {
    const KNOWN: &'static [&'static str] = &[
        "name",
        "targets",
        "repository",
        "password",
        "exclude",
        "include",
        "assert",
        "allow",
        "warn",
        "deny",
        "ignore_files",
        "exclude_if_present",
        "exclude_caches",
        "exclude_beside",
        "exclude_larger_than",
        "tags",
        "host",
        "one_file_system",
        "keep_last",
        "keep_hourly",
        "keep_daily",
        "keep_weekly",
        "keep_monthly",
        "keep_yearly",
        "keep_within",
        "keep_tags",
        "on_surprise",
        "surprise",
        "retry",
        "verify",
        "schedule",
        "settings",
        "hooks",
        "notify",
    ];

    /// The groups of the author's own that the rules name, those of targets too.
    pub(crate) fn own_groups(&self) -> impl Iterator<Item = &Path> {
        let targets = self.targets.iter().flat_map(|list| &list.items);
        let lists = targets.filter_map(|target| Some(&target.own.as_ref()?.lists));
        std::iter::once(&self.rules).chain(lists).flat_map(RuleLists::own_groups)
    }

    fn parse(input: ParseStream<'_>, faults: &mut Faults) -> Self {
        let mut read = Self::default();
        fields(input, faults, Self::KNOWN, |field, input, faults| read.value(field, input, faults));
        read
    }

    /// Reads the value of a field. If it was read before, that is a fault already, and the first
    /// one stays.
    fn value(
        &mut self,
        field: &str,
        input: ParseStream<'_>,
        faults: &mut Faults,
    ) -> syn::Result<()> {
        match field {
            "name" => set(&mut self.name, string(input, "the profile's name")?),
            "targets" => {
                self.targets_unknown = true;
                let targets = target::parse(input, faults)?;
                self.targets.get_or_insert(targets);
            }
            "repository" => {
                set(&mut self.repository, string(input, "the place of the repository")?)
            }
            "password" => set(&mut self.password, secret::password(input)?),
            "exclude" | "include" | "assert" | "allow" | "warn" | "deny" => {
                self.rules.read_patterns(field, input, faults)?;
            }
            "tags" => {
                let tag = |input: ParseStream<'_>| string(input, "a tag");
                let tags = list(input, faults, field, is_literal, tag)?;
                self.tags.get_or_insert(tags);
            }
            "host" => set(&mut self.host, string(input, "the host's name")?),
            "one_file_system" => set(&mut self.one_file_system, flag(input)?),
            "exclude_caches" => set(&mut self.exclude_caches, flag(input)?),
            "ignore_files" => {
                let name = |input: ParseStream<'_>| text(input, "the name of a file");
                let names = list(input, faults, field, is_literal, name)?;
                self.ignore_files.get_or_insert(names);
            }
            "exclude_if_present" => {
                let name = |input: ParseStream<'_>| text(input, "the name of an entry");
                let names = list(input, faults, field, is_literal, name)?;
                self.exclude_if_present.get_or_insert(names);
            }
            "exclude_beside" => set(&mut self.exclude_beside, beside::parse(input, faults)?),
            "exclude_larger_than" => set(&mut self.exclude_larger_than, string(input, "a size")?),
            "on_surprise" => set(&mut self.on_surprise, string(input, "what is done")?),
            "surprise" => set(&mut self.surprise, surprise::parse(input, faults)?),
            "retry" => set(&mut self.retry, retry::parse(input, faults)?),
            "verify" => set(&mut self.verify, string(input, "how much is read back")?),
            "schedule" => set(&mut self.schedule, string(input, "a schedule")?),
            "settings" => set(&mut self.settings, settings::parse(input, faults)?),
            "hooks" => set(&mut self.hooks, hooks::parse(input, faults)?),
            "notify" => set(&mut self.notify, notify::parse(input, faults)?),
            field if self.keep.read(field, input, faults)? => {}
            // `fields` calls for the known ones alone; a field listed above and not here is
            // reported, not lost.
            _ => return Err(input.error(format!("`{field}` can not be given yet"))),
        }
        Ok(())
    }
}

/// Reads profiles to the end of `input`.
pub(crate) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> Vec<Definition> {
    let mut definitions = Vec::new();
    if input.is_empty() {
        let text = "expected a profile: `pub static HOME = { targets: [\"~/Documents\"] }`";
        faults.at(Span::call_site(), text);
    }
    while !input.is_empty() {
        match definition(input, faults) {
            Ok(definition) => definitions.push(definition),
            Err(error) => {
                faults.syn(error);
                skip_definition(input);
            }
        }
    }
    definitions
}

/// Once the static's name is read, nothing is an error any more: the static is defined with what
/// could be read, so that those who use it don't fail as well.
fn definition(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Definition> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    let storage = if input.peek(Token![static]) {
        Storage::Static(input.parse()?)
    } else if input.peek(Token![const]) {
        Storage::Const(input.parse()?)
    } else {
        return Err(input.error("expected `static` or `const`: `static HOME = { .. }`"));
    };
    if input.peek(Token![mut]) {
        faults.at(input.span(), "a profile never changes: remove `mut`");
        input.parse::<Token![mut]>()?;
    }
    let ident = input.parse()?;
    let (ty, fields) = match value(input, faults) {
        Ok(value) => value,
        Err(error) => {
            faults.syn(error);
            skip_definition(input);
            (None, Fields { targets_unknown: true, ..Fields::default() })
        }
    };
    Ok(Definition { attributes, visibility, storage, ident, ty, fields })
}

/// Reads `: Profile = { .. };`, where the type and the semicolon can be left out.
fn value(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<(Option<Type>, Fields)> {
    let ty = if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        Some(input.parse()?)
    } else {
        None
    };
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
    } else if input.peek(token::Brace) {
        faults.at(input.span(), "expected `=` before the braces");
    } else {
        return Err(input.error("expected `= { .. }`"));
    }
    if !input.peek(token::Brace) {
        return Err(input.error("expected the fields in braces: `{ targets: [\"~/Documents\"] }`"));
    }
    let content;
    braced!(content in input);
    let fields = Fields::parse(&content, faults);
    if input.peek(Token![,]) {
        faults.at(input.span(), "profiles follow each other without a comma");
        input.parse::<Token![,]>()?;
    }
    let _: Option<Token![;]> = input.parse()?;
    Ok((ty, fields))
}

/// Goes behind the next braces, or the next semicolon behind them.
fn skip_definition(input: ParseStream<'_>) {
    while !input.is_empty() {
        let braces = input.peek(token::Brace);
        let semicolon = input.peek(Token![;]);
        if input.parse::<TokenTree>().is_err() || semicolon {
            return;
        }
        if braces {
            let _: Option<Token![;]> = input.parse().unwrap_or_default();
            return;
        }
    }
}
