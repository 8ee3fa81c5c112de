//! Groups of patterns: those of the crate, and those of the author's own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::{Expr, ExprLit, Lit, Meta, Path};
use timelocker_pattern::groups::{self, Group};
use timelocker_pattern::{Case, Dialect, Pattern};

use super::sourced::pattern_fault;
use crate::diagnostic::{Faults, did_you_mean, message};
use crate::input::group::Definition;
use crate::input::group_path::{is_own, is_upper};
use crate::input::patterns::Item;
use crate::input::{Invocation, List};

/// What is in the author's own groups, by their paths.
#[derive(Default)]
pub(crate) struct Groups<'i> {
    contents: HashMap<String, &'i List<Item>>,
}

impl<'i> Groups<'i> {
    /// Gives each path its content, which the invocation has in the order of the paths; an error is
    /// the first path without one.
    pub(crate) fn of<'p, T>(
        invocation: &'i Invocation<T>,
        named: impl Iterator<Item = &'p Path>,
    ) -> Result<Self, &'p Path> {
        let mut contents = HashMap::new();
        let mut known = invocation.groups.iter();
        for path in named {
            if let Entry::Vacant(unknown) = contents.entry(key(path)) {
                unknown.insert(known.next().ok_or(path)?);
            }
        }
        Ok(Self { contents })
    }

    pub(super) fn content(&self, path: &Path) -> Option<&'i List<Item>> {
        self.contents.get(&key(path)).copied()
    }
}

fn key(path: &Path) -> String {
    path.to_token_stream().to_string()
}

/// The group of the crate that a path names; a fault if there is none.
pub(super) fn of_the_crate(path: &Path, faults: &mut Faults) -> Option<&'static Group> {
    let last = path.segments.last()?;
    let name = last.ident.to_string();
    let found = groups::find(&name);
    if found.is_some() && path.segments.len() > 1 {
        let help = format!("write `group {name}`");
        let text = "a group of the crate is named without a path";
        faults.at(last.ident.span(), message(text, None, Some(&help)));
    } else if found.is_none() {
        let names: Vec<&str> = groups::all().iter().map(Group::name).collect();
        let list = format!(
            "the groups are `{}`; one of your own, by `pattern_group!`, has a name in upper case",
            names.join("`, `")
        );
        let help = match did_you_mean(&name, &names) {
            Some(meant) => format!("did you mean `{meant}`? {list}"),
            None => list,
        };
        let text = format!("there is no group `{name}`");
        faults.at(last.ident.span(), message(text, None, Some(&help)));
    }
    found
}

/// What a group comes to.
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) summary: String,
    /// The items that have no fault, by their index in the definition.
    pub(crate) good: Vec<usize>,
    /// All patterns, those of other groups too: runs of the same case.
    pub(crate) runs: Vec<(Case, Vec<Vec<u8>>)>,
}

/// Checks the groups of one invocation.
pub(crate) fn check(definitions: &[Definition], faults: &mut Faults) -> Vec<Checked> {
    definitions.iter().map(|definition| check_one(definition, faults)).collect()
}

fn check_one(definition: &Definition, faults: &mut Faults) -> Checked {
    let ident = &definition.ident;
    if !is_upper(ident) {
        let help = format!("write `{}`", ident.to_string().to_uppercase());
        let text = "a group of your own has a name in upper case, to be told from the crate's";
        faults.at(ident.span(), message(text, None, Some(&help)));
    }
    if definition.patterns.blank {
        faults.at(definition.patterns.span, "a group without patterns matches nothing");
    }
    let (mut good, mut runs) = (Vec::new(), Vec::new());
    for (index, item) in definition.patterns.items.iter().enumerate() {
        let before = faults.count();
        match item {
            Item::Pattern(text, language) if language.dialect != Dialect::Gitignore => {
                let text_of = "a group holds patterns in the language of gitignore alone";
                let help = "write this one where you use the group";
                faults.at(text.span, message(text_of, None, Some(help)));
            }
            Item::Pattern(text, language) => {
                match Pattern::parse_with_case(&text.value, language.dialect, language.case) {
                    Ok(pattern) => add(&mut runs, pattern.case(), &text.value),
                    Err(error) => faults.at(text.span, pattern_fault(&error, text.quoting)),
                }
            }
            Item::Group(path) if is_own(path) => {
                let text = "a group holds patterns and groups of the crate, none of your own";
                let help = "name both groups where you use them";
                faults.at(last_span(path), message(text, None, Some(help)));
            }
            Item::Group(path) => {
                let group = of_the_crate(path, faults);
                for (case, pattern) in group.iter().flat_map(|group| group.members()) {
                    add(&mut runs, case, pattern);
                }
            }
            Item::File(file) => {
                let text = "a group holds no files, since it can be used from another crate";
                let help = "name the file where you use the group";
                faults.at(file.path.span(), message(text, None, Some(help)));
            }
        }
        if faults.count() == before {
            good.push(index);
        }
    }
    Checked { name: ident.to_string().to_lowercase(), summary: summary(definition), good, runs }
}

fn add(runs: &mut Vec<(Case, Vec<Vec<u8>>)>, case: Case, pattern: &[u8]) {
    match runs.last_mut() {
        Some((last, patterns)) if *last == case => patterns.push(pattern.to_vec()),
        _ => runs.push((case, vec![pattern.to_vec()])),
    }
}

fn last_span(path: &Path) -> Span {
    path.segments.last().map_or_else(Span::call_site, |last| last.ident.span())
}

/// The first paragraph of the doc comment.
fn summary(definition: &Definition) -> String {
    let lines = definition.attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    let lines: Vec<&str> = lines
        .iter()
        .map(String::as_str)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}
