//! Paths made up for one pattern: short, and fit to be shown.

use super::witness::Witness;
use crate::sequence::{Element, Glob, GlobToken, Globs, Sequence, sequences};
use crate::syntax::Pattern;
use crate::verdict::EntryKind;

/// How the open parts of a pattern are filled.
#[derive(Clone, Copy)]
struct Filling {
    star: &'static [u8],
    directories: &'static [&'static [u8]],
}

const FILLINGS: [Filling; 4] = [
    Filling { star: b"x", directories: &[] },
    Filling { star: b"", directories: &[] },
    Filling { star: b"x", directories: &[b"x"] },
    // Seldom on anybody's list.
    Filling { star: b"q7-zj", directories: &[b"q7-zj"] },
];

/// Some paths that a pattern matches; none if they would take more than filling its wildcards.
pub(super) fn witnesses(pattern: &Pattern) -> impl Iterator<Item = Witness> {
    let mut globs = Globs::default();
    let sequences = sequences(pattern, &mut globs);
    let kinds: &[EntryKind] = if pattern.is_directory_only() {
        &[EntryKind::Directory]
    } else {
        &[EntryKind::File, EntryKind::Directory]
    };
    let mut paths: Vec<Vec<u8>> = Vec::new();
    for filling in FILLINGS {
        for sequence in &sequences {
            let path = path(sequence, &globs, filling);
            paths.extend(path.filter(|path| !paths.contains(path)));
        }
    }
    paths
        .into_iter()
        .flat_map(|path| kinds.iter().map(move |&kind| Witness { path: path.clone(), kind }))
}

fn path(sequence: &Sequence, globs: &Globs, filling: Filling) -> Option<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    for (at, element) in sequence.iter().enumerate() {
        match element {
            Element::Name(glob) => names.push(name(&globs.all()[*glob as usize], filling.star)?),
            Element::AnyName => names.push(b"x".to_vec()),
            Element::AnyDirectories if at + 1 == sequence.len() => {}
            Element::AnyDirectories => {
                names.extend(filling.directories.iter().map(|name| name.to_vec()));
            }
        }
    }
    let is_name = |name: &Vec<u8>| !matches!(name[..], [] | [b'.'] | [b'.', b'.']);
    (!names.is_empty() && names.iter().all(is_name)).then(|| names.join(&b'/'))
}

fn name(glob: &Glob, star: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    for token in glob {
        match token {
            GlobToken::Byte(byte) => name.push(*byte),
            GlobToken::Class(set) => {
                name.push(representative((1..=u8::MAX).filter(|&b| b != b'/' && set.contains(b)))?);
            }
            GlobToken::Chars(set) => {
                let ascii = (1..0x80).filter(|&byte| byte != b'/' && set.contains(byte.into()));
                name.push(representative(ascii)?);
            }
            GlobToken::Star => name.extend_from_slice(star),
        }
    }
    Some(name)
}

/// The byte to show for a set of them: an `x`, another letter, anything that can be printed.
pub(super) fn representative(bytes: impl Iterator<Item = u8>) -> Option<u8> {
    bytes.min_by_key(|&byte| match byte {
        b'x' => (0, byte),
        b'a'..=b'z' => (1, byte),
        b'0'..=b'9' | b'A'..=b'Z' => (2, byte),
        // It says more than it shows at the start of a name.
        b'.' => (4, byte),
        _ if byte.is_ascii_graphic() => (3, byte),
        _ => (5, byte),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Dialect;

    #[test]
    fn what_is_made_up_for_a_pattern_is_matched_by_it() {
        let table: &[(&str, Dialect, &[&str])] = &[
            ("*.log", Dialect::Gitignore, &["x.log", ".log", "x/x.log", "q7-zj/q7-zj.log"]),
            ("/build/", Dialect::Gitignore, &["build"]),
            ("a/**/b?", Dialect::Gitignore, &["a/bx", "a/x/bx", "a/q7-zj/bx"]),
            ("[!a-z]", Dialect::Gitignore, &["0", "x/0", "q7-zj/0"]),
            // Its shortest name is no name.
            (".*", Dialect::Gitignore, &[".x", "x/.x", "q7-zj/.q7-zj"]),
            ("*.JPG", Dialect::Fnmatch, &["x.jpg", ".jpg", "x/x.jpg", "q7-zj/q7-zj.jpg"]),
            ("a.b", Dialect::Regex, &[]),
        ];
        for (text, dialect, expected) in table {
            let pattern = Pattern::parse(text.as_bytes(), *dialect).expect("a good pattern");
            let mut paths = Vec::new();
            for Witness { path, kind } in witnesses(&pattern) {
                assert!(pattern.matches(&path, kind), "{text} {}", path.escape_ascii());
                paths.push(String::from_utf8(path).expect("ASCII"));
            }
            paths.dedup();
            assert_eq!(paths, *expected, "{text}");
        }
    }
}
