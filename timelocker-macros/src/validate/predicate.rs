//! The rules of a profile that look at more than names.

use std::ops::Range;

use super::number::size;
use crate::diagnostic::{Excerpt, Faults, message};
use crate::input::profile::Fields;
use crate::input::{List, Text};

/// The rules, all of them as they should be.
pub(crate) struct DirectoryRules {
    pub(crate) markers: Vec<Vec<u8>>,
    pub(crate) caches: bool,
    /// Sibling and directory.
    pub(crate) beside: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) larger_than: Option<u64>,
}

pub(super) fn check(fields: &Fields, faults: &mut Faults) -> DirectoryRules {
    let markers = names(fields.exclude_if_present.as_ref(), faults);
    let mut beside = Vec::new();
    for pair in fields.exclude_beside.iter().flatten() {
        let sibling = name(&pair.sibling, faults);
        if pair.directories.blank {
            faults.at(pair.directories.span, "no directory is left out beside this");
        }
        for directory in &pair.directories.items {
            if let (Some(directory), Some(sibling)) = (name(directory, faults), sibling) {
                beside.push((sibling.to_vec(), directory.to_vec()));
            }
        }
    }
    DirectoryRules {
        markers,
        caches: fields.exclude_caches.as_ref().is_some_and(|flag| flag.value),
        beside,
        larger_than: fields.exclude_larger_than.as_ref().and_then(|limit| size(limit, faults)),
    }
}

/// The names of a list, each of them once.
pub(super) fn names(list: Option<&List<Text>>, faults: &mut Faults) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    for text in list.into_iter().flat_map(|list| &list.items) {
        if names.contains(&text.value) {
            faults.at(text.span, "this name is given twice");
        } else if let Some(name) = name(text, faults) {
            names.push(name.to_vec());
        }
    }
    names
}

/// One name; a `/` behind it says that it is a directory's, which is no news.
fn name<'t>(text: &'t Text, faults: &mut Faults) -> Option<&'t [u8]> {
    let value = text.value.strip_suffix(b"/").unwrap_or(&text.value);
    let fault: Option<(&str, Range<usize>, &str)> = if value.is_empty() {
        Some(("the name is empty", 0..text.value.len(), "write the name of an entry"))
    } else if let Some(at) = value.iter().position(|&byte| byte == b'/') {
        let help = "write one name: it holds for every directory below the targets";
        Some(("this is a path, and not a name", at..at + 1, help))
    } else if let Some(at) = value.iter().position(|&byte| byte == 0) {
        Some(("no name holds a NUL byte", at..at + 1, "remove the NUL byte"))
    } else if value == b"." || value == b".." {
        Some(("every directory holds `.` and `..`", 0..value.len(), "write another name"))
    } else {
        let special = value.iter().position(|byte| matches!(byte, b'*' | b'?'));
        let help = "write each name by itself";
        special.map(|at| ("this is compared as a name, and not as a pattern", at..at + 1, help))
    };
    match fault {
        None => Some(value),
        Some((headline, span, help)) => {
            let excerpt = Excerpt::new(&text.value, span);
            faults.at(text.span, message(headline, Some(excerpt), Some(help)));
            None
        }
    }
}
