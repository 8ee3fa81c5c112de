//! Storage: the places where a repository lies, and the layers around each access.

pub(super) mod bandwidth;
pub(super) mod guard;
pub(super) mod layer;
pub(super) mod location;
pub(super) mod place;
#[cfg_attr(not(feature = "remote"), path = "no_remote.rs")]
pub(super) mod remote;
pub(super) mod retries;
