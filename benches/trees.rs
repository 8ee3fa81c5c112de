//! The trees that are walked: made up, always the same, and removed afterwards.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::random::Random;

/// The directories that are left out of the tree with excluded ones.
pub const EXCLUDED: [&[u8]; 3] = [b"node_modules", b"target", b".git"];

const WORDS: [&str; 32] = [
    "alpha", "beta", "gamma", "index", "main", "utils", "config", "test", "helper", "module",
    "parser", "lexer", "token", "stream", "buffer", "cache", "error", "result", "option", "core",
    "types", "client", "server", "request", "session", "worker", "image", "photo", "report",
    "invoice", "readme", "layout",
];
const EXTENSIONS: [&str; 12] =
    [".rs", ".js", ".py", ".md", ".txt", ".json", ".toml", ".c", ".h", ".jpg", ".html", ".lock"];

fn name(random: &mut Random, number: usize) -> String {
    let (one, other) = (WORDS[random.below(32)], WORDS[random.below(32)]);
    format!("{one}_{other}_{number}")
}

fn file(random: &mut Random, directory: &Path, number: usize) -> io::Result<()> {
    let name = name(random, number) + EXTENSIONS[random.below(EXTENSIONS.len())];
    let mut file = File::create_new(directory.join(name))?;
    let size = [0, 0, 0, 20, 100][random.below(5)];
    if size > 0 {
        file.write_all(&[b'x'; 100][..size])?;
    }
    Ok(())
}

/// Files in directories of all sizes, up to 14 levels deep, 12 files to a directory on average.
///
/// # Errors
///
/// A file or directory can't be created.
pub fn mixed(root: &Path, files: usize) -> io::Result<()> {
    let mut random = Random(7);
    let mut directories: Vec<(PathBuf, usize)> = vec![(root.to_path_buf(), 0)];
    for number in 0..files / 12 {
        let (parent, depth) = loop {
            let all = directories.len();
            // Most go to those that were made of late: so deep trees come about.
            let recent = if random.below(5) < 3 { all.min(2000) } else { all };
            let (parent, depth) = &directories[all - 1 - random.below(recent)];
            if *depth < 14 {
                break (parent.clone(), *depth);
            }
        };
        let path = parent.join(name(&mut random, number));
        fs::create_dir(&path)?;
        directories.push((path, depth + 1));
    }
    for number in 0..files {
        // A fifth of the files are in a fiftieth of the directories.
        let among = match random.below(5) {
            0 => (directories.len() / 50).max(1),
            _ => directories.len(),
        };
        let at = random.below(among);
        let (directory, _) = &directories[at];
        file(&mut random, directory, number)?;
    }
    Ok(())
}

/// All files in one directory.
///
/// # Errors
///
/// A file or directory can't be created.
pub fn flat(root: &Path, files: usize) -> io::Result<()> {
    let mut random = Random(8);
    for number in 0..files {
        file(&mut random, root, number)?;
    }
    Ok(())
}

/// Four files of five are below directories that are left out.
///
/// # Errors
///
/// A file or directory can't be created.
pub fn excluded(root: &Path, files: usize) -> io::Result<()> {
    let mut random = Random(9);
    let mut number = 0;
    let mut fill = |directory: &Path, files: usize| -> io::Result<()> {
        fs::create_dir_all(directory)?;
        for _ in 0..files {
            file(&mut random, directory, number)?;
            number += 1;
        }
        Ok(())
    };
    for project in 0..files.div_ceil(2500) {
        let root = root.join(format!("project_{project}"));
        for source in 0..25 {
            fill(&root.join(format!("src/module_{source}")), 20)?;
        }
        for (excluded, directories) in EXCLUDED.into_iter().zip([150, 30, 20]) {
            let excluded = root.join(OsStr::from_bytes(excluded));
            for package in 0..directories {
                fill(&excluded.join(format!("package_{package}")), 6)?;
                fill(&excluded.join(format!("package_{package}/lib")), 4)?;
            }
        }
    }
    Ok(())
}
