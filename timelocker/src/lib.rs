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
//! // The first time it is `Repository::init`, with the same arguments.
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
#![cfg_attr(feature = "repository", doc = "- [`repository`] and [`manager`]")]
#![cfg_attr(not(feature = "repository"), doc = "- `repository` and `manager`")]
//!   back up, list, restore and check (feature `repository`, on by default).
#![cfg_attr(feature = "cli", doc = "- [`cli`], with a [guide](cli::guide),")]
#![cfg_attr(not(feature = "cli"), doc = "- `cli`, with a guide,")]
//!   makes a whole backup program of profiles (feature `cli`).
//! - [`monitoring`] tells how far operations are: lines, a bar, hooks, pings, and a history.
//! - [`macro@profile_operation`] and [`performance`] measure functions: the library's users' and
//!   its own.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `repository` | yes | the embedded repository, on Unix |
//! | `remote` | no | REST servers, rclone, S3 and the other services of opendal |
//! | `keyring` | no | passwords from the keyring of the system |
//! | `performance` | yes | measuring; without it `#[profile_operation]` leaves functions as they are |
//! | `flamegraph` | no | flame graphs as SVG, drawn by `inferno` (license CDDL-1.0) |
//! | `counting-alloc` | no | exact memory of operations |
//! | `sampling` | no | whole-program sampling, on Linux (x86-64, ARM) |
//! | `tracing` | no | spans of `tracing` for measured operations |
//! | `cli` | no | `timelocker::cli::run`: your profiles as a complete program |
//! | `webhook` | no | pings of a healthcheck, and webhooks |
//! | `sysinfo` | no | memory of operations on systems other than Linux |

// docs.rs says which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(feature = "repository", not(unix)))]
compile_error!(
    "the feature `repository` of `timelocker` is for Unix: take the crate with `default-features = false`, which leaves patterns, profiles, the walk, plans, measuring and monitoring"
);

extern crate self as timelocker;

#[cfg(any(feature = "cli", feature = "remote"))]
mod base64;
mod cancel;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
mod error;
mod json_lines;
mod macros;
#[cfg(feature = "repository")]
pub mod manager;
pub mod monitoring;
pub mod performance;
mod policy;
#[doc(hidden)]
pub mod private;
mod profile;
mod program;
mod quoted;
#[cfg(feature = "repository")]
pub mod repository;
mod selection;
#[cfg(feature = "repository")]
pub mod source;
pub mod walk;

/// Retries: how often and when a failed attempt is made again, and the clock that they go by.
pub mod retry {
    pub use crate::clock::{Clock, SystemClock};
    pub use crate::error::FailedAttempt;
    pub use crate::policy::retry::RetryPolicy;
}

pub use cancel::CancelToken;
pub use error::{Ended, Error, ErrorKind, Message, WithCauses};
#[cfg(feature = "repository")]
#[doc(inline)]
pub use manager::events;
pub use policy::directory_rules as predicate;
pub use policy::retention::{Retention, Rule, Within, WithinError};
pub use policy::surprise::{OnSurprise, Surprise, SurpriseGuard};
pub use profile::{
    AddressSource, Notifications, PasswordSource, Profile, ProfileError, Schedule, ScheduleError,
    Target, Weekday,
};
pub use selection::{
    CompiledSelection, CompiledTarget, FileSelection, SelectionError, SelectionFault,
    SelectionFaultKind, SizeEstimate,
};
#[doc = include_str!("performance/profile_operation.md")]
pub use timelocker_macros::profile_operation;
pub use timelocker_pattern as pattern;
