//! Without the feature `performance`, `#[profile_operation]` leaves no trace: the same assembly.
//!
//! This program was built with the feature, so the test has cargo build another one: once with the
//! attributes and once without them, with optimisation. What rustc writes for the two is compared
//! as a whole.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MANIFEST: &str = r#"
[package]
name = "compiled-out"
version = "0.0.0"
edition = "2024"
publish = false

[lib]
path = "functions.rs"

[features]
measuring = ["timelocker/performance"]

[dependencies]
timelocker = { path = "TIMELOCKER", default-features = false }

[profile.dev]
debug = false
incremental = false

[workspace]
"#;

/// The crate of `functions.rs`, in the target directory.
struct Crate {
    folder: PathBuf,
    functions: PathBuf,
}

#[derive(Clone, Copy)]
enum Attributes {
    With,
    Without,
}

impl Crate {
    fn new() -> Result<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = package.parent().ok_or("a package without a workspace")?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled_out");
        fs::create_dir_all(&folder)?;
        let library = workspace.join("timelocker");
        let library = library.to_str().ok_or("a checkout whose path is not UTF-8")?;
        let manifest = MANIFEST.replace("\"TIMELOCKER\"", &format!("'{library}'"));
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The versions that are here already.
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder, functions: package.join("tests/compiled_out/functions.rs") })
    }

    /// The assembly of the functions, with the attributes or without them.
    fn assembly(&self, attributes: Attributes, options: &[&str]) -> Result<String> {
        let functions = fs::read_to_string(&self.functions)?;
        assert!(functions.matches("(measured").count() >= 7, "they have no attributes");
        let condition = match attributes {
            Attributes::With => "(all()",
            Attributes::Without => "(any()",
        };
        fs::write(self.folder.join("functions.rs"), functions.replace("(measured", condition))?;
        let file = self.folder.join("functions.s");
        let _ = fs::remove_file(&file);
        let run = Command::new(env!("CARGO"))
            .args(["rustc", "--offline", "--quiet", "--lib", "--target-dir"])
            .arg(self.folder.join("target"))
            .args(options)
            .args(["--", "-Copt-level=3", "-Ccodegen-units=1"])
            .arg(format!("--emit=asm={}", file.display()))
            .current_dir(&self.folder)
            .env_remove("CARGO_TARGET_DIR")
            .output()?;
        if !run.status.success() {
            return Err(String::from_utf8_lossy(&run.stderr).into());
        }
        Ok(without_hashes(&fs::read_to_string(file)?))
    }
}

/// Numbers the hashes in the names of symbols: they are made of more than what is compiled.
fn without_hashes(assembly: &str) -> String {
    let functions = number_hashes(assembly, "17h");
    number_hashes(&functions, ".Lanon.")
}

fn number_hashes(assembly: &str, start: &str) -> String {
    let mut numbers = BTreeMap::new();
    let mut parts = assembly.split(start);
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end =
            part.find(|digit: char| !matches!(digit, '0'..='9' | 'a'..='f')).unwrap_or(part.len());
        let (hash, rest) = part.split_at(end);
        let next = numbers.len();
        let number = *numbers.entry(hash).or_insert(next);
        numbered.push_str(&format!("{start}{number}{rest}"));
    }
    numbered
}

#[test]
fn what_is_compiled_out_leaves_no_trace() -> Result<()> {
    let functions = Crate::new()?;
    let without = functions.assembly(Attributes::Without, &[])?;
    let with = functions.assembly(Attributes::With, &[])?;
    for function in ["plain", "may_panic", "fails", "instances", "add", "poll", "foreign"] {
        assert!(without.contains(function), "{function} is not in the assembly");
    }
    let different = without.lines().zip(with.lines()).find(|(without, with)| without != with);
    assert_eq!(different, None, "the first lines that differ");
    assert!(without == with, "one has more lines: {} {}", without.len(), with.len());

    // That the attributes were there shows where they do something.
    let measuring = functions.assembly(Attributes::With, &["--features=measuring"])?;
    assert!(measuring.contains("enter_measured"), "nothing is measured with the feature either");
    assert!(!with.contains("timelocker"), "something of the library was left");
    Ok(())
}
