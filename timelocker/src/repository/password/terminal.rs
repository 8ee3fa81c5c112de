//! Asking for a password at the terminal.

use std::fs::File;
use std::io::{self, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Puts a question to the terminal of the process, and reads a line that is not shown.
pub(in crate::repository) fn ask(question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    write!(&terminal, "{question}")?;
    let silent = Silent::new(&terminal)?;
    let read = read_line(&terminal);
    drop(silent);
    writeln!(&terminal)?;
    read
}

/// What a terminal gives is a line, or a part of one that is too long for it. It is read into its
/// place at once: a buffer on the way, or one that grows, would leave a copy behind.
fn read_line(mut terminal: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(vec![0; 4096]);
    let mut length = 0;
    while length < line.len() && !line[..length].contains(&b'\n') {
        match terminal.read(&mut line[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    line.truncate(length);
    Ok(line)
}

/// Turns the echo off, until it is dropped.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_in_pieces() {
        let (one, other): (&[u8], &[u8]) = (b"sec", b"ret\nmore");
        let line = read_line(one.chain(other)).unwrap();
        assert!(line.starts_with(b"secret\n"));
        assert!(read_line(&b""[..]).unwrap().is_empty());
        // Of an endless one, no more than there is room for.
        assert_eq!(read_line(io::repeat(b'x')).unwrap().len(), 4096);
    }
}
