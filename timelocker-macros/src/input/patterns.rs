//! The input of `patterns!` and `include_patterns!`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Lit, LitStr, Path, Token};
use timelocker_pattern::{Case, Dialect, Level, Lint};

use super::assertion::{self, Assertion};
use super::read::{List, Text, fields, items, list, string, text};
use super::{group_path, lint};
use crate::diagnostic::{Faults, message};

/// The two lists of rules, as they are written.
#[derive(Default)]
pub(crate) struct RuleLists {
    pub(crate) exclude: Option<List<Item>>,
    pub(crate) include: Option<List<Item>>,
    pub(crate) assertions: Vec<Assertion>,
    /// The levels of lints that are set, each at its name.
    pub(crate) levels: Vec<(Lint, Level, Span)>,
    /// Something in the lists could not be read.
    pub(crate) has_gaps: bool,
}

/// What stands between two commas of a list of rules.
pub(crate) enum Item {
    /// `"*.tmp"`, `regex "^a"`, `nocase "*.jpg"`
    Pattern(Text, Language),
    /// `file "backup.exclude"`
    File(FileItem),
    /// `group temporary_files`
    Group(Path),
}

/// The language that a pattern is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Language {
    pub(crate) dialect: Dialect,
    pub(crate) case: Case,
}

/// The patterns of an exclude file.
pub(crate) struct FileItem {
    /// Relative to the directory of the crate's manifest.
    pub(crate) path: LitStr,
    pub(crate) strictness: Strictness,
}

/// What a line that can match nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// A fault, as in a list.
    Strict,
    /// What it is for git: a line like any other.
    Lenient,
}

