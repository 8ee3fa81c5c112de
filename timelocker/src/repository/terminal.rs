//! Asking for a password at the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Puts a question to the terminal of the process, and reads a line that is not shown.
pub(super) fn ask(question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    write!(&terminal, "{question}")?;
    let silent = Silent::new(&terminal)?;
    // Room enough that no copy is left behind by growing.
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    let read = BufReader::new(&terminal).read_until(b'\n', &mut line);
    drop(silent);
    writeln!(&terminal)?;
    read.map(|_| line)
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
