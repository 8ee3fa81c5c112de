//! One ignore file of several that apply to a path: what it says by itself, and where it says
//! nothing.

use crate::automata::Automata;
use crate::automaton::Automaton;
use crate::compile;
use crate::error::{BuildError, BuildErrorKind};
use crate::place::Place;
use crate::rule::{Rule, RuleInfo, Side};
use crate::simulated::Simulated;
use crate::syntax::IgnoreLines;
use crate::verdict::{EntryKind, State};

/// The compiled lines of one `.gitignore`, for a walk in which the file of a directory and those of
/// the directories above it all have a say.
///
/// Where a [`PatternTable`](crate::PatternTable) knows whether a path is selected, a layer tells
/// three things apart: its last matching line excludes, its last matching line takes back, no line
/// matches. The layer of the innermost directory that says anything decides.
///
/// Paths are relative to the directory that holds the file. That a directory above is excluded plays
/// no part: a walk does not come below it.
///
/// ```
/// use timelocker_pattern::{EntryKind, Layer, LayerVerdict};
///
/// let layer = Layer::new(".gitignore", b"*.log\n!keep.log\n/build/\n")?;
/// let root = layer.root();
/// let verdict = |name: &[u8], kind| layer.step(&root, name, kind).0;
/// assert_eq!(verdict(b"x.log", EntryKind::File), LayerVerdict::Exclude);
/// assert_eq!(verdict(b"keep.log", EntryKind::File), LayerVerdict::Include);
/// assert_eq!(verdict(b"x.txt", EntryKind::File), LayerVerdict::Silent);
///
/// let (_, src) = layer.step(&root, b"src", EntryKind::Directory);
/// assert_eq!(layer.step(&src, b"build", EntryKind::Directory).0, LayerVerdict::Silent);
/// # Ok::<(), timelocker_pattern::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Layer {
    automata: Vec<Automaton>,
    simulated: Vec<Simulated>,
    rules: Vec<RuleInfo>,
}

/// What a [`Layer`] says of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LayerVerdict {
    /// No line matches: another layer may decide.
    Silent,
    /// The last line that matches takes the path back.
    Include,
    /// The last line that matches excludes the path.
    Exclude,
}

impl Layer {
    /// Compiles the lines of a file, taken as git does: a line that can never match is no error.
    /// `source` is the name that the lines' places give.
    ///
    /// # Errors
    ///
    /// If there are more than 65,535 changes between patterns with `!` and without.
    pub fn new(source: impl Into<String>, content: &[u8]) -> Result<Self, BuildError> {
        let source = source.into();
        let rules: Vec<Rule> = IgnoreLines::new(content)
            .map(|line| {
                let place = Place::new(source.clone(), line.number, 0);
                Rule::new(line.pattern, Side::Exclude).at(place)
            })
            .collect();
        match compile::layer(&rules) {
            Ok(compiled) => Ok(Self {
                automata: compiled.automata,
                simulated: compiled.simulated,
                rules: rules.iter().map(RuleInfo::of).collect(),
            }),
            Err(excess) => Err(BuildError::new(BuildErrorKind::TooLarge {
                what: excess.what,
                culprit: rules[excess.rule].pattern.text().into(),
                place: rules[excess.rule].place.clone(),
            })),
        }
    }

    /// The state of the directory that holds the file.
    pub fn root(&self) -> State {
        self.all().root()
    }

    /// What the file says of the entry `name` of the directory that `state` belongs to, and the
    /// state for what is below that entry.
    pub fn step(&self, state: &State, name: &[u8], kind: EntryKind) -> (LayerVerdict, State) {
        let (rank, below) = self.all().rank(state, name, kind);
        let verdict = match rank {
            0 => LayerVerdict::Silent,
            rank if rank % 2 == 1 => LayerVerdict::Exclude,
            _ => LayerVerdict::Include,
        };
        (verdict, below)
    }

    /// The lines that are patterns, in their order.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules
    }

    fn all(&self) -> Automata<'_> {
        Automata { automata: &self.automata, simulated: &self.simulated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that no few automata hold are tried one by one, and say the same.
    #[test]
    fn a_hostile_file_is_answered_all_the_same() {
        let mut content = String::new();
        for line in 0..400 {
            content.push_str(&format!("*{}*x{line}*\n!a/**/b{line}/**/c*{line}\n", line % 7));
        }
        content.push_str("*ab?????????????\n");
        let layer = Layer::new(".gitignore", content.as_bytes()).expect("lines are taken");
        assert!(!layer.simulated.is_empty());
        let root = layer.root();
        let table: [(&[u8], LayerVerdict); 4] = [
            (b"3-x17-", LayerVerdict::Exclude),
            (b"x17-3", LayerVerdict::Silent),
            (b"-ab0123456789abc", LayerVerdict::Exclude),
            (b"-ab0123456789ab", LayerVerdict::Silent),
        ];
        for (name, expected) in table {
            let (verdict, _) = layer.step(&root, name, EntryKind::File);
            assert_eq!(verdict, expected, "{}", name.escape_ascii());
        }
        let path: [&[u8]; 5] = [b"a", b"y", b"b17", b"z", b"c-3-x17-17"];
        let mut state = root;
        let mut last = LayerVerdict::Silent;
        for name in path {
            (last, state) = layer.step(&state, name, EntryKind::Directory);
        }
        assert_eq!(last, LayerVerdict::Include);
    }
}
