//! What goes to the screen: text in human words, or one document of JSON.

use std::fmt::{self, Display, Write as _};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::exit::Exit;
use super::failure::Failure;
use crate::quoted::{Escaped, Quoted};

/// The version of the documents: another number if anything that was there is not any more, or
/// means something else.
pub(crate) const VERSION: u32 = 1;

/// What is written, and how.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// Results are of no interest.
    pub(crate) silent: bool,
    pub(crate) colour: Colour,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colour {
    #[default]
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether there are colours: on a terminal, unless the environment says otherwise.
    pub(crate) fn is_on(self, stream: &impl IsTerminal) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => stream.is_terminal() && !set("NO_COLOR") && !dumb,
        }
    }
}

/// The document that each command writes with `--json`.
#[derive(Serialize)]
struct Document<'a, T> {
    version: u32,
    command: &'a str,
    exit_code: u8,
    result: Option<&'a T>,
    error: Option<&'a Failure>,
}

impl Output {
    /// Writes what came of a command. Whoever read it may have gone: that is no error.
    pub(crate) fn result<T: Serialize>(
        &self,
        command: &str,
        exit: Exit,
        result: &T,
        write: impl FnOnce(&mut Page),
    ) -> io::Result<()> {
        if self.silent {
            return Ok(());
        }
        if self.json {
            return self.document(command, exit, Some(result), None);
        }
        let mut page = Page::new(self.colour.is_on(&io::stdout()));
        write(&mut page);
        put(io::stdout().lock(), page.as_bytes())
    }

    /// Writes why there is no result.
    pub(crate) fn failure(&self, command: &str, failure: &Failure) -> io::Result<()> {
        if self.json {
            return self.document(command, failure.exit, None::<&()>, Some(failure));
        }
        let mut page = Page::new(self.colour.is_on(&io::stderr()));
        failure.write(&mut page);
        put(io::stderr().lock(), page.as_bytes())
    }

    fn document<T: Serialize>(
        &self,
        command: &str,
        exit: Exit,
        result: Option<&T>,
        error: Option<&Failure>,
    ) -> io::Result<()> {
        let exit_code = exit.code();
        let document = Document { version: VERSION, command, exit_code, result, error };
        let mut text = serde_json::to_vec_pretty(&document)?;
        text.push(b'\n');
        put(io::stdout().lock(), &text)
    }
}

/// A document whose result is written as it is found: it may be longer than memory.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    output: &'a Output,
    /// True once an element has been written.
    has_element: bool,
    is_reader_gone: bool,
}

impl<'a> Stream<'a> {
    /// Begins the result with an object whose last field is a list.
    pub(crate) fn begin(
        output: &'a Output,
        command: &str,
        fields: &str,
        list: &str,
    ) -> io::Result<Self> {
        let mut stream = Self { output, has_element: false, is_reader_gone: false };
        if output.json && !output.silent {
            let command = serde_json::to_string(command)?;
            let head = format!("{{\"version\": {VERSION}, \"command\": {command}, ");
            stream.put(&format!("{head}\"result\": {{{fields}\"{list}\": ["))?;
        }
        Ok(stream)
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_reader_gone = true;
                Ok(())
            }
            written => written,
        }
    }

    /// False once nobody reads any more.
    pub(crate) fn is_read(&self) -> bool {
        !self.is_reader_gone
    }

    /// Writes elements of the list: in JSON, or as a page.
    pub(crate) fn elements<T: Serialize>(
        &mut self,
        elements: &[T],
        write: impl FnOnce(&mut Page),
    ) -> io::Result<()> {
        if self.output.silent || elements.is_empty() {
            return Ok(());
        }
        if !self.output.json {
            let mut page = Page::new(self.output.colour.is_on(&io::stdout()));
            write(&mut page);
            return self.put(&String::from_utf8_lossy(page.as_bytes()));
        }
        let mut text = String::new();
        for element in elements {
            text.push_str(if self.has_element { ",\n" } else { "\n" });
            text.push_str(&serde_json::to_string(element)?);
            self.has_element = true;
        }
        self.put(&text)
    }

    /// Ends the list and the result, with the faults met on the way.
    pub(crate) fn end(
        mut self,
        exit: Exit,
        faults: &[String],
        failure: Option<&Failure>,
    ) -> io::Result<()> {
        if self.output.silent || !self.output.json {
            return Ok(());
        }
        let (faults, failure) = (serde_json::to_string(faults)?, serde_json::to_string(&failure)?);
        let code = exit.code();
        self.put(&format!(
            "\n], \"faults\": {faults}}}, \"exit_code\": {code}, \"error\": {failure}}}\n"
        ))
    }
}

