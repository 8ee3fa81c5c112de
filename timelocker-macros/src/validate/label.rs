//! Names that are shown and searched for, such as tags, and the fault of a value at its literal.

use std::collections::HashSet;
use std::ops::Range;

use syn::LitStr;

use crate::diagnostic::{Excerpt, Faults, message};
use crate::input::List;

pub(super) fn tags(list: &List<LitStr>, faults: &mut Faults) -> Vec<String> {
    let mut seen = HashSet::new();
    for tag in &list.items {
        let value = tag.value();
        label(tag, "a tag", faults);
        if let Some(at) = value.find(',') {
            let text = "restic separates tags by commas, so a tag can not hold one";
            value_fault(tag, at..at + 1, text, "write each tag as a literal of its own", faults);
        }
        if !seen.insert(value) {
            faults.at(tag.span(), "this tag is given twice");
        }
    }
    list.items.iter().map(LitStr::value).collect()
}

/// What every name that is shown and searched for must obey.
pub(super) fn label(literal: &LitStr, what: &str, faults: &mut Faults) {
    let value = literal.value();
    if value.is_empty() {
        faults.at(literal.span(), format!("{what} is empty"));
    } else if let Some((at, found)) = value.char_indices().find(|(_, found)| found.is_control()) {
        let text = format!("{what} holds a control character");
        value_fault(literal, at..at + found.len_utf8(), &text, "remove it", faults);
    } else if value.starts_with(char::is_whitespace) {
        let text = format!("{what} begins with a space");
        value_fault(literal, 0..value.len() - value.trim_start().len(), &text, "remove it", faults);
    } else if value.ends_with(char::is_whitespace) {
        let text = format!("{what} ends with a space");
        value_fault(literal, value.trim_end().len()..value.len(), &text, "remove it", faults);
    }
}

pub(super) fn value_fault(
    literal: &LitStr,
    span: Range<usize>,
    text: &str,
    help: &str,
    faults: &mut Faults,
) {
    let value = literal.value();
    let excerpt = Excerpt::new(value.as_bytes(), span);
    faults.at(literal.span(), message(text, Some(excerpt), Some(help)));
}
