//! The paths that are backed up.

use std::collections::HashSet;

use super::path::{self, Path};
use super::written::Piece;
use crate::diagnostic::{Faults, message};
use crate::input::{List, Text};

/// A target, as it is written and what it is made of.
pub(crate) struct Target {
    pub(crate) written: Vec<u8>,
    pub(crate) pieces: Vec<Piece>,
}

/// The targets that have no fault.
pub(super) fn check(list: &List<Text>, faults: &mut Faults) -> Vec<Target> {
    if list.blank {
        let help = "name at least one path, such as `\"~/Documents\"`";
        faults.at(list.span, message("a profile without targets saves nothing", None, Some(help)));
    }
    let mut seen = HashSet::new();
    let mut targets = Vec::new();
    for target in &list.items {
        match path::check(&target.value, "a target") {
            Err(fault) => faults.text(target.span, &target.value, &fault),
            Ok(Path { components, pieces }) => {
                if seen.insert(components) {
                    targets.push(Target { written: target.value.clone(), pieces });
                } else {
                    let text = "this target is given twice";
                    faults.at(target.span, message(text, None, Some("remove one of the two")));
                }
            }
        }
    }
    targets
}
