//! A report for people.

pub(crate) mod html;
pub(crate) mod markdown;
mod plot;
pub(crate) mod rows;
pub(crate) mod text;
