//! Where a directory lies below its target, in pieces that the system takes as paths.

use std::mem;
use std::sync::Arc;

use super::path_bytes::SEPARATOR;

/// A piece of a path is no longer than this and one name: far less than any `PATH_MAX`.
const PIECE: usize = 2048;

/// Where a directory lies: its target, and the names that lead there.
///
/// Nearly all paths are one piece, their own. A path that is longer shares all but its last piece
/// with its neighbours, so that a thousand levels don't take a thousand long paths.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The number of the target.
    pub(super) target: usize,
    /// How many names below the target.
    pub(super) depth: usize,
    before: Option<Arc<Piece>>,
    last: Vec<u8>,
}

#[derive(Debug)]
struct Piece {
    before: Option<Arc<Piece>>,
    bytes: Box<[u8]>,
}

impl Place {
    /// The target itself.
    pub(super) fn of_target(target: usize) -> Self {
        Self { target, depth: 0, before: None, last: Vec::new() }
    }

    /// A directory in this one.
    pub(super) fn child(&self, name: &[u8]) -> Self {
        let mut child = Self::of_target(self.target);
        child.set_to_child(self, name);
        child
    }

    /// Becomes that of a directory in another one, in the memory that is there.
    pub(super) fn set_to_child(&mut self, parent: &Self, name: &[u8]) {
        self.target = parent.target;
        self.depth = parent.depth + 1;
        self.last.clear();
        if parent.last.len() + name.len() >= PIECE {
            let bytes = parent.last.as_slice().into();
            self.before = Some(Arc::new(Piece { before: parent.before.clone(), bytes }));
        } else {
            self.before.clone_from(&parent.before);
            if !parent.last.is_empty() {
                self.last.reserve_exact(parent.last.len() + 1 + name.len());
                self.last.extend_from_slice(&parent.last);
                self.last.push(SEPARATOR);
            }
        }
        self.last.extend_from_slice(name);
    }

    /// The pieces of the path below the target, outermost first; none for the target itself.
    pub(super) fn pieces(&self) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        if !self.last.is_empty() {
            pieces.push(&*self.last);
        }
        let mut before = self.before.as_deref();
        while let Some(piece) = before {
            pieces.push(&*piece.bytes);
            before = piece.before.as_deref();
        }
        pieces.reverse();
        pieces
    }

    /// Appends the path below the target to that of the target.
    pub(super) fn append_to(&self, path: &mut Vec<u8>) {
        if self.before.is_some() {
            for piece in self.pieces() {
                push_name(path, piece);
            }
        } else if !self.last.is_empty() {
            push_name(path, &self.last);
        }
    }
}

impl Drop for Piece {
    /// Not piece by piece on the stack: how long paths get is not for us to say.
    fn drop(&mut self) {
        let mut before = mem::take(&mut self.before);
        while let Some(mut piece) = before.and_then(Arc::into_inner) {
            before = mem::take(&mut piece.before);
        }
    }
}

/// Appends a name, or several with separators between them, to a path.
pub(super) fn push_name(path: &mut Vec<u8>, name: &[u8]) {
    if path.last() != Some(&SEPARATOR) {
        path.push(SEPARATOR);
    }
    path.extend_from_slice(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_any_length_are_in_short_pieces() {
        let mut place = Place::of_target(3);
        let mut path = b"/target".to_vec();
        assert!(place.pieces().is_empty());
        for level in 0..100_000 {
            let name = format!("level-{level}").into_bytes();
            place = place.child(&name);
            push_name(&mut path, &name);
        }
        assert_eq!((place.target, place.depth), (3, 100_000));
        let mut written = b"/target".to_vec();
        place.append_to(&mut written);
        assert!(written == path);
        assert!(place.pieces().iter().all(|piece| piece.len() <= PIECE + 256));
        assert!(place.pieces().len() > 500);
    }

    #[test]
    fn below_the_root_there_is_one_separator() {
        let mut path = vec![SEPARATOR];
        Place::of_target(0).child(b"a").child(b"b").append_to(&mut path);
        assert_eq!(path, [SEPARATOR, b'a', SEPARATOR, b'b']);
    }
}
