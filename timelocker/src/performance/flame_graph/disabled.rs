//! A build that cannot draw.

use super::super::stacks::{Stack, Unit};
use super::{FlameGraphError, Kind};

pub(super) fn draw(_: &[Stack<'_>], _: Unit, _: &str) -> Result<Vec<u8>, FlameGraphError> {
    Err(FlameGraphError(Kind::NotBuilt))
}
