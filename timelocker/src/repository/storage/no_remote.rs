//! Without the feature `remote`, repositories are in directories.

use std::sync::Arc;

use super::location::{Kind, Location};
use super::place::Place;
use crate::error::Error;

/// Opens the place of a location, which has to be a directory.
pub(in crate::repository) fn place(location: &Location) -> Result<Place, Error> {
    match &location.kind {
        Kind::Directory(path) => Place::local(path),
        Kind::Storage(storage) => Ok(Place::with(Arc::clone(storage))),
        _ => {
            let why = "this program was built without the feature `remote` of the crate timelocker";
            Err(Error::location(&location.to_string(), why))
        }
    }
}
