//! Exclude files of other programs as profiles: what is printed compiles and is kept as it is, and the
//! programs themselves select the same.

#![allow(deprecated, reason = "lints of the converted rules, which come as such")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use timelocker_pattern::{Case, Dialect, EntryKind, Pattern, PatternTable, Rule, Side, Verdict};
use timelocker_tests::{Random, Table, shared_dir, tool};

use crate::lab::{Lab, run};

// What the program printed for the files beside, compiled.
include!("converted/restic.rs");
include!("converted/rustic.rs");
include!("converted/borg_excludes.rs");
include!("converted/borg_patterns.rs");
include!("converted/gitignore.rs");

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/converted"))
}

/// The rules of a conversion, as a table.
fn table(result: &Value) -> PatternTable {
    let mut builder = PatternTable::builder();
    for rule in result["rules"].as_array().unwrap() {
        let dialect = match rule["dialect"].as_str().unwrap() {
            "restic" => Dialect::Restic,
            "regex" => Dialect::Regex,
            "gitignore" => Dialect::Gitignore,
            other => panic!("{other}"),
        };
        let case = match rule["ignores_case"].as_bool().unwrap() {
            true => Case::Insensitive,
            false => Case::Sensitive,
        };
        let side = match rule["side"].as_str().unwrap() {
            "exclude" => Side::Exclude,
            _ => Side::Include,
        };
        let pattern = rule["pattern"].as_str().unwrap();
        let pattern = Pattern::parse_with_case(pattern.as_bytes(), dialect, case).unwrap();
        builder = builder.rule(Rule::new(pattern, side));
    }
    builder.build().unwrap()
}

fn convert(lab: &Lab, file: &Path, arguments: &[&str]) -> Value {
    json(lab.command().arg("convert").arg(file).args(arguments))
}

fn json(command: &mut assert_cmd::Command) -> Value {
    let run = run(command.arg("--json"));
    assert!([0, 3].contains(&run.code), "{run}");
    run.json()["result"].clone()
}

#[test]
fn printed_profiles_compile_and_are_kept() {
    let lab = Lab::bare();
    let profiles = [
        (&RESTIC, "restic.txt", &["--from", "restic"][..]),
        (&RUSTIC, "rustic.txt", &["--from", "rustic", "--ignore-case"]),
        (&BORG_EXCLUDES, "borg_excludes.txt", &["--from", "borg"]),
        (&BORG_PATTERNS, "borg_patterns.txt", &["--from", "borg"]),
        (&GITIGNORE, "gitignore.txt", &["--from", "gitignore", "--target", "/srv"]),
    ];
    for (profile, file, arguments) in profiles {
        let path = directory().join(file);
        // A home directory that is the same everywhere.
        let mut command = lab.command();
        let command = command.env("HOME", "/home/ada").arg("convert").arg(&path);
        let run = run(command.args(arguments).arg("--verbose"));
        let name = file.strip_suffix(".txt").unwrap();
        let expected = directory().join(format!("{name}.rs"));
        if std::env::var_os("TIMELOCKER_UPDATE_CONVERTED").is_some() {
            // What it is compiled to is seen in the next run.
            fs::write(&expected, &run.stdout).unwrap();
            continue;
        }
        assert_eq!(run.stdout, fs::read_to_string(expected).unwrap(), "{file}");
        let mut settings = lab.settings();
        settings.add_filter(&directory().to_str().unwrap().replace('.', r"\."), "[files]");
        settings.bind(|| {
            let report = format!("exit {}\n{}", run.code, run.stderr);
            insta::assert_snapshot!(format!("convert_{name}"), report);
        });
        // The macro and the run-time builder make the same of it.
        let rules = table(&json(command));
        let texts = |table: &PatternTable| {
            let rule = |rule: &timelocker_pattern::RuleInfo| (rule.side(), rule.pattern().to_vec());
            table.rules().iter().map(rule).collect::<BTreeSet<_>>()
        };
        assert_eq!(texts(profile.patterns()), texts(&rules), "{file}");
        assert!(!rules.rules().is_empty());
    }
}

