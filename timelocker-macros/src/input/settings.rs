//! `settings: { compression: 7, pack_size: "64 MiB", bandwidth: "10 MiB/s", timeout: "1m" }`.

use syn::parse::ParseStream;
use syn::{LitBool, LitInt, LitStr};

use super::number::whole;
use super::{block, flag, string};
use crate::diagnostic::Faults;

/// How the repository stores, and how it is reached, as it is written.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) compression: Option<LitInt>,
    pub(crate) pack_size: Option<LitStr>,
    pub(crate) verify_writes: Option<LitBool>,
    pub(crate) append_only: Option<LitBool>,
    pub(crate) bandwidth: Option<LitStr>,
    pub(crate) timeout: Option<LitStr>,
}

const FIELDS: &[&str] =
    &["compression", "pack_size", "verify_writes", "append_only", "bandwidth", "timeout"];

pub(super) fn parse(input: ParseStream<'_>, faults: &mut Faults) -> syn::Result<Settings> {
    let mut settings = Settings::default();
    block(input, faults, "`settings`", FIELDS, |field, input, _| {
        match field {
            "compression" => {
                let level = whole(input, "the level of compression")?;
                settings.compression.get_or_insert(level);
            }
            "verify_writes" => {
                let flag = flag(input)?;
                settings.verify_writes.get_or_insert(flag);
            }
            "append_only" => {
                let flag = flag(input)?;
                settings.append_only.get_or_insert(flag);
            }
            "pack_size" => {
                let size = string(input, "a size")?;
                settings.pack_size.get_or_insert(size);
            }
            "bandwidth" => {
                let bandwidth = string(input, "a bandwidth")?;
                settings.bandwidth.get_or_insert(bandwidth);
            }
            _ => {
                let timeout = string(input, "a time")?;
                settings.timeout.get_or_insert(timeout);
            }
        }
        Ok(())
    })?;
    Ok(settings)
}
