//! The example `check_ignore`: its fields, its paths and its errors.
//!
//! `.ci/run` holds the program itself against git, on real trees.

// Its `main` is not called.
#[allow(dead_code)]
#[path = "../../examples/check_ignore.rs"]
mod check_ignore;

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::rc::Rc;

use check_ignore::answer_all;
use tempfile::TempDir;

const RULES: &[u8] = b"# comment\nd/\n!x\n*.o\n\xff*\nx/*\n";

/// A folder with a rule file, and its path.
fn rule_file() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a scratch folder can be made");
    let file = folder.path().join("rules");
    fs::write(&file, RULES).expect("a file can be written there");
    let file = file.into_os_string().into_string().expect("its path is text");
    (folder, file)
}

fn answer(file: &str, input: &[u8]) -> Result<Vec<u8>, String> {
    let mut output = Vec::new();
    answer_all(OsStr::new(file), input, &mut output).map_err(|error| error.to_string())?;
    Ok(output)
}

#[test]
fn answers_with_the_fields_of_git() {
    let (_folder, file) = rule_file();
    // The path, and the line and pattern of the rule that decides about it.
    let table: &[(&[u8], &[u8])] = &[
        (b"d/", b"2\0d/"),
        (b"d", b""),
        (b"d/e/f", b"2\0d/"),
        (b"a/d/", b"2\0d/"),
        (b"x", b"3\0!x"),
        (b"x/", b"3\0!x"),
        (b"x/y", b"6\0x/*"),
        (b"a.o", b"4\0*.o"),
        (b"\xff\xfe", b"5\0\xff*"),
        (b"./d//e", b"2\0d/"),
        (b"a/../d/", b"2\0d/"),
        (b"d/.", b"2\0d/"),
        (b".", b""),
        (b"nothing\nhere", b""),
    ];
    let input = table.iter().map(|(path, _)| *path).collect::<Vec<_>>().join(&0);
    let mut expected = Vec::new();
    for &(path, rule) in table {
        let rule = match rule {
            b"" => vec![0, 0],
            rule => [file.as_bytes(), rule].join(&0),
        };
        expected.extend([&rule, path].join(&0));
        expected.push(0);
    }
    // The NUL after the last path may be there or not.
    for input in [&input[..], &[&input[..], b"\0"].concat()] {
        let output = answer(&file, input).expect("these are paths");
        assert_eq!(output.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
}

#[test]
fn refuses_what_is_no_path_below_the_root() {
    let (_folder, file) = rule_file();
    for (path, error) in [
        (&b"\0"[..], r#""": a path must not be empty; `.` is the root"#),
        (b"/d", r#""/d": a path must be relative to the root"#),
        (b"a/../../d", r#""a/../../d": a path must not lead out of the root"#),
    ] {
        assert_eq!(answer(&file, path), Err(error.to_owned()));
    }
    let missing = format!("{file}.missing");
    let error = answer(&missing, b"a").expect_err("there is no such file");
    assert!(error.starts_with(&missing), "{error}");
}

/// Input that ends when the answer to what it gave first has been written.
struct Conversation {
    output: Rc<RefCell<Vec<u8>>>,
    asked: bool,
}

struct Shared(Rc<RefCell<Vec<u8>>>);

impl Read for Conversation {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.asked {
            assert_eq!(*self.output.borrow(), b"\0\0\0a\0", "the answer is still awaited");
            return Ok(0);
        }
        self.asked = true;
        (&b"a\0"[..]).read(buffer)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn answers_before_it_waits_for_more() {
    let (_folder, file) = rule_file();
    let output = Rc::new(RefCell::new(Vec::new()));
    let input = Conversation { output: Rc::clone(&output), asked: false };
    answer_all(OsStr::new(&file), input, Shared(output)).expect("a path");
}