#[test]
fn a_file_can_come_by_stdin() {
    let lab = Lab::bare();
    let content = fs::read(directory().join("restic.txt")).unwrap();
    let words = ["convert", "-", "--from", "restic", "--name", "restic", "--quiet"];
    let run = run(lab.command().env("HOME", "/home/ada").args(words).write_stdin(content));
    assert_eq!(run.stdout, fs::read_to_string(directory().join("restic.rs")).unwrap());
}

#[test]
fn what_cannot_be_read_is_named() {
    let lab = Lab::bare();
    let run = lab.run(&["convert", "no/such/file", "--from", "restic"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with("error: could not read no/such/file"), "{run}");
}

#[test]
fn whole_lists_become_tables() {
    let Some(shared) = shared_dir() else { return };
    let lab = Lab::bare();
    let mut rules = 0;
    for (file, from) in [
        ("restic_docs_samples.txt", "restic"),
        ("restic_docs_selective_home.txt", "restic"),
        ("borg_docs_samples.txt", "borg"),
        ("set-50.txt", "gitignore"),
        ("set-500.txt", "gitignore"),
        ("set-200.txt", "restic"),
        ("github_gitignore_combined.txt", "gitignore"),
        ("rsync-homedir-excludes_all_enabled.txt", "gitignore"),
    ] {
        let result = convert(&lab, &shared.join("lists").join(file), &["--from", from]);
        let table = table(&result);
        assert!(!table.rules().is_empty(), "{file}");
        rules += table.rules().len();
        let left_out = |note: &&Value| note["kind"] == "left_out";
        let left_out = result["notes"].as_array().unwrap().iter().filter(left_out).count();
        assert_eq!(left_out, 0, "{file}: {}", result["notes"]);
    }
    assert!(rules > 4_000, "{rules}");
}

#[test]
fn borg_s_own_checks_hold() {
    let Some(shared) = shared_dir() else { return };
    let lab = Lab::bare();
    let vectors = Table::read(&shared.join("vectors/borg_shellpattern.tsv"));
    let file = lab.path("patterns.txt");
    let (mut agreed, mut left_out) = (0, Vec::new());
    for row in vectors.rows() {
        let text = |column| String::from_utf8(row.bytes(column)).unwrap();
        let (pattern, path) = (text("pattern"), text("path"));
        let expected = row.flag("expected");
        // Paths that no walk has, and patterns that no line of a file can be.
        if path.is_empty() || path.ends_with('/') || pattern.trim() != pattern || pattern.is_empty()
        {
            continue;
        }
        fs::write(&file, format!("sh:{pattern}\n")).unwrap();
        let result = convert(&lab, &file, &["--from", "borg"]);
        if result["rules"].as_array().unwrap().is_empty() {
            left_out.push(pattern);
            continue;
        }
        // The vectors ask of the pattern alone; as a line it holds for what is below as well.
        let below = expected
            || path.match_indices('/').any(|(at, _)| {
                let above = &path[..at];
                vectors.rows().any(|row| {
                    row.bytes("pattern") == pattern.as_bytes()
                        && row.bytes("path") == above.as_bytes()
                        && row.flag("expected")
                })
            });
        let verdict = table(&result).verdict(path.as_bytes(), EntryKind::File);
        if below || !path.contains('/') {
            assert_eq!(verdict == Verdict::Exclude, below, "sh:{pattern} on {path}: {result}");
        }
        agreed += 1;
    }
    assert!(agreed > 60, "{agreed}");
    assert!(left_out.len() <= 4, "{left_out:?}");
}

/// A tree with something for each line, as paths below it.
const TREE: [&str; 17] = [
    "a.tmp",
    "A.TMP",
    "keep.tmp",
    "cache/x",
    "cache/deep/y",
    "src/main.rs",
    "src/target/debug/z",
    "src/a.o",
    "docs/b.o/inner",
    "docs/notes.txt",
    "docs/old/notes.txt",
    "home/ada/.cache/c",
    "home/ada/Documents/d",
    "home/eve/.cache/e",
    "home/eve/junk/f",
    "var/tmp/g",
    "var/log/h.log",
];

fn tree(lab: &Lab) -> String {
    for path in TREE {
        let path = lab.path("tree").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    lab.path("tree").to_str().unwrap().to_owned()
}

/// The files of the tree that a conversion selects.
fn selected(result: &Value) -> BTreeSet<&'static str> {
    let table = table(result);
    let is_in = |path: &&str| table.verdict(path.as_bytes(), EntryKind::File) == Verdict::Include;
    TREE.into_iter().filter(is_in).collect()
}

#[test]
fn restic_selects_the_same() {
    let Some(restic) = tool("restic") else { return };
    let lab = Lab::new();
    let tree = tree(&lab);
    let file = lab.path("excludes.txt");
    let mut different = BTreeSet::new();
    for (excludes, ignores_case) in [
        ("*.tmp\n!keep.tmp\n", false),
        ("*.tmp\n", true),
        ("# all that is built\ntarget\n*.o\ncache/**\n", false),
        ("$TREE/home/*/.cache\n$TREE/var\n!$TREE/var/log\n", false),
        ("$TREE/docs/**/notes.txt\nsrc/*.rs\n", false),
        ("tree/docs\ntree/home/e*\n", false),
        ("$TREE/home/*\n!$TREE/home/ada\n", false),
    ] {
        fs::write(&file, excludes.replace("$TREE", &tree)).unwrap();
        let option = if ignores_case { "--iexclude-file" } else { "--exclude-file" };
        let status = Command::new(&restic)
            .args(["backup", "--quiet", "--no-cache", option])
            .arg(&file)
            .arg(&tree)
            .env("RESTIC_REPOSITORY", lab.repository())
            .env("RESTIC_PASSWORD", crate::lab::PASSWORD)
            .status()
            .unwrap();
        assert!(status.success());
        let listed = lab.restic(&["ls", "latest"]).unwrap();
        let theirs: BTreeSet<&str> = TREE
            .into_iter()
            .filter(|path| listed.lines().any(|line| line == format!("{tree}/{path}")))
            .collect();
        let mut arguments = vec!["--from", "restic", "--target", &tree];
        arguments.extend(ignores_case.then_some("--ignore-case"));
        let ours = convert(&lab, &file, &arguments);
        assert_eq!(selected(&ours), theirs, "{excludes}: {ours}");
        different.insert(theirs);
    }
    assert_eq!(different.len(), 7);
}

/// Components of random patterns: each matches something of the tree.
const COMPONENTS: [&str; 16] = [
    "*s",
    "*.tmp",
    "a.tmp",
    "cache",
    "c*",
    "src",
    "docs",
    "home",
    "ada",
    "e?e",
    "?rc",
    "[a-k]*",
    "notes.txt",
    "tmp",
    "old",
    "*.o",
];

/// One to three components.
fn random_path(random: &mut Random, wide: &str) -> String {
    let parts = (0..=random.below(3)).map(|_| match random.below(8) {
        0 => wide,
        _ => random.pick(&COMPONENTS),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether all lines of a file mean the same here, so that the selections can be compared.
fn means_the_same(result: &Value) -> bool {
    result["notes"].as_array().unwrap().iter().all(|note| note["kind"] == "info")
}

#[test]
fn restic_selects_the_same_by_random_patterns() {
    let Some(restic) = tool("restic") else { return };
    let lab = Lab::new();
    let tree = tree(&lab);
    let file = lab.path("excludes.txt");
    let mut random = Random::new(11);
    let mut different = BTreeSet::new();
    let mut compared = 0;
    for _ in 0..24 {
        let lines = (0..=random.below(4)).map(|at| {
            let negated = if at > 0 && random.below(3) == 0 { "!" } else { "" };
            let anchor = random.pick(&["", "", "/**/", "$TREE/", "$TREE/"]);
            format!("{negated}{anchor}{}\n", random_path(&mut random, "**"))
        });
        let excludes = lines.collect::<String>().replace("$TREE", &tree);
        fs::write(&file, &excludes).unwrap();
        let ours = convert(&lab, &file, &["--from", "restic", "--target", &tree]);
        if !means_the_same(&ours) {
            continue;
        }
        let output = Command::new(&restic)
            .args(["backup", "--dry-run", "-vv", "--no-cache", "--force", "--exclude-file"])
            .arg(&file)
            .arg(&tree)
            .env("RESTIC_REPOSITORY", lab.repository())
            .env("RESTIC_PASSWORD", crate::lab::PASSWORD)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let listed = String::from_utf8(output.stdout).unwrap();
        let theirs: BTreeSet<&str> =
            TREE.into_iter().filter(|path| listed.contains(&format!(" {tree}/{path}, "))).collect();
        assert_eq!(selected(&ours), theirs, "{excludes}: {ours}\n{listed}");
        different.insert(theirs);
        compared += 1;
    }
    assert!(compared >= 15 && different.len() >= 6, "{compared}, {}", different.len());
}

#[test]
fn borg_selects_the_same() {
    let Some(borg) = tool("borg") else { return };
    let lab = Lab::bare();
    let tree = tree(&lab);
    let repository = lab.path("borg");
    let run = |arguments: &[&str]| {
        let output = Command::new(&borg)
            .args(arguments)
            .env("BORG_BASE_DIR", lab.path("borg-base"))
            .env("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        said
    };
    run(&["init", "--encryption", "none", repository.to_str().unwrap()]);
    let archive = format!("{}::dry", repository.display());
    let file = lab.path("patterns.txt");
    let mut random = Random::new(12);
    let mut random_lines = || {
        let lines = (0..=random.below(4)).map(|_| {
            let start = random.pick(&["*/", "fm:$TREE/", "sh:**/", "sh:$TREE/", "pp:$TREE/"]);
            let wide = if start.starts_with("sh") { "**" } else { "*" };
            format!("{start}{}\n", random_path(&mut random, wide))
        });
        (lines.collect::<String>(), "--exclude-from")
    };
    let random_files: Vec<_> = (0..16).map(|_| random_lines()).collect();
    let (mut different, mut compared) = (BTreeSet::new(), 0);
    let files = [
        ("*.tmp\n*/cache\n", "--exclude-from"),
        ("$TREE/home/*/.cache/*\nfm:*/b.?\n", "--exclude-from"),
        ("sh:$TREE/*/*.o\npp:$TREE/var/tmp\nre:\\.log$\n", "--exclude-from"),
        ("sh:**/*.rs\n*/docs/*notes*\n$TREE/cache/\n", "--exclude-from"),
        ("*/home/*e*/f\nsh:$TREE/src/[!x]arget\n", "--exclude-from"),
        ("+ sh:$TREE/home/ada\n- $TREE/home/*\n- **/*.o\n", "--patterns-from"),
        ("! $TREE/cache\n- **/.cache\n+ $TREE/home/**\n+ **/*.txt\n- **\n", "--patterns-from"),
        ("P fm\n- *.tmp\n+ pp:$TREE/src\n- *.o\n", "--patterns-from"),
    ];
    let fixed = files.map(|(text, option)| (text.to_owned(), option)).into_iter();
    for (at, (text, option)) in fixed.chain(random_files).enumerate() {
        fs::write(&file, text.replace("$TREE", &tree)).unwrap();
        let listed = run(&[
            "create",
            "--dry-run",
            "--list",
            option,
            file.to_str().unwrap(),
            &archive,
            &tree,
        ]);
        let below_root = tree.trim_start_matches('/');
        let theirs: BTreeSet<&str> = TREE
            .into_iter()
            .filter(|path| {
                let line = |prefix: &str| format!("{prefix}{below_root}/{path}");
                let lines = [line("- "), format!("- /{below_root}/{path}")];
                listed.lines().any(|listed| lines.iter().any(|line| line == listed))
            })
            .collect();
        let ours = convert(&lab, &file, &["--from", "borg", "--target", &tree]);
        if at >= 8 && !means_the_same(&ours) {
            continue;
        }
        // Expressions begin at the target here: those above look at the end of paths alone.
        assert_eq!(selected(&ours), theirs, "{text}: {ours}\n{listed}");
        different.insert(theirs);
        compared += 1;
    }
    assert!(compared >= 18 && different.len() >= 11, "{compared}, {}", different.len());
}
