//! The rules of a profile that look at more than names.

use std::ops::Range;

use syn::LitStr;

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
        larger_than: fields.exclude_larger_than.as_ref().and_then(|size| bytes(size, faults)),
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

/// The units of sizes: as in restic, a letter stands for a power of 1024.
const UNITS: [(&str, u64); 19] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("p", 1 << 50),
    ("e", 1 << 60),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("pib", 1 << 50),
    ("eib", 1 << 60),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("pb", 1_000_000_000_000_000),
];

fn bytes(literal: &LitStr, faults: &mut Faults) -> Option<u64> {
    match parse_bytes(&literal.value()) {
        Ok(bytes) => Some(bytes),
        Err((span, headline)) => {
            let value = literal.value();
            let excerpt = Excerpt::new(value.as_bytes(), span);
            let help = "write a whole number and a unit: `\"500 kB\"`, `\"100 MiB\"`, `\"2G\"` as \
                        in restic, which is 2 GiB";
            faults.at(literal.span(), message(headline, Some(excerpt), Some(help)));
            None
        }
    }
}

fn parse_bytes(text: &str) -> Result<u64, (Range<usize>, &'static str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err((0..text.len(), "a size begins with its number"));
    }
    let whole = (0..text.len(), "this size is larger than any file");
    let number: u64 = text[..digits].parse().map_err(|_| whole.clone())?;
    let unit = text[digits..].trim().to_ascii_lowercase();
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
    let factor = factor.ok_or((digits..text.len(), "there is no such unit of sizes"))?;
    if number == 0 {
        return Err((0..digits, "no file with anything in it would be saved"));
    }
    number.checked_mul(*factor).ok_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let table = [
            ("1", Ok(1)),
            ("17 B", Ok(17)),
            ("500 kB", Ok(500_000)),
            ("500K", Ok(500 << 10)),
            ("100 MiB", Ok(100 << 20)),
            ("2g", Ok(2 << 30)),
            ("3 TB", Ok(3_000_000_000_000)),
            ("15EiB", Ok(15 << 60)),
            ("16 EiB", Err(0..6)),
            ("99999999999999999999", Err(0..20)),
            ("", Err(0..0)),
            ("MiB", Err(0..3)),
            ("-1 MiB", Err(0..6)),
            ("1.5 GiB", Err(1..7)),
            ("1 Mbit", Err(1..6)),
            ("0 MiB", Err(0..1)),
        ];
        for (text, expected) in table {
            assert_eq!(parse_bytes(text).map_err(|(span, _)| span), expected, "{text}");
        }
    }
}
