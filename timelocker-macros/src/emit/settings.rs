//! What a profile says beyond its targets and rules, as calls of constant functions: only what is
//! declared is written.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use timelocker_pattern::schedule::Schedule;

use super::option;
use crate::validate::notify::{Hook, Hooks};
use crate::validate::retry::{Guard, Retry};
use crate::validate::settings::{ReadBack, Settings};

/// `start.name(value)..`, for each value that is there.
macro_rules! with {
    ($start:expr, $($name:ident: $value:expr),* $(,)?) => {{
        let mut tokens = $start;
        $(if let Some(value) = $value {
            tokens.extend(quote!(.$name(#value)));
        })*
        tokens
    }};
}

fn duration(time: Duration) -> TokenStream {
    // Times are declared in milliseconds, of which fewer than 2^64 were counted.
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#milliseconds))
}

/// `RetryPolicy::new()`, with what is declared.
pub(super) fn retry(krate: &TokenStream, retry: &Retry) -> TokenStream {
    with!(
        quote!(#krate::retry::RetryPolicy::new()),
        retries: retry.retries,
        pause: retry.pause.map(duration),
        factor: retry.factor,
        max_pause: retry.max_pause.map(duration),
        jitter: retry.jitter,
        deadline: retry.deadline.map(duration),
    )
}

/// `SurpriseGuard::new(..)`, with what is declared.
pub(super) fn guard(krate: &TokenStream, guard: &Guard) -> TokenStream {
    let action = format_ident!("{}", guard.action);
    with!(
        quote!(#krate::SurpriseGuard::new(#krate::OnSurprise::#action)),
        more: guard.more,
        less: guard.less,
        changed: guard.changed,
        slack: guard.slack,
    )
}

/// `Settings::NONE`, with what is declared.
pub(super) fn settings(krate: &TokenStream, settings: &Settings) -> TokenStream {
    with!(
        quote!(#krate::private::Settings::NONE),
        compression: settings.compression,
        pack_size: settings.pack_size,
        verify_writes: settings.verify_writes,
        append_only: settings.append_only,
        bandwidth: settings.bandwidth,
        timeout: settings.timeout.map(duration),
    )
}

/// How much is read back, the structure if nothing is declared.
pub(super) fn read_back(krate: &TokenStream, verify: Option<&ReadBack>) -> TokenStream {
    let variant = match verify {
        Some(ReadBack::Nothing) => quote!(Nothing),
        Some(ReadBack::Structure) | None => quote!(Structure),
        Some(ReadBack::Data(share)) => quote!(Data(#share)),
    };
    quote!(#krate::private::ReadBack::#variant)
}

/// The lines for the shell.
pub(super) fn hooks(
    krate: &TokenStream,
    [before, success, failure, finally]: &Hooks,
) -> TokenStream {
    let lines = |hooks: &[Hook]| {
        let hooks = hooks.iter().map(|Hook { line, required, limit }| {
            let limit = option(limit.map(duration));
            quote!(#krate::private::HookLine { line: #line, required: #required, limit: #limit })
        });
        quote!(&[#(#hooks),*])
    };
    let [before, success, failure, finally] =
        [before, success, failure, finally].map(|of| lines(of));
    quote! {
        #krate::private::HookLines {
            before: #before,
            success: #success,
            failure: #failure,
            finally: #finally,
        }
    }
}

/// The variants of `Weekday`.
const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn schedule(krate: &TokenStream, schedule: Schedule) -> TokenStream {
    let variant = match schedule {
        Schedule::Hourly { minute } => quote!(Hourly { minute: #minute }),
        Schedule::Daily { hour, minute } => quote!(Daily { hour: #hour, minute: #minute }),
        Schedule::Weekly { day, hour, minute } => {
            let day = format_ident!("{}", WEEKDAYS[usize::from(day - 1)]);
            quote!(Weekly { day: #krate::Weekday::#day, hour: #hour, minute: #minute })
        }
        Schedule::Monthly { day, hour, minute } => {
            quote!(Monthly { day: #day, hour: #hour, minute: #minute })
        }
        Schedule::Every { minutes } => quote!(Every { minutes: #minutes }),
    };
    quote!(#krate::Schedule::#variant)
}
