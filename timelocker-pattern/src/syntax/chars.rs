//! Sets of characters, for the dialects that match text rather than bytes.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir};

/// A set of characters, and perhaps the bytes that are part of none.
///
/// A byte that is no UTF-8 counts as one character, which is in no range: only `?` and complements
/// have it. Of those bytes, the ones that could begin a character are left out; whether one does
/// depends on what follows, and an automaton that reads byte by byte would have to wait for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CharSet {
    /// Ascending, apart from each other.
    ranges: Vec<(char, char)>,
    has_stray_bytes: bool,
}

/// The bytes that begin no character.
const STRAY: [(u8, u8); 2] = [(0x80, 0xc1), (0xf5, 0xff)];

impl CharSet {
    /// Every character, and every stray byte.
    pub(crate) fn any() -> Self {
        Self { ranges: vec![('\0', char::MAX)], has_stray_bytes: true }
    }

    pub(crate) fn new(ranges: impl IntoIterator<Item = (char, char)>) -> Self {
        Self::of_class(&ClassUnicode::new(
            ranges.into_iter().map(|(start, end)| ClassUnicodeRange::new(start, end)),
        ))
    }

    fn of_class(class: &ClassUnicode) -> Self {
        let ranges = class.ranges().iter().map(|range| (range.start(), range.end())).collect();
        Self { ranges, has_stray_bytes: false }
    }

    fn class(&self) -> ClassUnicode {
        ClassUnicode::new(
            self.ranges.iter().map(|&(start, end)| ClassUnicodeRange::new(start, end)),
        )
    }

    pub(crate) fn complement(&self) -> Self {
        let mut class = self.class();
        class.negate();
        Self { has_stray_bytes: !self.has_stray_bytes, ..Self::of_class(&class) }
    }

    /// With `character` out of it.
    pub(crate) fn without(&self, character: char) -> Self {
        let mut class = self.class();
        let single = ClassUnicode::new([ClassUnicodeRange::new(character, character)]);
        class.difference(&single);
        Self { has_stray_bytes: self.has_stray_bytes, ..Self::of_class(&class) }
    }

    /// With all characters that differ from one of it in case alone, by simple case folding.
    pub(crate) fn folded(&self) -> Self {
        let mut class = self.class();
        class.case_fold_simple();
        Self { has_stray_bytes: self.has_stray_bytes, ..Self::of_class(&class) }
    }

    /// The characters whose lower case is in the set.
    pub(crate) fn lowered(&self) -> Self {
        let (mut gained, mut lost) = (Vec::new(), Vec::new());
        for &(upper, lower) in lower_cases() {
            let changed = if self.contains(lower) { &mut gained } else { &mut lost };
            changed.push(ClassUnicodeRange::new(upper, upper));
        }
        let mut class = self.class();
        class.difference(&ClassUnicode::new(lost));
        class.union(&ClassUnicode::new(gained));
        Self { has_stray_bytes: self.has_stray_bytes, ..Self::of_class(&class) }
    }

    pub(crate) fn contains(&self, character: char) -> bool {
        self.ranges.iter().any(|&(start, end)| (start..=end).contains(&character))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty() && !self.has_stray_bytes
    }

    /// The length of the character at the start of `bytes`, if it is in the set.
    pub(crate) fn matches(&self, bytes: &[u8]) -> Option<usize> {
        let first = *bytes.first()?;
        let is_stray = STRAY.iter().any(|(start, end)| (start..=end).contains(&&first));
        if is_stray {
            return self.has_stray_bytes.then_some(1);
        }
        let longest = &bytes[..bytes.len().min(4)];
        let valid = longest.utf8_chunks().next()?.valid();
        let character = valid.chars().next()?;
        self.contains(character).then(|| character.len_utf8())
    }

    /// The set as a regular expression.
    pub(crate) fn expression(&self) -> Hir {
        let characters = Hir::class(Class::Unicode(self.class()));
        if !self.has_stray_bytes {
            return characters;
        }
        let stray = STRAY.iter().map(|&(start, end)| ClassBytesRange::new(start, end));
        Hir::alternation(vec![characters, Hir::class(Class::Bytes(ClassBytes::new(stray)))])
    }
}

/// The characters that a lower case of one character is another one of.
fn lower_cases() -> &'static [(char, char)] {
    static PAIRS: OnceLock<Vec<(char, char)>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        // There is none beyond the second plane.
        let lower = |upper: char| {
            let mut lower = upper.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(single), None) if single != upper => Some((upper, single)),
                _ => None,
            }
        };
        ('\0'..='\u{1ffff}').filter_map(lower).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::CharSet;

    #[test]
    fn one_character_at_a_time() {
        let any = CharSet::any();
        assert_eq!(any.matches("é".as_bytes()), Some(2));
        assert_eq!(any.matches(b"\xffx"), Some(1));
        assert_eq!(any.matches(b"\xc3x"), None);
        assert_eq!(any.matches(b""), None);
        assert_eq!(CharSet::new([('a', 'z')]).complement().matches(b"a"), None);
        assert_eq!(CharSet::new([('a', 'z')]).complement().matches(b"\xff"), Some(1));
    }

    #[test]
    fn case() {
        let set = CharSet::new([('ä', 'ä'), ('k', 'k')]);
        assert!(set.folded().contains('Ä') && set.folded().contains('\u{212a}'));
        assert!(set.lowered().contains('Ä') && set.lowered().contains('k'));
        assert!(!CharSet::new([('K', 'K')]).lowered().contains('K'));
    }
}
