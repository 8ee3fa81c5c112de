//! Backups declared in Rust: profiles that are compiled at build time, saved into an embedded
//! repository in restic's format.
//!
//! A profile is a `static`. Its patterns, those of `.gitignore`, are compiled by the macro to
//! automata that are plain tables; one that can never match is an error at its literal.
//!
//! ```no_run
//! # #[cfg(feature = "repository")] {
//! use timelocker::manager::{BackupManager, BackupRequest};
//! use timelocker::repository::{Password, Repository};
//!
//! timelocker::backup_profile! {
//!     /// What I would miss.
//!     pub static HOME = {
//!         targets: ["~"],
//!         exclude: [".cache/", "*.tmp", "!keep.tmp"],
//!         tags: ["daily"],
//!         assert: { "notes/a.txt" => included, ".cache/x" => excluded },
//!     }
//! }
//!
//! let repository = Repository::open("/mnt/backups/home", &Password::from_env()?)?;
//! let outcome = BackupManager::new(repository).execute_backup(&BackupRequest::of(&HOME)?)?;
//! for error in outcome.report().unread() {
//!     eprintln!("not saved: {error}");
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`backup_profile!`], [`patterns!`], [`include_patterns!`] and [`pattern_group!`] declare what
//!   is selected; [`pattern`] is the engine below them, and builds the same tables at run time.
//! - A [`Profile`] also says where the repository is and where its password comes from, when a backup
//!   is made, tried again and read back, what runs around it, and who is told.
//! - [`FileSelection`] is a selection that changes while the program runs.
//! - [`walk`] goes through the targets, and never opens an excluded directory.
//! - `repository` and `manager` back up, list, restore and check (feature `repository`, on by
//!   default).
//! - `cli` makes a whole backup program of profiles (feature `cli`).
//! - [`monitoring`] tells how far operations are: lines, a bar, hooks, pings, and a history.
//! - [`macro@profile_operation`] and [`performance`] measure functions: the library's users' and
//!   its own.

// docs.rs says which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(feature = "repository", not(unix)))]
compile_error!(
    "the feature `repository` of `timelocker` is for Unix: take the crate with `default-features = false`, which leaves patterns, profiles, the walk, plans, measuring and monitoring"
);

extern crate self as timelocker;

mod cancel;
#[cfg(feature = "cli")]
pub mod cli;
mod error;
#[cfg(feature = "repository")]
pub mod events;
#[cfg(feature = "repository")]
mod far;
mod json_lines;
#[cfg(feature = "repository")]
mod ledger;
mod macros;
#[cfg(feature = "repository")]
pub mod manager;
pub mod monitoring;
pub mod performance;
pub mod predicate;
#[doc(hidden)]
pub mod private;
mod profile;
#[cfg(feature = "repository")]
pub mod repository;
mod retention;
pub mod retry;
mod selection;
#[cfg(feature = "repository")]
pub mod source;
mod surprise;
pub mod walk;

pub use cancel::CancelToken;
pub use error::{Ended, Error, WithCauses};
pub use profile::{
    AddressSource, Notifications, PasswordSource, Profile, ProfileError, Schedule, ScheduleError,
    Target, Weekday,
};
pub use retention::{Retention, Rule, Within, WithinError};
pub use selection::{
    CompiledSelection, CompiledTarget, FileSelection, SelectionError, SelectionFault,
    SelectionFaultKind, SizeEstimate,
};
pub use surprise::{OnSurprise, Surprise, SurpriseGuard};
#[doc = include_str!("performance/profile_operation.md")]
pub use timelocker_macros::profile_operation;
pub use timelocker_pattern as pattern;
