//! How the repository stores, how it is reached, and how much is read back from it.

use std::time::Duration;

use syn::LitStr;

use super::label::value_fault;
use super::number::some_time;
use super::number::{bandwidth, percent, size, whole};
use crate::diagnostic::Faults;
use crate::input::settings;

/// What is written of `settings`, all of it as it should be.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) compression: Option<i32>,
    pub(crate) pack_size: Option<u64>,
    pub(crate) verify_writes: Option<bool>,
    pub(crate) append_only: Option<bool>,
    pub(crate) bandwidth: Option<u64>,
    pub(crate) timeout: Option<Duration>,
}

/// The engine makes no larger packs.
const LARGEST_PACK: u64 = 4076 << 20;

pub(super) fn check(settings: &settings::Settings, faults: &mut Faults) -> Settings {
    let level = "write a level of zstd: from 1, the fastest, to 22, the smallest; below 0 for less \
                 than 1, to -7; 0 for the default";
    let pack_size = settings.pack_size.as_ref().and_then(|literal| {
        let bytes = size(literal, faults)?;
        if bytes > LARGEST_PACK {
            let (text, help) = ("this is larger than any pack", "write 4076 MiB at the most");
            value_fault(literal, 0..literal.value().len(), text, help, faults);
        }
        Some(bytes)
    });
    Settings {
        compression: settings.compression.as_ref().and_then(|n| whole(n, -7..=22, level, faults)),
        pack_size,
        verify_writes: settings.verify_writes.as_ref().map(|flag| flag.value),
        append_only: settings.append_only.as_ref().map(|flag| flag.value),
        bandwidth: settings.bandwidth.as_ref().and_then(|literal| bandwidth(literal, faults)),
        timeout: settings.timeout.as_ref().and_then(|literal| some_time(literal, faults)),
    }
}

/// How much of a snapshot is read back.
pub(crate) enum ReadBack {
    Nothing,
    Structure,
    /// The share of its data.
    Data(f64),
}

pub(super) fn read_back(literal: &LitStr, faults: &mut Faults) -> Option<ReadBack> {
    let value = literal.value();
    match value.as_str() {
        "nothing" => return Some(ReadBack::Nothing),
        "structure" => return Some(ReadBack::Structure),
        _ => {}
    }
    if let Some(share) = percent(&value).filter(|share| *share > 0.0) {
        return Some(ReadBack::Data(share));
    }
    let help = "write which share of the data is read back, from above `\"0%\"` to `\"100%\"`, or \
                `\"structure\"` for the directories alone, or `\"nothing\"`";
    let text = "this is no share of a snapshot";
    value_fault(literal, 0..value.len(), text, help, faults);
    None
}
