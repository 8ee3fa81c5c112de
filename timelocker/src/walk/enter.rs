//! Going into a directory, for both walks: how it is opened, and what it means when it can't be.

use std::ffi::CStr;
use std::io;

use super::context::{Context, Passage};
use super::directory::{Directory, Inherited};
use super::error::{Action, PathError};
use super::metadata::{FileType, Metadata};
use super::path_bytes::as_path;
use super::relative_path::push_name;
use super::system::{self, Errno, OpenDirectory};

/// The result of going into a directory.
#[derive(Debug)]
pub(super) enum Opening {
    Opened {
        opened: OpenDirectory,
        /// Its own metadata, if the walk asks for those of directories.
        metadata: Option<Metadata>,
        passage: Passage,
    },
    /// It is on another file system, which the options do not let the walk enter.
    Closed,
    Failed(Errno),
}

/// The result of looking at a target.
#[derive(Debug)]
pub(super) enum TargetOpening {
    Opened {
        opened: OpenDirectory,
        metadata: Option<Metadata>,
        inherited: Inherited,
    },
    /// It is no directory.
    Leaf(Metadata),
    Failed {
        action: Action,
        error: io::Error,
        /// Its own metadata: a directory that can't be listed is an entry all the same.
        metadata: Option<Metadata>,
        is_vanished: bool,
    },
}

/// Opens a directory of another one.
pub(super) fn open_child(
    context: &Context,
    parent: &Directory,
    name: &CStr,
    device: Option<u64>,
) -> Opening {
    let open = || {
        let passage = passage(context, parent, name, device)?;
        if passage == Passage::Closed {
            return Ok(Opening::Closed);
        }
        let opened = parent.open(context, name)?;
        let wanted = context.wants_metadata(FileType::Directory);
        let metadata = wanted.then(|| system::stat_open(&opened)).transpose()?;
        Ok(Opening::Opened { opened, metadata, passage })
    };
    open().unwrap_or_else(Opening::Failed)
}

/// How far the options let the walk go into a directory. To guess, when the system does not say
/// where it is, could lead the walk through another file system.
fn passage(
    context: &Context,
    parent: &Directory,
    name: &CStr,
    device: Option<u64>,
) -> Result<Passage, Errno> {
    if !context.stays_on_file_systems() {
        return Ok(Passage::Free);
    }
    let metadata = parent.with(context, |opened| system::stat_in(opened, name))?;
    if metadata.device() == device {
        return Ok(Passage::Free);
    }
    let mut path = Vec::new();
    context.write_path(&parent.place, &mut path);
    push_name(&mut path, name.to_bytes());
    Ok(context.passage(parent.place.target, as_path(&path)))
}

/// Looks at a target, whose path this is, and opens it if it is, or leads to, a directory.
pub(super) fn open_target(context: &Context, number: usize, path: &[u8]) -> TargetOpening {
    let metadata = match system::metadata(as_path(path)) {
        Ok(metadata) => metadata,
        Err(error) => {
            let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            let again = || system::metadata(as_path(path));
            let is_vanished = is_missing(&error) && again().is_err_and(|error| is_missing(&error));
            return TargetOpening::Failed {
                action: Action::Stat,
                error,
                metadata: None,
                is_vanished,
            };
        }
    };
    let opened = match context.leads_to_directory(number, metadata.file_type()) {
        Ok(false) => return TargetOpening::Leaf(metadata),
        Ok(true) => context.open_target(number).map_err(io::Error::from),
        Err(error) => Err(error),
    };
    let opened = opened.and_then(|opened| {
        let own = system::stat_open(&opened)?;
        Ok((opened, own))
    });
    match opened {
        Ok((opened, own)) => {
            let inherited = Inherited::at_target(context, number, own.device());
            let metadata = context.wants_metadata(FileType::Directory).then_some(own);
            TargetOpening::Opened { opened, metadata, inherited }
        }
        Err(error) => {
            // It was found a moment ago.
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let is_vanished = is_missing && system::metadata(as_path(path)).is_err();
            let metadata = (!is_vanished).then_some(metadata);
            TargetOpening::Failed { action: Action::List, error, metadata, is_vanished }
        }
    }
}

/// The targets below this one that can't be looked at. They are walked as a part of it, where nobody
/// would miss them.
pub(super) fn missing_below(context: &Context, number: usize) -> impl Iterator<Item = PathError> {
    context.targets[number].nested.iter().filter_map(|path| {
        let error = system::metadata(path).err()?;
        Some(PathError::new(path, Action::Stat, error))
    })
}
