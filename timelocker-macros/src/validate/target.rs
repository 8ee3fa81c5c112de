//! The paths that are backed up, and the rules that some of them have of their own.

use std::collections::HashSet;

use super::assertion;
use super::group::Groups;
use super::path::{self, Path};
use super::rules::{Rules, Set};
use super::written::Piece;
use crate::diagnostic::{Faults, message};
use crate::input::List;
use crate::input::patterns::RuleLists;
use crate::input::target::{OwnRules, Target as Written};

/// A target, as it is written and what it is made of.
pub(crate) struct Target {
    pub(crate) written: Vec<u8>,
    pub(crate) pieces: Vec<Piece>,
    /// The profile's rules and its own, if it has some.
    pub(crate) rules: Option<Rules>,
}

/// The rules of a profile that hold in all of its targets.
pub(super) struct Common<'c> {
    pub(super) lists: &'c RuleLists,
    pub(super) set: &'c Set,
    pub(super) rules: &'c Rules,
}

/// The targets that have no fault.
pub(super) fn check(
    list: &List<Written>,
    common: &Common<'_>,
    groups: &Groups<'_>,
    faults: &mut Faults,
) -> Vec<Target> {
    if list.blank {
        let help = "name at least one path, such as `\"~/Documents\"`";
        faults.at(list.span, message("a profile without targets saves nothing", None, Some(help)));
    }
    let mut seen = HashSet::new();
    let mut targets = Vec::new();
    for Written { path, own } in &list.items {
        let rules = own.as_ref().map(|own| own_rules(own, &path.value, common, groups, faults));
        match path::check(&path.value, "a target") {
            Err(fault) => faults.text(path.span, &path.value, &fault),
            Ok(Path { components, pieces }) => {
                if seen.insert(components) {
                    targets.push(Target { written: path.value.clone(), pieces, rules });
                } else {
                    let text = "this target is given twice";
                    faults.at(path.span, message(text, None, Some("remove one of the two")));
                }
            }
        }
    }
    nested(list, faults);
    targets
}

fn own_rules(
    own: &OwnRules,
    target: &[u8],
    common: &Common<'_>,
    groups: &Groups<'_>,
    faults: &mut Faults,
) -> Rules {
    if own.blank {
        let help = "write them, `{ exclude: [\"target/\"] }`, or the path alone";
        faults.at(own.span, message("this target has no rules of its own", None, Some(help)));
    }
    let rules = common.set.with(&own.lists, groups, faults).compile(&own.lists, faults);
    if rules.is_complete && common.rules.is_complete {
        let asserted = &common.lists.assertions;
        assertion::check_in_target(asserted, target, &rules.table, &common.rules.table, faults);
    }
    rules
}

/// Reports targets below others where the two have not the same rules.
fn nested(list: &List<Written>, faults: &mut Faults) {
    let components = |target: &'_ Written| {
        path::check(&target.path.value, "")
            .ok()
            .map(|path| path.components.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>())
    };
    let all: Vec<_> = list.items.iter().map(|target| (target, components(target))).collect();
    for (target, below) in &all {
        let above = all.iter().find(|(other, above)| {
            let (Some(above), Some(below)) = (above, below) else { return false };
            let is_below = above.len() < below.len() && below.starts_with(above);
            is_below && (target.own.is_some() || other.own.is_some())
        });
        if let Some((above, _)) = above {
            let above = above.path.value.escape_ascii();
            let text = format!("this lies below the target `{above}`, whose rules are others");
            let help = "both would say what is selected here: name one of the two, and write the \
                        rules for its part with paths, such as `/src/target/`";
            faults.at(target.path.span, message(text, None, Some(help)));
        }
    }
}
