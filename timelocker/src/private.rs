//! What the expansions of the macros name. No part of the public interface: it changes without
//! notice.

pub use timelocker_macros::{__backup_profile, __include_patterns, __pattern_group, __patterns};
pub use timelocker_pattern::{
    Automaton, Case, Dialect, Parts, PatternTable, Place, Role, RuleInfo, Side,
};

pub use crate::performance::expansion as profiling;
pub use crate::policy::directory_rules::{Beside, CacheDirectories, DirectoryRules};
pub use crate::policy::ignore_files::IgnoreFiles;
pub use crate::profile::{
    Address, HookLine, HookLines, Piece, ProfileParts, ReadBack, Settings, Target,
};

use crate::Profile;

/// The one way to make a [`Profile`].
pub const fn profile(parts: ProfileParts) -> Profile {
    Profile::from_parts(parts)
}
