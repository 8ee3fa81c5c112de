//! Paths of the machine that the program runs on.

use super::written::{Piece, path_pieces};
use crate::diagnostic::TextFault;

/// A path that can be right on some system.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Path<'p> {
    /// What tells it from others.
    pub(super) components: Vec<&'p [u8]>,
    pub(super) pieces: Vec<Piece>,
}

/// Takes a path apart. Whether it is absolute on the system where the program runs is not known at
/// build time, and what variables hold is not either. `what` names the path: "a target".
pub(super) fn check<'p>(path: &'p [u8], what: &str) -> Result<Path<'p>, TextFault> {
    if path.is_empty() {
        let help = "write `/` for the whole system, `~` for the home directory";
        return Err(TextFault::new(format!("{what} is empty"), 0..0, help));
    }
    if let Some(at) = path.iter().position(|&byte| byte == 0) {
        return Err(TextFault::new("no path holds a NUL byte", at..at + 1, "remove the NUL byte"));
    }
    let first = path.split(|&byte| byte == b'/').next().unwrap_or_default();
    if first.len() > 1 && first[0] == b'~' {
        return Err(TextFault::new(
            "only the home directory of the user who runs the backup is known here",
            0..first.len(),
            "begin it with `~/`, or write the absolute path of that user's home directory",
        ));
    }
    let pieces = path_pieces(path)?;
    let drive = matches!(path, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    let replaced = matches!(pieces.first(), Some(Piece::Home | Piece::Variable(_)));
    if !(replaced || first.is_empty() || drive || path.starts_with(br"\\")) {
        return Err(TextFault::new(
            format!("{what} is relative, so it would depend on where the program is started"),
            0..first.len(),
            "begin it with `/`, or with `~/` for the home directory",
        ));
    }
    // The root is a component too: `/~` is not the home directory.
    let mut components = if first.is_empty() { vec![&b"/"[..]] } else { Vec::new() };
    let mut start = 0;
    for component in path.split(|&byte| byte == b'/') {
        let end = start + component.len();
        match component {
            b".." => {
                return Err(TextFault::new(
                    "`..` leads elsewhere when a directory before it is a symbolic link",
                    start..end,
                    "write the path that is meant",
                ));
            }
            b"" | b"." => {}
            _ => components.push(component),
        }
        start = end + 1;
    }
    Ok(Path { components, pieces })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_by_their_components() {
        let table: [(&[u8], &[&[u8]]); 12] = [
            (b"/", &[b"/"]),
            (b"/etc", &[b"/", b"etc"]),
            (b"//srv/./data//", &[b"/", b"srv", b"data"]),
            (b"~", &[b"~"]),
            (b"~/", &[b"~"]),
            (b"/~", &[b"/", b"~"]),
            (b"~/caf\xe9", &[b"~", b"caf\xe9"]),
            (b"$HOME/x", &[b"$HOME", b"x"]),
            (b"${A}x/$B", &[b"${A}x", b"$B"]),
            // A name may look like more than it is behind the first slash.
            (b"/srv/~ada/$$x", &[b"/", b"srv", b"~ada", b"$$x"]),
            // For other systems than Unix.
            (br"C:\Users", &[br"C:\Users"]),
            (br"\\server\share", &[br"\\server\share"]),
        ];
        for (path, expected) in table {
            let path = check(path, "a target").expect("a path");
            assert_eq!(path.components, expected);
        }
    }

    #[test]
    fn a_dollar_sign_that_is_no_variable_is_relative() {
        let fault = check(b"$$x/y", "a target").expect_err("a relative path");
        assert_eq!(fault.span, 0..3);
    }
}
