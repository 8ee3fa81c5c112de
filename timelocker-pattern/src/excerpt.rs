//! A piece of text with the fault in it underlined, for messages.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

/// Text, escaped where it would not show, with a caret under some bytes of it.
#[derive(Clone, Debug)]
pub struct Excerpt<'a> {
    text: &'a [u8],
    fault: Range<usize>,
    /// The file and the line that the text is from, if it is not from the macro's input.
    line: Option<(&'a str, u32)>,
}

impl<'a> Excerpt<'a> {
    /// `fault` counts bytes of `text`; an empty range is a caret before its start.
    pub fn new(text: &'a [u8], fault: Range<usize>) -> Self {
        let start = fault.start.min(text.len());
        Self { text, fault: start..fault.end.min(text.len()), line: None }
    }

    /// The same text as a line of a file; `number` counts from 1.
    pub fn in_file(mut self, file: &'a str, number: u32) -> Self {
        self.line = Some((file, number));
        self
    }

    fn marks(&self, cell: &Cell) -> bool {
        cell.at == self.fault.start || self.fault.contains(&cell.at)
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cells = cells(self.text);
        // The place behind the last character can be at fault too.
        cells.push(Cell { at: self.text.len(), shown: String::new() });
        let first = cells.iter().rposition(|cell| cell.at <= self.fault.start).unwrap_or(0);
        let window = window(&cells, first);

        let (mut shown, mut carets) = (String::new(), String::new());
        if window.start > 0 {
            shown.push('…');
            carets.push(' ');
        }
        for cell in &cells[window.clone()] {
            shown.push_str(&cell.shown);
            // A combining mark has no width of its own; its caret is the one of its base.
            let width = cell.shown.width().max(usize::from(cell.shown.is_empty()));
            let mark = if self.marks(cell) { "^" } else { " " };
            carets.push_str(&mark.repeat(width));
        }
        if window.end < cells.len() {
            shown.push('…');
        }
        let column = first + 1;
        let number = match self.line {
            Some((file, line)) => {
                writeln!(f, "   --> {file}:{line}:{column}")?;
                line.to_string()
            }
            None => String::new(),
        };
        let margin = number.len().max(3);
        writeln!(f, "{:margin$} |\n{number:>margin$} | {shown}", "")?;
        write!(f, "{:margin$} | {} column {column}", "", carets.trim_end())
    }
}

/// One character of the text, or one byte that is no UTF-8, as it is shown.
struct Cell {
    at: usize,
    shown: String,
}

fn cells(text: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut at = 0;
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            cells.push(Cell { at, shown: shown_character(character) });
            at += character.len_utf8();
        }
        for byte in chunk.invalid() {
            cells.push(Cell { at, shown: format!("\\x{byte:02X}") });
            at += 1;
        }
    }
    cells
}

/// The character itself, or an escape if it would not be seen, or would disturb the line.
fn shown_character(character: char) -> String {
    match character {
        '\\' | '"' | '\'' => character.to_string(),
        // Within a string, unlike alone, a combining mark is not escaped.
        _ => String::from_iter(['a', character]).escape_debug().skip(1).collect(),
    }
}

/// Text on one line, escaped where it would not show.
pub(crate) fn shown(text: &[u8]) -> String {
    cells(text).into_iter().map(|cell| cell.shown).collect()
}

/// The cells to show: all, or those about the fault if the line would be too long.
fn window(cells: &[Cell], fault: usize) -> Range<usize> {
    const WIDEST: usize = 72;
    const BEFORE: usize = 40;
    let width = |cells: &[Cell]| cells.iter().map(|cell| cell.shown.width()).sum::<usize>();
    if width(cells) <= WIDEST {
        return 0..cells.len();
    }
    let mut start = fault;
    while start > 0 && width(&cells[start - 1..fault]) <= BEFORE {
        start -= 1;
    }
    let mut end = (fault + 1).min(cells.len());
    while end < cells.len() && width(&cells[start..=end]) <= WIDEST {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: impl AsRef<[u8]>, fault: Range<usize>) -> String {
        let shown = Excerpt::new(text.as_ref(), fault).to_string();
        shown.strip_prefix("    |\n").expect("an empty line first").to_owned()
    }

    #[test]
    fn carets_stand_under_the_fault() {
        let table: [(&[u8], Range<usize>, &str); 12] = [
            (b"src/[ab", 4..5, "    | src/[ab\n    |     ^ column 5"),
            (b"a//b", 1..3, "    | a//b\n    |  ^^ column 2"),
            (b"foo\\", 3..4, "    | foo\\\n    |    ^ column 4"),
            // Nothing, and behind the end.
            (b"", 0..0, "    | \n    | ^ column 1"),
            (b"ab", 2..2, "    | ab\n    |   ^ column 3"),
            // A caret before a character covers it.
            (b"ab", 1..1, "    | ab\n    |  ^ column 2"),
            // Escapes are wider than what they stand for, and the column still counts characters.
            (b"a\nb[", 3..4, "    | a\\nb[\n    |     ^ column 4"),
            (b"a\nb", 1..2, "    | a\\nb\n    |  ^^ column 2"),
            (b"caf\xe9[", 4..5, "    | caf\\xE9[\n    |        ^ column 5"),
            // Wide characters fill two columns of the terminal, combining marks none.
            ("写真/[".as_bytes(), 7..8, "    | 写真/[\n    |      ^ column 4"),
            ("e\u{301}[".as_bytes(), 3..4, "    | e\u{301}[\n    |  ^ column 3"),
            // What would turn the line around is not printed.
            ("\u{202e}[".as_bytes(), 3..4, "    | \\u{202e}[\n    |         ^ column 2"),
        ];
        for (text, fault, expected) in table {
            assert_eq!(excerpt(text, fault.clone()), expected, "{text:?} {fault:?}");
        }
    }

    #[test]
    fn a_line_of_a_file_is_shown_with_its_number() {
        let table = [
            (7, "   --> a.exclude:7:2\n    |\n  7 | x[\n    |  ^ column 2"),
            (12345, "   --> a.exclude:12345:2\n      |\n12345 | x[\n      |  ^ column 2"),
        ];
        for (number, expected) in table {
            let excerpt = Excerpt::new(b"x[", 1..2).in_file("a.exclude", number);
            assert_eq!(excerpt.to_string(), expected, "{number}");
        }
    }

    #[test]
    fn a_long_text_is_cut_about_the_fault() {
        let text = format!("{}[{}", "a".repeat(500), "b".repeat(500));
        let shown = excerpt(&text, 500..501);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("    | …aaa") && lines[0].ends_with("bbb…"), "{shown}");
        assert!(lines[0].width() <= 80, "{shown}");
        let bracket = lines[0].chars().position(|c| c == '[');
        assert_eq!(bracket, lines[1].chars().position(|c| c == '^'), "{shown}");
        assert!(lines[1].ends_with("^ column 501"), "{shown}");

        let shown = excerpt("a".repeat(500), 0..500);
        assert!(shown.ends_with("^ column 1") && !shown.contains("| …"), "{shown}");
    }

    #[test]
    fn a_fault_beyond_the_text_is_shown_at_its_end() {
        assert_eq!(excerpt("ab", 7..9), "    | ab\n    |   ^ column 3");
    }
}
