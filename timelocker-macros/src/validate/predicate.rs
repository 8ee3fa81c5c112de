//! The rules of a profile that look at more than names.

use super::number::size;
use crate::diagnostic::{Faults, TextFault};
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
    match check_name(&text.value) {
        Ok(name) => Some(name),
        Err(fault) => {
            faults.text(text.span, &text.value, &fault);
            None
        }
    }
}

fn check_name(text: &[u8]) -> Result<&[u8], TextFault> {
    let name = text.strip_suffix(b"/").unwrap_or(text);
    let fault = |headline: &'static str, span, help: &'static str| {
        Err(TextFault::new(headline, span, help))
    };
    if name.is_empty() {
        return fault("the name is empty", 0..text.len(), "write the name of an entry");
    }
    if let Some(at) = name.iter().position(|&byte| byte == b'/') {
        let help = "write one name: it holds for every directory below the targets";
        return fault("this is a path, and not a name", at..at + 1, help);
    }
    if let Some(at) = name.iter().position(|&byte| byte == 0) {
        return fault("no name holds a NUL byte", at..at + 1, "remove the NUL byte");
    }
    if name == b"." || name == b".." {
        return fault("every directory holds `.` and `..`", 0..name.len(), "write another name");
    }
    if let Some(at) = name.iter().position(|byte| matches!(byte, b'*' | b'?')) {
        let help = "write each name by itself";
        return fault("this is compared as a name, and not as a pattern", at..at + 1, help);
    }
    Ok(name)
}
