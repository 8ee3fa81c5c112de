//! A profile is data in the program's read-only memory, and nothing runs for it before `main`.
//!
//! The test looks at itself: at the permissions of its own memory, and at the functions that its
//! own executable has the loader call. Both are Linux's, so elsewhere there is nothing to see.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;

use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget};
use timelocker::Profile;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

timelocker::backup_profile! {
    static HOME = {
        targets: ["~/Documents", "/etc"],
        exclude: ["target/", "*.tmp", "!keep.tmp", "/var/cache/**/*.bin"],
        tags: ["home"],
        host: "laptop",
    }
}

/// A mapping of this process, and whether it can be written.
struct Mapping {
    range: Range<usize>,
    permissions: String,
    file: String,
}

fn mappings() -> Result<Vec<Mapping>> {
    let mut mappings = Vec::new();
    for line in std::fs::read_to_string("/proc/self/maps")?.lines() {
        // The range, the permissions, three that do not matter here, and the file, which may hold
        // spaces.
        let mut words = line.splitn(6, ' ');
        let (range, permissions) = (words.next(), words.next().unwrap_or_default());
        let file = words.nth(3).unwrap_or_default().trim();
        let (start, end) = range.and_then(|range| range.split_once('-')).ok_or("no range")?;
        let address = |text| usize::from_str_radix(text, 16);
        mappings.push(Mapping {
            range: address(start)?..address(end)?,
            permissions: permissions.to_owned(),
            file: file.to_owned(),
        });
    }
    Ok(mappings)
}

/// Every piece of memory that belongs to the profile.
fn pieces(profile: &'static Profile) -> Vec<(String, Range<usize>)> {
    fn piece<T: ?Sized>(name: impl Into<String>, value: &T) -> (String, Range<usize>) {
        let start = std::ptr::from_ref(value).addr();
        (name.into(), start..start + size_of_val(value))
    }
    let table = profile.patterns();
    let mut pieces = vec![
        piece("the profile", profile),
        piece("its name", profile.name()),
        piece("its targets", profile.targets()),
        piece("its tags", profile.tags()),
        piece("its table", table),
        piece("the automata", table.automata()),
        piece("the rules", table.rules()),
    ];
    for automaton in table.automata() {
        let parts = automaton.parts();
        pieces.push(piece("the classes of bytes", parts.classes));
        pieces.push(piece("the automaton of names", parts.names));
        pieces.push(piece("the automaton of directories", parts.tree));
    }
    pieces.extend(profile.targets().iter().map(|target| piece("a target", target.as_bytes())));
    for rule in table.rules() {
        pieces.push(piece("a rule's pattern", rule.pattern()));
        pieces.extend(rule.place().map(|place| piece("a rule's file", place.file())));
    }
    pieces
}

#[test]
fn a_profile_is_in_read_only_memory() -> Result<()> {
    let heap = Box::new(1_u8);
    let mappings = mappings()?;
    let executable = std::env::current_exe()?;
    let pieces = pieces(&HOME);
    assert_eq!(pieces.len(), 7 + 3 + 2 + 4 * 2);
    for (name, range) in pieces {
        assert!(!range.is_empty(), "{name}");
        let within = |mapping: &&Mapping| {
            mapping.range.start <= range.start && range.end <= mapping.range.end
        };
        let mapping = mappings.iter().find(within).ok_or_else(|| format!("{name}: unmapped"))?;
        assert!(mapping.permissions.starts_with("r-"), "{name}: {}", mapping.permissions);
        // Of the executable itself: neither heap nor a copy made at start-up.
        assert_eq!(mapping.file, executable.to_string_lossy(), "{name}");
    }

    // What can be written is seen as such.
    let address = std::ptr::from_ref(&*heap).addr();
    let mapping = mappings.iter().find(|mapping| mapping.range.contains(&address));
    assert!(mapping.is_some_and(|mapping| mapping.permissions.starts_with("rw")));
    Ok(())
}

#[test]
fn nothing_of_ours_runs_before_main() -> Result<()> {
    let content = std::fs::read(std::env::current_exe()?)?;
    let elf = ElfFile64::<object::Endianness>::parse(&*content)?;
    let functions = start_up_functions(&elf)?;
    let symbols: BTreeMap<u64, &str> = elf
        .symbols()
        .filter(|symbol| symbol.kind() == object::SymbolKind::Text)
        .map(|symbol| Ok((symbol.address(), symbol.name()?)))
        .collect::<Result<_>>()?;
    assert!(!functions.is_empty(), "the C library and std have such functions in every program");
    for address in functions {
        let (_, name) = symbols.range(..=address).next_back().ok_or("a function without a name")?;
        // The crates of this workspace, and this one.
        for ours in ["timelocker", "static_data"] {
            assert!(!name.contains(ours), "{name} runs before `main`");
        }
    }
    Ok(())
}

/// The addresses in the sections of which the loader calls each entry before `main`.
fn start_up_functions(elf: &ElfFile64<'_>) -> Result<Vec<u64>> {
    let mut functions = Vec::new();
    for name in [".preinit_array", ".init_array", ".ctors"] {
        let Some(section) = elf.section_by_name(name) else { continue };
        let range = section.address()..section.address() + section.size();
        // Where the executable can be loaded anywhere, the addresses are in its relocations.
        for (place, relocation) in elf.dynamic_relocations().into_iter().flatten() {
            if range.contains(&place) {
                functions.push(match relocation.target() {
                    RelocationTarget::Symbol(symbol) => elf.symbol_by_index(symbol)?.address(),
                    _ => u64::try_from(relocation.addend())?,
                });
            }
        }
        let words = section.data()?.chunks_exact(8);
        functions.extend(words.flat_map(<[u8; 8]>::try_from).map(u64::from_ne_bytes));
    }
    functions.retain(|&address| address != 0 && address != u64::MAX);
    functions.sort_unstable();
    functions.dedup();
    Ok(functions)
}