impl RuleLists {
    pub(super) const FIELDS: &'static [&'static str] =
        &["exclude", "include", "assert", "allow", "warn", "deny"];

    /// The groups of the author's own that the lists name.
    pub(crate) fn own_groups(&self) -> impl Iterator<Item = &Path> {
        let lists = [&self.exclude, &self.include];
        lists.into_iter().flatten().flat_map(|list| &list.items).filter_map(|item| match item {
            Item::Group(path) if group_path::is_own(path) => Some(path),
            _ => None,
        })
    }

    /// Reads the value of one of the fields, whose lists are read by `list`.
    fn read(
        &mut self,
        field: &str,
        input: ParseStream<'_>,
        faults: &mut Faults,
        list: impl FnOnce(ParseStream<'_>, &mut Faults) -> syn::Result<List<Item>>,
    ) -> syn::Result<()> {
        let place = match field {
            "assert" => {
                self.assertions.extend(assertion::parse(input, faults)?);
                return Ok(());
            }
            "allow" => return self.levels_of(Level::Allow, field, input, faults),
            "warn" => return self.levels_of(Level::Warn, field, input, faults),
            "deny" => return self.levels_of(Level::Deny, field, input, faults),
            "include" => &mut self.include,
            _ => &mut self.exclude,
        };
        let before = faults.count();
        let read = list(input, faults);
        self.has_gaps |= read.is_err() || faults.count() > before;
        place.get_or_insert(read?);
        Ok(())
    }

    fn levels_of(
        &mut self,
        level: Level,
        field: &str,
        input: ParseStream<'_>,
        faults: &mut Faults,
    ) -> syn::Result<()> {
        let lints = lint::parse(input, faults, field)?;
        self.levels.extend(lints.into_iter().map(|(lint, span)| (lint, level, span)));
        Ok(())
    }

    /// The same where the lists are made of patterns.
    pub(super) fn read_patterns(
        &mut self,
        field: &str,
        input: ParseStream<'_>,
        faults: &mut Faults,
    ) -> syn::Result<()> {
        self.read(field, input, faults, |input, faults| list_of(input, faults, field))
    }

    /// The same where the lists are made of files, and one file needs no brackets.
    fn read_files(
        &mut self,
        field: &str,
        input: ParseStream<'_>,
        faults: &mut Faults,
    ) -> syn::Result<()> {
        self.read(field, input, faults, |input, faults| {
            if starts_file(input) {
                let span = input.span();
                return Ok(List { items: vec![file(input)?], span, blank: false });
            }
            list(input, faults, field, starts_file, file)
        })
    }

    /// Reads a list of excludes that has no brackets of its own.
    fn plain(
        &mut self,
        input: ParseStream<'_>,
        faults: &mut Faults,
        starts: impl Fn(ParseStream<'_>) -> bool,
        item: impl Fn(ParseStream<'_>) -> syn::Result<Item>,
    ) {
        let (span, blank) = (input.span(), input.is_empty());
        let before = faults.count();
        let items = items(input, faults, starts, |input, _| {
            if starts_field(input) {
                let text = "a named list, and patterns outside of it: write all in lists, \
                            `exclude: [..], include: [..]`";
                return Err(input.error(text));
            }
            item(input)
        });
        self.has_gaps |= faults.count() > before;
        self.exclude = Some(List { items, span, blank });
    }
}

/// Reads a list of patterns in brackets.
pub(super) fn list_of(
    input: ParseStream<'_>,
    faults: &mut Faults,
    field: &str,
) -> syn::Result<List<Item>> {
    let language = language_of_list(input)?;
    list(input, faults, field, starts_item, |input| item(input, language))
}

/// Reads the words before the brackets of a list, which hold for each of its patterns that has none
/// of its own.
fn language_of_list(input: ParseStream<'_>) -> syn::Result<Option<Language>> {
    let ahead = input.fork();
    if !starts_language(&ahead) || language(&ahead).is_err() || !ahead.peek(syn::token::Bracket) {
        return Ok(None);
    }
    language(input).map(Some)
}

/// Reads `"..", ".."`, which is a list of excludes, or `exclude: [..], include: [..]`.
pub(crate) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> RuleLists {
    let mut lists = RuleLists::default();
    if starts_field(input) {
        fields(input, faults, RuleLists::FIELDS, |field, input, faults| {
            lists.read_patterns(field, input, faults)
        });
    } else {
        lists.plain(input, faults, starts_item, |input| item(input, None));
    }
    lists
}

/// Reads `"path", ..`, which are files of excludes, or `exclude: "path", include: "path"`, where
/// each can be a list.
pub(crate) fn parse_files(input: ParseStream<'_>, faults: &mut Faults) -> RuleLists {
    let mut lists = RuleLists::default();
    if input.is_empty() {
        faults.at(Span::call_site(), "expected the path of a file of patterns, in quotes");
    } else if starts_field(input) {
        fields(input, faults, RuleLists::FIELDS, |field, input, faults| {
            lists.read_files(field, input, faults)
        });
    } else {
        lists.plain(input, faults, starts_file, file);
    }
    lists
}

/// A name that is followed by something other than a comma: not a constant where a pattern was
/// meant.
fn starts_field(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    !starts_item(input)
        && ahead.call(Ident::parse_any).is_ok()
        && !ahead.is_empty()
        && !ahead.peek(Token![,])
        && !ahead.peek(Token![!])
        && !ahead.peek(Token![::])
}

/// The words that stand before what is no pattern itself.
mod keyword {
    syn::custom_keyword!(file);
    syn::custom_keyword!(group);
    syn::custom_keyword!(lenient);
    syn::custom_keyword!(gitignore);
    syn::custom_keyword!(nocase);
    syn::custom_keyword!(fnmatch);
    syn::custom_keyword!(restic);
    syn::custom_keyword!(regex);
}

fn starts_item(input: ParseStream<'_>) -> bool {
    let is_field = input.peek2(Token![:]) && !input.peek2(Token![::]);
    let is_keyword = || {
        let is_other =
            input.peek(keyword::file) || input.peek(keyword::group) || input.peek(keyword::lenient);
        is_other || starts_language(input)
    };
    input.peek(Lit) || (!is_field && is_keyword())
}

fn item(input: ParseStream<'_>, of_list: Option<Language>) -> syn::Result<Item> {
    let strictness = strictness(input)?;
    if strictness == Strictness::Lenient || input.peek(keyword::file) {
        if !input.peek(keyword::file) {
            return Err(input.error("expected `file \"..\"` after `lenient`"));
        }
        input.parse::<keyword::file>()?;
        return path(input, strictness);
    }
    if input.peek(keyword::group) {
        input.parse::<keyword::group>()?;
        return group_path::path(input).map(Item::Group);
    }
    if starts_language(input) {
        let language = language(input)?;
        return Ok(Item::Pattern(text(input, "a pattern")?, language));
    }
    if input.peek(syn::token::Bracket) {
        return Err(input.error("a list in a list: write its patterns without these brackets"));
    }
    let ahead = input.fork();
    if let Ok(name) = ahead.parse::<Ident>() {
        let text = "expected a pattern in quotes; constants and macros are not looked into here";
        let group = format!("a group of patterns is written `group {name}`");
        let help = if ahead.peek(Token![!]) { None } else { Some(&*group) };
        return Err(input.error(message(text, None, help)));
    }
    let language = of_list.unwrap_or(Language::of(Dialect::Gitignore));
    Ok(Item::Pattern(text(input, "a pattern")?, language))
}

impl Language {
    fn of(dialect: Dialect) -> Self {
        Self { dialect, case: dialect.default_case() }
    }
}

fn starts_language(input: ParseStream<'_>) -> bool {
    input.peek(keyword::nocase)
        || input.peek(keyword::gitignore)
        || input.peek(keyword::fnmatch)
        || input.peek(keyword::restic)
        || input.peek(keyword::regex)
}

/// Reads the words before a pattern that is not in the language of gitignore, or ignores case.
fn language(input: ParseStream<'_>) -> syn::Result<Language> {
    let ignores_case = input.parse::<Option<keyword::nocase>>()?.is_some();
    let dialect = if input.parse::<Option<keyword::fnmatch>>()?.is_some() {
        Dialect::Fnmatch
    } else if input.parse::<Option<keyword::restic>>()?.is_some() {
        Dialect::Restic
    } else if input.parse::<Option<keyword::regex>>()?.is_some() {
        Dialect::Regex
    } else {
        let _: Option<keyword::gitignore> = input.parse()?;
        Dialect::Gitignore
    };
    let language = Language::of(dialect);
    Ok(if ignores_case { Language { case: Case::Insensitive, ..language } } else { language })
}

fn starts_file(input: ParseStream<'_>) -> bool {
    input.peek(Lit) || starts_item(input)
}

fn file(input: ParseStream<'_>) -> syn::Result<Item> {
    let strictness = strictness(input)?;
    if input.peek(keyword::file) {
        return Err(input.error("all are files here: leave `file` out"));
    }
    path(input, strictness)
}

fn strictness(input: ParseStream<'_>) -> syn::Result<Strictness> {
    if !input.peek(keyword::lenient) {
        return Ok(Strictness::Strict);
    }
    input.parse::<keyword::lenient>()?;
    Ok(Strictness::Lenient)
}

fn path(input: ParseStream<'_>, strictness: Strictness) -> syn::Result<Item> {
    Ok(Item::File(FileItem { path: string(input, "the file's path")?, strictness }))
}
