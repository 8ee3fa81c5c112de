//! Reads the tables of the shared vectors.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of tab-separated values whose first line names the columns.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    columns: Vec<String>,
    lines: Vec<Vec<u8>>,
}

/// One line of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'a Table,
    index: usize,
}

impl Table {
    /// Reads the table at `path`.
    ///
    /// # Panics
    /// When it can't be read or a line has not as many fields as the first.
    pub fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines: Vec<Vec<u8>> =
            bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        if lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        assert!(!lines.is_empty(), "{}: empty", path.display());
        let columns =
            String::from_utf8_lossy(&lines.remove(0)).split('\t').map(str::to_owned).collect();
        let table = Self { path: path.to_owned(), columns, lines };
        for row in table.rows() {
            assert_eq!(
                row.fields().count(),
                table.columns.len(),
                "{}: number of fields",
                row.place()
            );
        }
        table
    }

    /// The rows below the first line.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.lines.len()).map(|index| Row { table: self, index })
    }
}

impl<'a> Row<'a> {
    /// Where the row is written: file and line.
    pub fn place(&self) -> String {
        // The line of names is line 1.
        format!("{}:{}", self.table.path.display(), self.index + 2)
    }

    /// The field of `column` as it is written.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn raw(&self, column: &str) -> &'a [u8] {
        let index = self.table.columns.iter().position(|name| name == column);
        index
            .and_then(|index| self.fields().nth(index))
            .unwrap_or_else(|| panic!("{}: no column {column:?}", self.place()))
    }

    /// The field of `column`, a pattern or a path, with its escapes resolved: `\\`, `\t`, `\n`,
    /// `\r`.
    ///
    /// # Panics
    /// When there is no such column, or another escape in it.
    pub fn bytes(&self, column: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = self.raw(column).iter();
        while let Some(&byte) = rest.next() {
            bytes.push(match byte {
                b'\\' => match rest.next() {
                    Some(b'\\') => b'\\',
                    Some(b't') => b'\t',
                    Some(b'n') => b'\n',
                    Some(b'r') => b'\r',
                    other => panic!("{}: unknown escape {other:?} in {column:?}", self.place()),
                },
                byte => byte,
            });
        }
        bytes
    }

    /// The field of `column`, which is `1` or `0`.
    ///
    /// # Panics
    /// When there is no such column, or it is something else.
    pub fn flag(&self, column: &str) -> bool {
        match self.raw(column) {
            b"1" => true,
            b"0" => false,
            other => {
                panic!("{}: {column:?} is neither 0 nor 1: {}", self.place(), other.escape_ascii())
            }
        }
    }

    /// The field of `column`, a number; `None` when it is `-`.
    ///
    /// # Panics
    /// When there is no such column, or it is something else.
    pub fn number(&self, column: &str) -> Option<u32> {
        let field = self.raw(column);
        if field == b"-" {
            return None;
        }
        let number = str::from_utf8(field).ok().and_then(|field| field.parse().ok());
        assert!(
            number.is_some(),
            "{}: {column:?} is no number: {}",
            self.place(),
            field.escape_ascii()
        );
        number
    }

    fn fields(&self) -> impl Iterator<Item = &'a [u8]> {
        self.table.lines[self.index].split(|&byte| byte == b'\t')
    }
}
