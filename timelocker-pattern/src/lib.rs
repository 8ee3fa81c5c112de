//! The pattern language of TimeLocker, and the automata it becomes.
//!
//! A set of rules is compiled to a [`PatternTable`]: two automata, one over the bytes of a name and
//! one over the directories that names lead through. A walk carries a [`State`] for each directory
//! and looks at nothing but the name of each entry; whether anything below a directory can be
//! selected is a bit that was worked out when the table was built.
//!
//! The macros of the crate `timelocker` build tables at compile time with this crate, and programs
//! build them at run time with [`PatternTable::builder`]: one type, one matcher.
//!
//! ```
//! use timelocker_pattern::{EntryKind, PatternTable, Verdict};
//!
//! let table = PatternTable::builder().exclude("target/").exclude("*.o").build()?;
//! assert_eq!(table.verdict(b"target/debug/x", EntryKind::File), Verdict::Exclude);
//! assert_eq!(table.verdict(b"target", EntryKind::File), Verdict::Include);
//!
//! let explained = table.explain(b"target/debug/x", EntryKind::File);
//! assert_eq!(explained.rule().map(|rule| rule.pattern()), Some(&b"target/"[..]));
//! assert_eq!(explained.decided_at(), b"target");
//! # Ok::<(), timelocker_pattern::BuildError>(())
//! ```
#![forbid(unsafe_code)]

mod automata;
mod automaton;
mod builder;
mod compile;
mod cost;
mod directory_automaton;
mod error;
mod excerpt;
mod explain;
pub mod groups;
mod interner;
mod layer;
mod lint;
mod liveness;
mod matcher;
mod minimise;
mod name_automaton;
mod place;
mod priority;
mod reference;
mod rule;
#[doc(hidden)]
#[allow(missing_docs)]
pub mod schedule;
mod sequence;
mod simulated;
mod stepper;
mod syntax;
mod table;
mod threads;
mod verdict;
mod whole_path;

#[doc(hidden)]
pub use automaton::{Automaton, FORMAT, PAGE, Parts, Role};
pub use builder::Builder;
pub use error::{BuildError, PatternError};
#[doc(hidden)]
pub use excerpt::Excerpt;
pub use explain::{Explainer, Explanation};
pub use layer::{Layer, LayerVerdict};
pub use lint::{Finding, Level, Lint};
pub use matcher::Matcher;
pub use place::Place;
pub use rule::{Rule, RuleInfo, Side};
pub use syntax::{Case, Dialect, IgnoreLine, IgnoreLines, Pattern};
pub use table::PatternTable;
pub use verdict::{EntryKind, State, Step, Verdict};
