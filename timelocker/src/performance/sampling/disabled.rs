//! A build or a system that cannot sample.

use super::Kind;
use super::samples::SampledStack;

/// There is none.
#[derive(Debug)]
pub(super) enum Running {}

impl Running {
    pub(super) fn start(_frequency: u32) -> Result<Self, Kind> {
        Err(if cfg!(feature = "sampling") { Kind::OtherSystem } else { Kind::NotBuilt })
    }

    pub(super) fn stop(self) -> Result<Vec<SampledStack>, Kind> {
        match self {}
    }
}