/// Writes to a stream whose reader may be gone.
pub(crate) fn put(mut stream: impl Write, text: &[u8]) -> io::Result<()> {
    match stream.write_all(text).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    /// A title.
    Title,
    /// Of less weight than what is beside it.
    Faint,
    Good,
    Notable,
    Bad,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Title => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Notable => "33",
            Self::Bad => "31",
        }
    }
}

/// Text that is put together to be written at once.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    colour: bool,
}

impl Page {
    pub(crate) fn new(colour: bool) -> Self {
        Self { text: String::new(), colour }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    pub(crate) fn text(&mut self, text: impl Display) -> &mut Self {
        // Writing to a string can't fail.
        let _ = write!(Inert(&mut self.text), "{text}");
        self
    }

    pub(crate) fn line(&mut self, text: impl Display) -> &mut Self {
        self.text(text).text('\n')
    }

    pub(crate) fn styled(&mut self, style: Style, text: impl Display) -> &mut Self {
        if !self.colour || style == Style::Plain {
            return self.text(text);
        }
        let _ = write!(self.text, "\x1b[{}m", style.code());
        self.text(text);
        self.text.push_str("\x1b[0m");
        self
    }

    pub(crate) fn title(&mut self, text: impl Display) -> &mut Self {
        self.styled(Style::Title, text).text('\n')
    }

    /// A table, its columns as wide as they have to be; what is in them is on one line. A column
    /// with nothing below its title is left out.
    pub(crate) fn table(&mut self, table: &Table) -> &mut Self {
        let width = |row: &Vec<Cell>, column: usize| row.get(column).map_or(0, Cell::width);
        let widths: Vec<Option<usize>> = (0..table.columns.len())
            .map(|column| {
                let widest = table.rows.iter().map(|row| width(row, column)).max();
                let title = table.head.as_ref().map_or(0, |head| width(head, column));
                widest.filter(|widest| *widest > 0).map(|widest| widest.max(title))
            })
            .collect();
        for row in table.head.iter().chain(&table.rows) {
            let mut line = Self::new(self.colour);
            let mut gap = "";
            for ((cell, width), align) in row.iter().zip(&widths).zip(&table.columns) {
                let Some(width) = width else { continue };
                let pad = " ".repeat(width - cell.width());
                line.text(std::mem::replace(&mut gap, "  "));
                match align {
                    Align::Right => line.text(pad).styled(cell.style, &cell.text),
                    Align::Left => line.styled(cell.style, &cell.text).text(pad),
                };
            }
            self.text.push_str(table.indent);
            self.text.push_str(line.text.trim_end());
            self.text.push('\n');
        }
        self
    }
}

/// Text without anything that a terminal acts on but the ends of lines and tabs. Names are quoted
/// where they are shown; this holds for what was overlooked.
struct Inert<'a>(&'a mut String);

impl fmt::Write for Inert<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(['\n', '\t']) {
            let end = part.trim_end_matches(['\n', '\t']).len();
            write!(self.0, "{}{}", Escaped(&part[..end]), &part[end..])?;
        }
        Ok(())
    }
}

/// `text` with nothing in it that a terminal acts on but the ends of its lines and tabs.
pub(crate) fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    let _ = Inert(&mut inert).write_str(text);
    inert
}

/// On which side the text of a column is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Align {
    Left,
    Right,
}

#[derive(Debug)]
struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    fn width(&self) -> usize {
        self.text.width()
    }
}

/// Rows of cells.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Align>,
    head: Option<Vec<Cell>>,
    rows: Vec<Vec<Cell>>,
    indent: &'static str,
}

impl Table {
    /// `<` is a column whose text is on the left, and any other character one on the right.
    pub(crate) fn new(columns: &str) -> Self {
        let align = |column| if column == '<' { Align::Left } else { Align::Right };
        let columns = columns.chars().map(align).collect();
        Self { columns, head: None, rows: Vec::new(), indent: "" }
    }

