//! Lists of rules, to a table.

use proc_macro2::Span;
use syn::Path;
use timelocker_pattern::{BuildError, Pattern, PatternTable, Rule, Side};

use super::group::{self, Groups};
use super::lint::Levels;
use super::sourced::{Origin, Sourced, pattern_fault, place};
use super::{assertion, file, lint};
use crate::diagnostic::{Faults, message};
use crate::input::Text;
use crate::input::patterns::{Item, Language, RuleLists};

/// The rules that can be compiled, compiled.
pub(crate) struct Rules {
    pub(crate) table: PatternTable,
    /// The absolute paths of the files that rules were read from.
    pub(crate) files: Vec<String>,
    /// No fault is known of them.
    pub(super) is_complete: bool,
}

/// Compiles the rules that have no fault.
pub(crate) fn compile(lists: &RuleLists, groups: &Groups<'_>, faults: &mut Faults) -> Rules {
    let set = Set::read(lists, groups, faults);
    set.compile(lists, faults)
}

/// The rules of some lists that have no fault.
pub(super) struct Set {
    rules: Vec<Sourced>,
    files: Vec<String>,
    levels: Levels,
    /// Nothing is missing: what there is to say of all together is no consequence of a fault.
    is_complete: bool,
}

impl Set {
    pub(super) fn read(lists: &RuleLists, groups: &Groups<'_>, faults: &mut Faults) -> Self {
        let empty = Self {
            rules: Vec::new(),
            files: Vec::new(),
            levels: Levels::default(),
            is_complete: true,
        };
        empty.with(lists, groups, faults)
    }

    /// These rules, of which nothing is to be said any more, and those of a target behind them.
    pub(super) fn with(&self, lists: &RuleLists, groups: &Groups<'_>, faults: &mut Faults) -> Self {
        if let Some(include) = &lists.include
            && include.blank
        {
            let help = "without `include`, everything is selected that is not excluded";
            let text = "an empty include list selects nothing";
            faults.at(include.span, message(text, None, Some(help)));
        }
        let before = faults.count();
        let (mut rules, mut files) = (Vec::new(), self.files.clone());
        for (side, list) in [(Side::Exclude, &lists.exclude), (Side::Include, &lists.include)] {
            for item in list.iter().flat_map(|list| &list.items) {
                match item {
                    Item::Pattern(text, language) => {
                        rules.extend(pattern(text, *language, side, faults));
                    }
                    Item::File(item) => files.extend(file::read(item, side, &mut rules, faults)),
                    Item::Group(path) => group_members(path, side, groups, &mut rules, faults),
                }
            }
        }
        if let Some(include) = &lists.include
            && !include.blank
            && !lists.has_gaps
            && faults.count() == before
            && !rules.iter().any(|sourced| sourced.rule.side() == Side::Include)
        {
            let text = "no pattern is on the include list: what it names has none";
            let help = "without `include`, everything is selected that is not excluded";
            faults.at(include.span, message(text, None, Some(help)));
        }
        let is_complete = self.is_complete && !lists.has_gaps && faults.count() == before;
        let known = self.rules.iter().map(|rule| Sourced { is_linted: false, ..rule.clone() });
        Self {
            rules: known.chain(rules).collect(),
            files,
            levels: self.levels.with(&lists.levels, faults),
            is_complete,
        }
    }

    /// Reports what is wrong with the rules together, and what is asserted in vain.
    pub(super) fn compile(&self, lists: &RuleLists, faults: &mut Faults) -> Rules {
        let before = faults.count();
        let Self { rules, files, levels, is_complete } = self;
        let builder =
            rules.iter().fold(PatternTable::builder(), |all, rule| all.rule(rule.placed()));
        if *is_complete {
            lint::check(lists, levels, rules, &builder, faults);
        }
        let table = builder.build_static().unwrap_or_else(|error| {
            too_large(rules, &error, faults);
            PatternTable::builder().build().expect("a set without rules is within every budget")
        });
        let is_complete = *is_complete && faults.count() == before;
        assertion::check(&lists.assertions, is_complete.then_some(&table), faults);
        Rules { table, files: files.clone(), is_complete }
    }
}

fn group_members(
    path: &Path,
    side: Side,
    groups: &Groups<'_>,
    rules: &mut Vec<Sourced>,
    faults: &mut Faults,
) {
    let Some(own) = groups.content(path) else {
        rules.extend(members_of_the_crate(path, side, faults));
        return;
    };
    for item in &own.items {
        match item {
            // Looked at where the group was defined: there are no faults.
            Item::Pattern(text, language) => {
                let rule = pattern(text, *language, side, faults);
                rules.extend(rule.map(|rule| Sourced { is_linted: false, ..rule }));
            }
            Item::Group(path) => rules.extend(members_of_the_crate(path, side, faults)),
            Item::File(_) => {}
        }
    }
}

fn members_of_the_crate(path: &Path, side: Side, faults: &mut Faults) -> Vec<Sourced> {
    let group = group::of_the_crate(path, faults);
    let span = path.segments.last().map_or_else(Span::call_site, |last| last.ident.span());
    let rules = group.into_iter().flat_map(|group| group.rules(side));
    rules
        .map(|rule| Sourced {
            rule: rule.expect("a pattern of the crate is good"),
            place: place(span),
            span,
            origin: Origin::Literal,
            is_linted: false,
        })
        .collect()
}

fn pattern(text: &Text, language: Language, side: Side, faults: &mut Faults) -> Option<Sourced> {
    match Pattern::parse_with_case(&text.value, language.dialect, language.case) {
        Ok(pattern) => {
            let rule = Rule::new(pattern, side);
            Some(Sourced {
                rule,
                place: place(text.span),
                span: text.span,
                origin: Origin::Literal,
                is_linted: true,
            })
        }
        Err(error) => {
            faults.at(text.span, pattern_fault(&error, text.quoting));
            None
        }
    }
}

/// Finds the rules that are too large, each for itself; the builder names one of them alone.
fn too_large(rules: &[Sourced], error: &BuildError, faults: &mut Faults) {
    let mut found = false;
    for sourced in rules {
        if let Err(error) = PatternTable::builder().rule(sourced.shown()).build_static() {
            faults.at(sourced.span, error.to_string());
            found = true;
        }
    }
    if !found {
        faults.at(Span::call_site(), error.to_string());
    }
}
