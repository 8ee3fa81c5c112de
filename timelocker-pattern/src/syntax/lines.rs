//! Exclude files, line by line, as git reads them.

use super::ast::{Case, Dialect, Pattern};

/// A line of an exclude file that holds a pattern.
#[derive(Clone, Debug)]
pub struct IgnoreLine {
    /// The line's number, from 1.
    pub number: u32,
    /// The pattern; one that can never match has a [`fault`](Pattern::fault).
    pub pattern: Pattern,
}

/// The patterns of an exclude file: an iterator over its lines without blank ones and comments.
///
/// A byte order mark at the beginning and a carriage return at the end of a line are skipped, and
/// a line ends at its first NUL byte, as in git.
///
/// ```
/// use timelocker_pattern::IgnoreLines;
///
/// let file = b"# editors\n*.swp\n\n!keep.swp\r\n";
/// let lines: Vec<_> = IgnoreLines::new(file).map(|line| line.number).collect();
/// assert_eq!(lines, [2, 4]);
/// ```
#[derive(Clone, Debug)]
pub struct IgnoreLines<'c> {
    rest: Option<&'c [u8]>,
    number: u32,
    case: Case,
}

impl<'c> IgnoreLines<'c> {
    /// The lines of a file with this content.
    pub fn new(content: &'c [u8]) -> Self {
        let rest = Some(content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content));
        Self { rest, number: 0, case: Case::Sensitive }
    }

    /// The same lines as git reads them with `core.ignoreCase`: ASCII letters are matched whatever
    /// their case.
    ///
    /// ```
    /// use timelocker_pattern::{EntryKind, IgnoreLines, PatternTable, Verdict};
    ///
    /// let lines = IgnoreLines::new(b"*.JPG\n").ignoring_case();
    /// let table = PatternTable::builder().ignore_lines(".gitignore", lines).build()?;
    /// assert_eq!(table.verdict(b"a.jpg", EntryKind::File), Verdict::Exclude);
    /// # Ok::<(), timelocker_pattern::BuildError>(())
    /// ```
    #[must_use]
    pub fn ignoring_case(mut self) -> Self {
        self.case = Case::Insensitive;
        self
    }
}

impl Iterator for IgnoreLines<'_> {
    type Item = IgnoreLine;

    fn next(&mut self) -> Option<IgnoreLine> {
        while let Some(rest) = self.rest {
            let line = match rest.iter().position(|&b| b == b'\n') {
                Some(end) => {
                    self.rest = Some(&rest[end + 1..]);
                    &rest[..end]
                }
                None => {
                    self.rest = None;
                    rest
                }
            };
            self.number += 1;
            if line.is_empty() || line[0] == b'#' {
                continue;
            }
            // git drops the carriage return first, then sees a C string.
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = line.split(|&b| b == 0).next().unwrap_or_default();
            let pattern = Pattern::parse_lenient(line, Dialect::Gitignore, self.case);
            return Some(IgnoreLine { number: self.number, pattern });
        }
        None
    }
}
