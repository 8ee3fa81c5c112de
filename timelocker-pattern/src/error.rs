//! Why a pattern, or a set of them, is refused.

use std::fmt;
use std::ops::Range;

use crate::excerpt::{Excerpt, shown};
use crate::place::Place;

/// A pattern that can match no path, with the place of the fault in it.
///
/// Shown, it is several lines: what is wrong, the pattern with the fault underlined, and what to
/// write instead.
///
/// ```
/// use timelocker_pattern::{Dialect, Pattern};
///
/// let error = Pattern::parse(b"cache/[a-z", Dialect::Gitignore).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the character class is never closed, so this matches nothing\n\
///     \x20   |\n\
///     \x20   | cache/[a-z\n\
///     \x20   |       ^^^^ column 7\n\
///     \x20   = help: close it with `]`, or write `\\[` for the character itself"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    kind: FaultKind,
    pattern: Box<[u8]>,
    span: Range<usize>,
    place: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Empty,
    Comment,
    Nul,
    Newline,
    BareNegation,
    BareSlash,
    UnclosedClass,
    UnknownClass,
    EmptyClass,
    CapitalMember,
    EscapedCapital,
    TrailingBackslash,
    EmptyComponent,
    DotComponent,
    UnescapedMember,
    NotText,
    LookAround,
    TooLarge,
    Regex(Box<str>),
}

impl FaultKind {
    fn message(&self) -> &str {
        match self {
            Self::Empty => "the pattern is empty, so it matches nothing",
            Self::Comment => "a line that begins with `#` is a comment",
            Self::Nul => "no path holds a NUL byte",
            Self::Newline => "a pattern is one line",
            Self::BareNegation => "there is no pattern after `!`",
            Self::BareSlash => "a bare `/` matches nothing, not even the root",
            Self::UnclosedClass => "the character class is never closed, so this matches nothing",
            Self::UnknownClass => "there is no character class of this name",
            Self::EmptyClass => "no character is in this class, so this matches nothing",
            Self::CapitalMember => {
                "where case is ignored, a capital in a class matches nothing, as in git"
            }
            Self::EscapedCapital => {
                "where case is ignored, an escaped capital matches nothing, as in git"
            }
            Self::TrailingBackslash => {
                "the backslash at the end escapes nothing, so this matches nothing"
            }
            Self::EmptyComponent => "no path has an empty component, so this matches nothing",
            Self::DotComponent => {
                "paths are relative to the target and hold no `.` or `..`, so this matches nothing"
            }
            Self::UnescapedMember => "a class of this dialect has no bare `-` or `]` as a member",
            Self::NotText => "this dialect matches characters, and this byte is no UTF-8",
            Self::LookAround => {
                "this asks what stands around a match, which only `^` and `$` can: for the path's ends"
            }
            Self::TooLarge => {
                "this is too large: its repetitions and classes, written out, take more than 1 MiB"
            }
            Self::Regex(message) => message,
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Empty => "remove it, or write `*` to match every name",
            Self::Comment => "write `\\#` for a name that begins with `#`",
            Self::Nul => "remove the NUL byte",
            Self::Newline => "write each pattern as a literal of its own",
            Self::BareNegation => {
                "write the pattern to take off the list, or `\\!` for the character itself"
            }
            Self::BareSlash => "write `/*` for everything directly below the target",
            Self::UnclosedClass => "close it with `]`, or write `\\[` for the character itself",
            Self::UnknownClass => {
                "the names are alnum, alpha, blank, cntrl, digit, graph, lower, print, punct, \
                 space, upper and xdigit"
            }
            Self::EmptyClass => "write the range from its lower to its higher end",
            Self::CapitalMember => "write it in lower case",
            Self::EscapedCapital => "write the letter without the backslash",
            Self::TrailingBackslash => "write `\\\\` for the character itself",
            Self::EmptyComponent => "write one `/`, or `/**/` for any number of directories",
            Self::DotComponent => "write the path from the target's root, without them",
            Self::UnescapedMember => "write `\\-` or `\\]`",
            Self::NotText => "write `?` for it, or use the dialect gitignore, which matches bytes",
            Self::LookAround => "write out what may stand there: `(^|/)` is where a name begins",
            Self::TooLarge => "repeat less, or write it as several patterns",
            Self::Regex(_) => "see the syntax of the crate `regex`",
        }
    }
}

impl PatternError {
    pub(crate) fn new(kind: FaultKind, pattern: &[u8], span: Range<usize>) -> Self {
        Self { kind, pattern: pattern.into(), span, place: None }
    }

    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The pattern as it was written.
    pub fn pattern(&self) -> &[u8] {
        &self.pattern
    }

    /// The bytes of the pattern that are at fault.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where the pattern was written, if that is known.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The character that the fault begins at, from 1; a byte that is not UTF-8 counts as one.
    pub fn column(&self) -> usize {
        let before = self.pattern.get(..self.span.start).unwrap_or_default();
        before.utf8_chunks().map(|c| c.valid().chars().count() + c.invalid().len()).sum::<usize>()
            + 1
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        self.kind.message()
    }

    /// What to write instead, in one line.
    pub fn help(&self) -> &str {
        self.kind.help()
    }
}

/// Bytes between backquotes, on one line, and cut if they are many.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    const LONGEST: usize = 100;
    if bytes.len() <= LONGEST {
        return format!("`{}`", shown(bytes));
    }
    let (start, end) = (&bytes[..LONGEST / 2], &bytes[bytes.len() - LONGEST / 2..]);
    format!("`{}…{}`", shown(start), shown(end))
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        let excerpt = Excerpt::new(&self.pattern, self.span());
        writeln!(f, "{}\n{excerpt}", self.kind.message())?;
        write!(f, "    = help: {}", self.kind.help())
    }
}

impl std::error::Error for PatternError {}

/// Why no table could be built from a set of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    kind: BuildErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildErrorKind {
    Patterns(Vec<PatternError>),
    TooLarge { what: Exceeded, culprit: Box<[u8]>, place: Option<Place> },
}

/// Which of the automaton's budgets a set of rules exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    NameStates,
    DirectoryStates,
    Alternations,
}

impl BuildError {
    pub(crate) fn new(kind: BuildErrorKind) -> Self {
        Self { kind }
    }

    /// The patterns that can match nothing, all of them; none if one is too large.
    pub fn faults(&self) -> &[PatternError] {
        match &self.kind {
            BuildErrorKind::Patterns(faults) => faults,
            BuildErrorKind::TooLarge { .. } => &[],
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            BuildErrorKind::Patterns(faults) => {
                for (index, fault) in faults.iter().enumerate() {
                    if index > 0 {
                        f.write_str("\n")?;
                    }
                    fault.fmt(f)?;
                }
                Ok(())
            }
            BuildErrorKind::TooLarge { what, culprit, place } => {
                if let Some(place) = place {
                    write!(f, "{place}: ")?;
                }
                let pattern = quoted(culprit);
                let states = match what {
                    Exceeded::NameStates => "the names of entries",
                    Exceeded::DirectoryStates => "directories",
                    Exceeded::Alternations => {
                        return write!(
                            f,
                            "{pattern} is one too many: the list goes from patterns with `!` \
                             to patterns without, or back, more than 65,535 times; put those with \
                             `!` side by side"
                        );
                    }
                };
                // The longest path that Linux takes in one piece.
                let help = if culprit.len() > 4096 {
                    "shorten it: no path is as long"
                } else {
                    "write it with fewer `*`, `?` or classes, or as several patterns"
                };
                write!(f, "{pattern} needs too many states for {states}; {help}")
            }
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The faults are shown in full by `Display`.
        None
    }
}
