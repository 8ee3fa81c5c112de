//! `settings: { compression: 7, pack_size: "64 MiB", bandwidth: "10 MiB/s", timeout: "1m" }`.

use syn::parse::ParseStream;
use syn::{LitBool, LitInt, LitStr};

use super::number::whole;
use super::read::{block, flag, set, string};
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
                set(&mut settings.compression, whole(input, "the level of compression")?)
            }
            "verify_writes" => set(&mut settings.verify_writes, flag(input)?),
            "append_only" => set(&mut settings.append_only, flag(input)?),
            "pack_size" => set(&mut settings.pack_size, string(input, "a size")?),
            "bandwidth" => set(&mut settings.bandwidth, string(input, "a bandwidth")?),
            _ => set(&mut settings.timeout, string(input, "a time")?),
        }
        Ok(())
    })?;
    Ok(settings)
}
