//! Trees with contents to store: made up, always the same.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use timelocker_benches::random::Random;

const WORDS: [&str; 32] = [
    "alpha", "beta", "gamma", "index", "main", "utils", "config", "test", "helper", "module",
    "parser", "lexer", "token", "stream", "buffer", "cache", "error", "result", "option", "core",
    "types", "client", "server", "request", "session", "worker", "image", "photo", "report",
    "invoice", "readme", "layout",
];

fn name(random: &mut Random, number: usize) -> String {
    let extension = [".rs", ".md", ".txt", ".jpg"][random.below(4)];
    format!("{}_{number}{extension}", WORDS[random.below(32)])
}

/// A megabyte, as disks count.
const MB: usize = 1_000_000;

/// What a home holds, so many megabytes of it: a third in large files that no one can compress, a
/// third in large files of text, the rest in documents of 10 to 400 KB and sources of a few.
pub(crate) fn documents(root: &Path, megabytes: usize) -> io::Result<()> {
    let mut random = Random(10);
    let mut left = megabytes * MB;
    let mut number = 0;
    let third = left / 3;
    while left > 0 {
        let (directory, size, kind) = if left > 2 * third {
            ("videos", third / 8 + random.below(third / 4), Content::Noise)
        } else if left > third {
            ("logs", third / 16 + random.below(third / 8), Content::Text)
        } else if random.below(10) == 0 {
            ("documents", 10_000 + random.below(390_000), Content::Noise)
        } else {
            ("sources", 500 + random.below(20_000), Content::Text)
        };
        let size = size.min(left);
        let directory = root.join(directory).join(format!("{:02}", number / 100));
        fs::create_dir_all(&directory)?;
        let name = name(&mut random, number);
        fill(&mut File::create_new(directory.join(name))?, size, kind, &mut random)?;
        left -= size;
        number += 1;
    }
    Ok(())
}

/// So many files of 1 to 8 KB of text, in directories of 50.
pub(crate) fn small(root: &Path, files: usize) -> io::Result<()> {
    let mut random = Random(11);
    for number in 0..files {
        let directory = root.join(format!("{:03}/{:02}", number / 1000, number / 50 % 20));
        if number % 50 == 0 {
            fs::create_dir_all(&directory)?;
        }
        let name = name(&mut random, number);
        let size = 1000 + random.below(7000);
        fill(&mut File::create_new(directory.join(name))?, size, Content::Text, &mut random)?;
    }
    Ok(())
}

/// What a file holds.
#[derive(Clone, Copy)]
enum Content {
    /// What does not compress.
    Noise,
    /// Words, which compress to a third or so.
    Text,
}

fn fill(file: &mut File, size: usize, content: Content, random: &mut Random) -> io::Result<()> {
    const PIECE: usize = 1 << 16;
    let mut piece = Vec::with_capacity(PIECE + 16);
    let mut left = size;
    while left > 0 {
        piece.clear();
        while piece.len() < PIECE.min(left) {
            match content {
                Content::Noise => piece.extend_from_slice(&random.next_number().to_le_bytes()),
                Content::Text => {
                    piece.extend_from_slice(WORDS[random.below(32)].as_bytes());
                    piece.push(b" _.(\n"[random.below(5)]);
                }
            }
        }
        let some = piece.len().min(left);
        file.write_all(&piece[..some])?;
        left -= some;
    }
    Ok(())
}
