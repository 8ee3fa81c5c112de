//! The walk: against `walkdir`, and on what real file systems hold against it, for the sorted walk
//! and for the one on several threads.

#![allow(clippy::unwrap_used)]

mod anywhere;
#[cfg(unix)]
mod changes;
#[cfg(unix)]
mod entries;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod mounts;
#[cfg(unix)]
mod places;
#[cfg(unix)]
mod reference;
#[cfg(unix)]
mod selection;
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod targets;
mod walks;
