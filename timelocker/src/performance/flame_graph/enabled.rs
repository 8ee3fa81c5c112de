//! Drawing with `inferno`.

use inferno::flamegraph::color::{BackgroundColor, Color};
use inferno::flamegraph::{Options, from_lines};

use super::super::stacks::{Stack, Unit, collapsed};
use super::{FlameGraphError, Kind};

pub(super) fn draw(
    stacks: &[Stack<'_>],
    unit: Unit,
    title: &str,
) -> Result<Vec<u8>, FlameGraphError> {
    let mut options = Options::default();
    title.clone_into(&mut options.title);
    let (factor, unit) = match unit {
        Unit::Nanoseconds => (1e-3, "us"),
        Unit::Samples => (1.0, "samples"),
    };
    options.factor = factor;
    unit.clone_into(&mut options.count_name);
    options.bgcolors = Some(BackgroundColor::Flat(Color { r: 255, g: 255, b: 255 }));
    // One name has one colour in all pictures.
    options.hash = true;
    let lines: Vec<String> = collapsed(stacks).collect();
    let mut picture = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut picture)
        .map_err(|source| FlameGraphError(Kind::Picture(source.into())))?;
    Ok(picture)
}