    pub(crate) fn indent(mut self, indent: &'static str) -> Self {
        self.indent = indent;
        self
    }

    pub(crate) fn head<const N: usize>(mut self, titles: [&str; N]) -> Self {
        let cell = |title: &str| Cell { text: title.to_owned(), style: Style::Title };
        self.head = Some(titles.into_iter().map(cell).collect());
        self
    }

    pub(crate) fn styled_row<const N: usize>(&mut self, cells: [(Style, String); N]) -> &mut Self {
        let cell = |(style, text): (Style, String)| Cell { text: one_line(&text), style };
        self.rows.push(cells.into_iter().map(cell).collect());
        self
    }
}

/// A sentence in which nothing ends the line or moves the cursor: names in it are quoted already.
pub(crate) fn one_line(text: &str) -> String {
    Escaped(text).to_string()
}

/// A path as it is shown, quoted where it needs it.
pub(crate) fn shown(path: &Path) -> String {
    Quoted::path(path).to_string()
}

/// The name of a host, a user, a tag or the like as it is shown.
pub(crate) fn named(name: &str) -> String {
    Quoted::text(name).to_string()
}

/// A number of things, with their name: `1 file`, `2,000 files`.
pub(crate) fn count(number: u64, one: &str) -> String {
    match (number, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) if !one.ends_with("ey") => format!("{} {stem}ies", Grouped(number)),
        _ => format!("{} {one}s", Grouped(number)),
    }
}

/// A number, its digits in threes.
pub(crate) struct Grouped(pub(crate) u64);

impl Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad(&grouped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for (number, one, shown) in [
            (0, "file", "0 files"),
            (1, "directory", "1 directory"),
            (1_000, "directory", "1,000 directories"),
            (1_234_567, "key", "1,234,567 keys"),
            (999, "entry", "999 entries"),
        ] {
            assert_eq!(count(number, one), shown);
        }
    }

    #[test]
    fn tables_are_aligned_by_what_is_seen() {
        let mut table = Table::new("<><").head(["Name", "Size", "Path"]);
        let plain = |text: &str| (Style::Plain, text.to_owned());
        table.styled_row(["日本", "1", "/a\nb"].map(plain));
        table.styled_row([
            (Style::Bad, "x".to_owned()),
            (Style::Plain, "1000".to_owned()),
            (Style::Faint, String::new()),
        ]);
        let mut page = Page::new(false);
        page.table(&table);
        assert_eq!(page.text, "Name  Size  Path\n日本     1  /a\\nb\nx     1000\n");
        let mut page = Page::new(true);
        page.table(&table);
        assert!(page.text.contains("\x1b[31mx\x1b[0m     "), "{}", page.text);
    }

    #[test]
    fn nothing_on_a_page_moves_the_cursor() {
        let mut page = Page::new(true);
        page.styled(Style::Bad, "\u{1b}[2J").text("\t\u{202e}a").line("\u{9b}1A");
        let shown = "\u{1b}[31m\\u{1b}[2J\u{1b}[0m\t\\u{202e}a\\u{9b}1A\n";
        assert_eq!(page.text, shown);
        assert_eq!(inert("a\n\u{1b}\n\n"), "a\n\\u{1b}\n\n");
    }

    #[test]
    fn columns_without_anything_are_left_out() {
        let plain = |text: &str| (Style::Plain, text.to_owned());
        let shown = |rows: &[[&str; 3]]| {
            let mut table = Table::new("<<<").head(["ID", "Tags", "Path"]);
            for row in rows {
                table.styled_row(row.map(plain));
            }
            let mut page = Page::new(false);
            page.table(&table);
            page.text
        };
        let (bare, tagged) = (["1", "", "/a"], ["2", "x", "/b"]);
        assert_eq!(shown(&[bare]), "ID  Path\n1   /a\n");
        assert_eq!(shown(&[bare, tagged]), "ID  Tags  Path\n1         /a\n2   x     /b\n");
        assert_eq!(shown(&[["", "x", ""]]), "Tags\nx\n");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        struct Gone(io::ErrorKind);
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(put(Gone(io::ErrorKind::BrokenPipe), b"x").is_ok());
        assert!(put(Gone(io::ErrorKind::StorageFull), b"x").is_err());
    }
}
