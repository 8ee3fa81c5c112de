//! What is asked of a walk, and what it answers.

use std::iter::Sum;
use std::process::Output;

/// What is asked of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// The name and the kind of each entry.
    Names,
    /// And the size of what is not a directory.
    Sizes,
    /// The same, without what is below some directories.
    Excluding,
}

/// What a walk found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) files: u64,
    pub(crate) directories: u64,
    pub(crate) bytes: u64,
}

impl Answer {
    pub(crate) fn add(&mut self, is_directory: bool, bytes: u64) {
        match is_directory {
            true => self.directories += 1,
            false => {
                self.files += 1;
                self.bytes += bytes;
            }
        }
    }

    /// From the lines of `find` (kind and size) or `fd` (paths of files and, with a slash at their
    /// end, of directories).
    pub(crate) fn of_lines(output: &Output) -> Self {
        assert!(output.status.success());
        let mut answer = Self::default();
        for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let mut fields = line.splitn(2, |&byte| byte == b' ');
            match (fields.next(), fields.next()) {
                (Some(b"d"), _) => answer.add(true, 0),
                (Some(b"f"), size) => {
                    let size = str::from_utf8(size.unwrap_or(b"0")).unwrap();
                    answer.add(false, size.parse().unwrap());
                }
                _ => answer.add(line.ends_with(b"/"), 0),
            }
        }
        answer
    }
}

impl Sum for Answer {
    fn sum<I: Iterator<Item = Self>>(answers: I) -> Self {
        answers.fold(Self::default(), |sum, answer| Self {
            files: sum.files + answer.files,
            directories: sum.directories + answer.directories,
            bytes: sum.bytes + answer.bytes,
        })
    }
}
