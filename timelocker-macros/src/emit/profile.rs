//! Profiles, as items.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::{bytes, option, settings, summary, table};
use crate::diagnostic::Faults;
use crate::input::keep::COUNTS;
use crate::input::profile::{Definition, Storage};
use crate::validate::Profile;
use crate::validate::keep::Retention;
use crate::validate::notify::{AddressSource, Notify};
use crate::validate::predicate::DirectoryRules;
use crate::validate::repository::SecretSource;
use crate::validate::written::Piece;

/// The faults, and every profile with what has none.
pub(crate) fn items(
    krate: &TokenStream,
    definitions: &[Definition],
    profiles: &[Profile],
    faults: &Faults,
) -> TokenStream {
    let items = definitions
        .iter()
        .zip(profiles)
        .map(|(definition, profile)| item(krate, definition, profile));
    quote!(#faults #(#items)*)
}

fn item(krate: &TokenStream, definition: &Definition, profile: &Profile) -> TokenStream {
    let Definition { attributes, visibility, storage, ident, ty, .. } = definition;
    let ty = match ty {
        Some(ty) => ty.to_token_stream(),
        None => quote!(#krate::Profile),
    };
    let Profile { name, targets, rules, tags, host, one_file_system, warnings, .. } = profile;
    let directory_rules = directory_rules(krate, &profile.directory_rules);
    let summary = summary::markdown(definition, name);
    let guard = settings::guard(krate, &profile.guard);
    let retry = settings::retry(krate, &profile.retry);
    let verify = settings::read_back(krate, profile.verify.as_ref());
    let schedule = option(profile.schedule.map(|schedule| settings::schedule(krate, schedule)));
    let settings = settings::settings(krate, &profile.settings);
    let hooks = settings::hooks(krate, &profile.hooks);
    let notifications = notifications(krate, &profile.notify);
    let retention = retention(krate, &profile.retention);
    let ignore_files = profile.ignore_files.iter().map(|name| bytes(name));
    let table = table::constant(krate, rules);
    let targets = targets.iter().map(|target| {
        let (written, pieces) = (bytes(&target.written), pieces(krate, &target.pieces));
        let own = target.rules.as_ref().map(|rules| {
            let table = table::constant(krate, rules);
            quote!(.with_patterns({
                #table
                const PATTERNS: &#krate::private::PatternTable = &TABLE;
                PATTERNS
            }))
        });
        quote!(#krate::private::Target::from_static(#written, #pieces) #own)
    });
    let repository = option(profile.repository.as_ref().map(|repository| {
        let (written, pieces) = (&repository.written, pieces(krate, &repository.pieces));
        quote!(#krate::private::Address::from_static(#written, #pieces))
    }));
    let password = option(profile.password.as_ref().map(|source| {
        let source = secret(krate, source);
        quote!(const { &#krate::PasswordSource::#source })
    }));
    let host = option(host.as_ref());
    quote! {
        #(#attributes)*
        #[doc = #summary]
        #visibility #storage #ident: #ty = {
            #warnings
            #table
            const PATTERNS: &#krate::private::PatternTable = &TABLE;
            const TARGETS: &[#krate::private::Target] =
                &[#(#targets),*];
            #krate::private::profile(#krate::private::ProfileParts {
                name: #name,
                targets: TARGETS,
                repository: #repository,
                password: #password,
                patterns: PATTERNS,
                tags: &[#(#tags),*],
                host: #host,
                one_file_system: #one_file_system,
                directory_rules: #directory_rules,
                ignore_files: const {
                    &#krate::private::IgnoreFiles::from_static(
                        &[#(::std::borrow::Cow::Borrowed(#ignore_files)),*]
                    )
                },
                guard: #guard,
                retry: const { &#retry },
                verify: #verify,
                schedule: #schedule,
                settings: #settings,
                hooks: #hooks,
                notifications: #notifications,
                retention: const { &#retention },
            })
        };
    }
}

/// What a text is made of.
fn pieces(krate: &TokenStream, pieces: &[Piece]) -> TokenStream {
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Home => quote!(Home),
        Piece::Text(text) => {
            let text = bytes(text);
            quote!(Text(#text))
        }
        Piece::Variable(name) => quote!(Variable(#name)),
    });
    quote!(&[#(#krate::private::Piece::#pieces),*])
}

/// The call that makes a source of a secret, without the type before it.
fn secret(krate: &TokenStream, source: &SecretSource) -> TokenStream {
    match source {
        SecretSource::Env(name) => quote!(env(#name)),
        SecretSource::File { written, pieces: of } => {
            let (written, pieces) = (bytes(written), pieces(krate, of));
            quote!(file(#written, #pieces))
        }
        SecretSource::Command(line) => quote!(command(#line)),
        SecretSource::Keyring { service, user } => quote!(keyring(#service, #user)),
        SecretSource::Prompt => quote!(prompt()),
    }
}

/// `Notifications::NONE`, with what is declared.
fn notifications(krate: &TokenStream, notify: &Notify) -> TokenStream {
    let mut tokens = quote!(#krate::Notifications::NONE);
    if notify.desktop {
        tokens.extend(quote!(.with_desktop()));
    }
    for (address, method) in [(&notify.ping, "with_ping"), (&notify.webhook, "with_webhook")] {
        let Some(address) = address else { continue };
        let method = format_ident!("{method}");
        let source = match address {
            AddressSource::Plain(address) => quote!(plain(#address)),
            AddressSource::From(source) => secret(krate, source),
        };
        tokens.extend(quote!(.#method(#krate::AddressSource::#source)));
    }
    tokens
}

/// `DirectoryRules::NONE`, with what is declared.
fn directory_rules(krate: &TokenStream, rules: &DirectoryRules) -> TokenStream {
    let DirectoryRules { markers, caches, beside, larger_than } = rules;
    let mut tokens = quote!(#krate::private::DirectoryRules::NONE);
    if !markers.is_empty() {
        let markers = markers.iter().map(|marker| bytes(marker));
        tokens.extend(quote!(.exclude_if_present(&[#(#markers),*])));
    }
    if *caches {
        tokens.extend(quote!(.cache_directories(#krate::private::CacheDirectories::Exclude)));
    }
    if !beside.is_empty() {
        let pairs = beside.iter().map(|(sibling, directory)| {
            let (sibling, directory) = (bytes(sibling), bytes(directory));
            quote!(#krate::private::Beside::new(#sibling, #directory))
        });
        tokens.extend(quote!(.exclude_beside(const { &[#(#pairs),*] })));
    }
    if let Some(limit) = larger_than {
        tokens.extend(quote!(.exclude_larger_than(#limit)));
    }
    tokens
}

/// `Retention::new()`, with what is declared.
fn retention(krate: &TokenStream, retention: &Retention) -> TokenStream {
    let Retention { counts, within, tags } = retention;
    let mut tokens = quote!(#krate::Retention::new());
    for (name, count) in COUNTS.iter().zip(counts).filter(|(_, count)| **count > 0) {
        let rule = format_ident!("{}", name.trim_start_matches("keep_"));
        tokens.extend(quote!(.#rule(#count)));
    }
    if let Some([years, months, days, hours]) = within {
        tokens.extend(quote!(.within(#krate::Within::new(#years, #months, #days, #hours))));
    }
    if !tags.is_empty() {
        tokens.extend(quote!(.static_tags(&[#(::std::borrow::Cow::Borrowed(#tags)),*])));
    }
    tokens
}

impl ToTokens for Storage {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Static(keyword) => keyword.to_tokens(tokens),
            Self::Const(keyword) => keyword.to_tokens(tokens),
        }
    }
}
