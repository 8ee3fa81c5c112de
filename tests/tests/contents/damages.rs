//! Random damage: whatever restic's check finds, ours finds.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use timelocker::repository::{BackupOptions, CheckDepth, Password, Repository, RepositorySettings};
use timelocker::source::Source;
use timelocker::walk::Targets;
use timelocker_tests::{Random, tool};
use walkdir::WalkDir;

use crate::support::odd::OddRepository;
use crate::support::{PASSWORD, everything, noise, write};

/// The number of damages, of which CI tries every 25th: all with `TIMELOCKER_WHOLE=1`.
const DAMAGES: usize = 300;
const STRIDE: usize = 25;

/// A file as it was before it was damaged.
type Before = (PathBuf, Option<Vec<u8>>);

fn damage(random: &mut Random, repository: &Path, files: &[PathBuf]) -> (String, Vec<Before>) {
    let pick = |random: &mut Random| files[random.below(files.len())].clone();
    let (path, other) = (pick(random), pick(random));
    let contents = fs::read(&path).unwrap();
    let before = vec![(path.clone(), Some(contents.clone()))];
    let relative = path.strip_prefix(repository).unwrap().display().to_string();
    let mut changed = contents.clone();
    match random.below(7) {
        0 => {
            let at = random.below(changed.len());
            changed[at] ^= 1 << random.below(8);
            fs::write(&path, changed).unwrap();
            (format!("flip {at} of {relative}"), before)
        }
        1 => {
            let length = random.below(changed.len());
            changed.truncate(length);
            fs::write(&path, changed).unwrap();
            (format!("truncate {relative} to {length}"), before)
        }
        2 => {
            fs::remove_file(&path).unwrap();
            (format!("remove {relative}"), before)
        }
        3 => {
            let of_other = fs::read(&other).unwrap();
            fs::write(&path, &of_other).unwrap();
            fs::write(&other, contents).unwrap();
            let before = [before, vec![(other.clone(), Some(of_other))]].concat();
            (format!("swap {relative} and {}", other.display()), before)
        }
        4 => {
            fs::copy(&other, &path).unwrap();
            (format!("copy {} over {relative}", other.display()), before)
        }
        5 => {
            changed.extend_from_slice(&noise(random.next_u64(), 1 + random.below(40)));
            fs::write(&path, changed).unwrap();
            (format!("append to {relative}"), before)
        }
        _ => {
            let copy = path.with_file_name(format!("{:064x}", random.next_u64()));
            fs::copy(&path, &copy).unwrap();
            (format!("copy {relative} to a new name"), vec![(copy, None)])
        }
    }
}

/// The reason why restic's check fails, if it does.
fn restic_finds(restic: &Path, repository: &Path) -> Option<String> {
    let mut child = Command::new(restic)
        .args(["check", "--read-data", "--no-cache", "--no-lock"])
        .env("RESTIC_REPOSITORY", repository)
        .env("RESTIC_PASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        said.push_str(&line);
        // Older ones try to read what is missing for fifteen minutes: they have found it by then.
        if line.contains("retrying") {
            child.kill().unwrap();
            break;
        }
        said.push('\n');
    }
    let is_sound = child.wait().unwrap().success();
    (!is_sound).then_some(said)
}

#[test]
fn whatever_restic_finds_is_found() {
    let Some(restic) = tool("restic") else { return };
    // Its password is quick to test, for each damage opens the repository twice.
    let lab = tempfile::tempdir().unwrap();
    let (repository, tree) = (lab.path().join("repository"), lab.path().join("tree"));
    drop(OddRepository::new(&repository));
    let password = Password::new(PASSWORD);
    let mut own = Repository::open(&repository, &password).unwrap();
    own.configure(&RepositorySettings::new().pack_size(400_000)).unwrap();
    for round in 0..3 {
        for number in 0..8 {
            let path = tree.join(format!("{number}/{round}"));
            write(&path, &noise(round * 10 + number, 30_000));
        }
        let source = Source::new(Targets::new([&tree]).unwrap(), everything());
        assert!(own.backup(&source, &BackupOptions::new()).unwrap().is_complete());
    }
    let mut files: Vec<_> = WalkDir::new(&repository)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    let whole = std::env::var_os("TIMELOCKER_WHOLE").is_some_and(|value| value == "1");
    let mut random = Random::new(13);
    let (mut found_by_restic, mut tried) = (0, 0);
    for number in 0..DAMAGES {
        let mut random = Random::new(random.next_u64());
        if !whole && number % STRIDE != 0 {
            continue;
        }
        tried += 1;
        let (what, before) = damage(&mut random, &repository, &files);
        let said = restic_finds(&restic, &repository);
        // The key and the configuration are read when the repository is opened.
        let found = match Repository::open(&repository, &password) {
            Ok(opened) => match opened.check(CheckDepth::Data, None) {
                Ok(check) => !check.findings().is_empty(),
                Err(_) => true,
            },
            Err(_) => true,
        };
        if let Some(said) = said {
            found_by_restic += 1;
            assert!(found, "damage {number}: {what}: restic finds {said}");
        }
        for (path, contents) in before {
            match contents {
                Some(contents) => fs::write(path, contents).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
        }
    }
    assert!(found_by_restic * 3 > tried, "{found_by_restic} of {tried}");
    let check = own.check(CheckDepth::Data, None).unwrap();
    assert!(check.findings().is_empty(), "{check:?}");
}
