//! What the macros write, as a reader of the expansion sees it.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use proptest::prelude::*;
use quote::quote;

use crate::{expand_files, expand_groups, expand_patterns, expand_profiles};

/// Rust as it is formatted, with the long tables by their sizes alone.
fn formatted(items: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(shortened(items)).expect("the expansion is Rust"))
}

fn shortened(tokens: TokenStream) -> TokenStream {
    let shorten = |tree| match tree {
        TokenTree::Group(group) => {
            let inner = shortened(group.stream());
            TokenTree::Group(Group::new(group.delimiter(), inner))
        }
        TokenTree::Literal(literal) => match syn::Lit::new(literal.clone()) {
            syn::Lit::ByteStr(text) if text.value().len() > 40 => {
                let size = format!("{} bytes", text.value().len());
                TokenTree::Literal(Literal::byte_string(size.as_bytes()))
            }
            _ => TokenTree::Literal(literal),
        },
        other => other,
    };
    tokens.into_iter().map(shorten).collect()
}

#[test]
fn patterns() {
    let expression = expand_patterns(quote!((crate) "*.tmp", b"caf\xe9/", "!keep.tmp"));
    let item = quote!(static JUNK: PatternTable = #expression;);
    insta::assert_snapshot!(formatted(item));
}

#[test]
fn profiles() {
    let items = expand_profiles(quote! {
        (crate)
        /// What I write myself.
        pub static HOME = {
            targets: ["~/Documents", "/etc"],
            exclude: ["*.tmp"],
            tags: ["home"],
            repository: "rest:https://me:${REST_PASSWORD}@host/home",
            password: file "~/.password",
        }
        pub(crate) const ETC: Profile = { targets: ["/etc"], host: "nas", one_file_system: true };
    });
    insta::assert_snapshot!(formatted(items));
}

#[test]
fn everything_else_of_profiles() {
    let items = expand_profiles(quote! {
        (crate)
        static HOME = {
            targets: ["$DISK/x" => { exclude: ["target/"] }],
            retry: { retries: 5, pause: "1s", factor: 2.0, jitter: 0.1 },
            verify: "5%",
            on_surprise: "warn",
            surprise: { more: 3.0, slack: 50 },
            schedule: "weekly mon 03:30",
            settings: { compression: -7, bandwidth: "10 MiB/s" },
            hooks: { before: [required "mountpoint /mnt" within "10s"], finally: "sync" },
            notify: { desktop: true, ping: env "PING_URL", webhook: "https://host/x" },
        }
    });
    insta::assert_snapshot!(formatted(items));
}

#[test]
fn groups() {
    let items = expand_groups(quote! {
        (crate)
        /// What nobody misses.
        #[cfg(unix)]
        pub static JUNK = ["*.bak", "[", group media_files];
        static OTHER = [b"caf\xe9"]
    });
    insta::assert_snapshot!(formatted(items));
}

#[test]
fn groups_of_ones_own_are_asked() {
    let first = expand_patterns(quote!((crate) "a", group own::JUNK, group OTHER, group own::JUNK));
    let asked = quote! {
        own::JUNK ! { (crate::private::__patterns) (crate;) "a", group own::JUNK, group OTHER, group own::JUNK }
    };
    assert_eq!(first.to_string(), asked.to_string());
    let second = expand_patterns(quote! {
        (crate; ["b", group media_files]) "a", group own::JUNK, group OTHER, group own::JUNK
    });
    let asked = quote! {
        OTHER ! {
            (crate::private::__patterns)
            (crate; ["b", group media_files])
            "a", group own::JUNK, group OTHER, group own::JUNK
        }
    };
    assert_eq!(second.to_string(), asked.to_string());
    let third = expand_patterns(quote! {
        (crate; ["b"] ["c"]) "a", group own::JUNK, group OTHER, group own::JUNK
    });
    assert!(third.to_string().ends_with("TABLE }"), "{third}");
}

#[test]
fn files_are_watched() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../timelocker/tests/lists/home.exclude");
    let watch = quote!(
        const _: &[u8] = ::core::include_bytes!(#path);
    )
    .to_string();
    let relative = "../timelocker/tests/lists/home.exclude";
    let expansions = [
        expand_files(quote!((crate) #relative)),
        expand_patterns(quote!((crate) "*.bak", file #relative)),
        expand_profiles(quote!((crate) static HOME = {
            targets: ["/"], exclude: [lenient file #relative]
        })),
        // A file with faults too: mending them is a change of it alone.
        expand_files(quote!((crate) "../timelocker/tests/ui/files/never_matching.exclude")),
    ];
    for (index, expansion) in expansions.into_iter().enumerate() {
        let watch = if index == 3 {
            watch.replace("lists/home.exclude", "ui/files/never_matching.exclude")
        } else {
            watch.clone()
        };
        assert!(expansion.to_string().contains(&watch), "{watch} in {expansion}");
    }
}

#[test]
fn faults_leave_a_value() {
    let expression = expand_patterns(quote!((crate) "*.tmp", "[", "a" 7));
    let item = quote!(static JUNK: PatternTable = #expression;);
    insta::assert_snapshot!(formatted(item));
}

#[test]
fn no_code_is_written() {
    let items = expand_profiles(quote! {
        (crate) static HOME = { targets: ["/"], exclude: ["*.tmp"], include: ["*.rs"] }
    });
    let mut words = Vec::new();
    collect_words(items, &mut words);
    for word in ["fn", "loop", "while", "for", "if", "match", "unsafe", "LazyLock", "OnceLock"] {
        assert!(!words.iter().any(|found| found == word), "{word}");
    }
}

fn collect_words(tokens: TokenStream, words: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            _ => {}
        }
    }
}

/// Input that is nearly right: what the macros know, in any order, in any brackets.
fn soup() -> impl Strategy<Value = String> {
    const WORDS: &str = r##"
        exclude include targets tags name host one_file_system colour true static const mut pub
        HOME OTHER Profile : , , , = ; ! # - :: 7 'c' "*.tmp" "[" "~/x" "x" "" b"caf\xe9" r"a\" c"x"
        "a"suffix file lenient file"absent" group temporary_files group media group HOME assert included =>
        "a"=>excluded assert:{"a.tmp"=>included} exclude:["*.tmp"] targets:["/x"] repository password env prompt keyring retry: verify: surprise: hooks: notify: schedule:
        settings: required within "5%" "1h" 0.5
        "/x"=>{exclude:["*.tmp"]}
    "##;
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let word = prop::sample::select(words).prop_map(str::to_owned);
    word.prop_recursive(4, 64, 8, |inner| {
        let inner = prop::collection::vec(inner, 0..8).prop_map(|words| words.join(" "));
        let outer = prop::sample::select(vec![
            ("[", "]"),
            ("{", "}"),
            ("(", ")"),
            ("static HOME = {", "}"),
            ("targets: [", "]"),
        ]);
        (inner, outer).prop_map(|(inner, (open, close))| format!("{open} {inner} {close}"))
    })
}

proptest! {
    /// Whatever is written, each fault is reported, and the rest is Rust.
    #[test]
    fn any_input_gives_rust(words in prop::collection::vec(soup(), 0..8)) {
        let input: TokenStream = words.join(" ").parse().expect("tokens of Rust");

        for expand in [expand_patterns, expand_files] {
            let expression = expand(quote!((crate) #input));
            let item = quote!(static JUNK: PatternTable = #expression;);
            prop_assert!(syn::parse2::<syn::ItemStatic>(item).is_ok());
            let text = expression.to_string();
            let asks = text.contains("(crate :: private :: __");
            prop_assert!(asks || text.ends_with("TABLE }"), "{}", text);
        }
        let items = expand_groups(quote!((crate) #input));
        prop_assert!(syn::parse2::<syn::File>(items.clone()).is_ok(), "{}", items);

        let items = expand_profiles(quote!((crate) #input));
        prop_assert!(syn::parse2::<syn::File>(items.clone()).is_ok(), "{}", items);
        let shape = |item: &syn::Item| match item {
            syn::Item::Static(_) | syn::Item::Const(_) => true,
            syn::Item::Macro(item) => item.mac.path.segments.last().is_some_and(|name| {
                name.ident == "compile_error" || name.ident == "HOME"
            }),
            _ => false,
        };
        prop_assert!(syn::parse2::<syn::File>(items)?.items.iter().all(shape));
    }
}
