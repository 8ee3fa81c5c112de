//! Open directories, and what each hands down to those in it.

use std::ffi::CStr;
use std::sync::{Arc, OnceLock};

use timelocker_pattern::State;

use super::context::Context;
use super::descriptors::{Descriptors, Kept};
use super::ignore_files::Layers;
use super::relative_path::Place;
use super::system::{self, DirectoryRef, Errno, OpenDirectory};

/// A directory that was opened, for as long as anything in it is to be looked at.
#[derive(Debug)]
pub(super) struct Directory {
    /// `None` once it was closed for want of descriptors: then it is opened anew, from its target.
    descriptor: Option<OpenDirectory>,
    /// Leave to keep the descriptor.
    kept: OnceLock<Kept>,
    pub(super) place: Place,
    pub(super) inherited: Inherited,
}

/// What a directory hands down to the directories in it, and judges its own entries by.
#[derive(Clone, Debug)]
pub(super) struct Inherited {
    /// Where the patterns are.
    pub(super) state: State,
    /// The device of the target, where the system tells.
    pub(super) device: Option<u64>,
    /// The ignore files of the directories above; `None` if none are looked for.
    pub(super) ignore: Option<Arc<Layers>>,
}

impl Inherited {
    /// What a target has.
    pub(super) fn at_target(context: &Context, target: usize, device: Option<u64>) -> Self {
        Self {
            state: context.table(target).matcher().root(),
            device,
            ignore: Layers::at_target(context.options.get_ignore_files()),
        }
    }
}

impl Directory {
    pub(super) fn new(descriptor: OpenDirectory, place: Place, inherited: Inherited) -> Self {
        Self { descriptor: Some(descriptor), kept: OnceLock::new(), place, inherited }
    }

    /// Becomes another directory, in the memory that is there.
    pub(super) fn set_to_child(
        &mut self,
        descriptor: OpenDirectory,
        parent: &Self,
        name: &[u8],
        inherited: Inherited,
    ) {
        self.place.set_to_child(&parent.place, name);
        self.descriptor = Some(descriptor);
        self.kept = OnceLock::new();
        self.inherited = inherited;
    }

    /// Asks leave to keep the descriptor until the directory is dropped, and says whether it is
    /// given.
    pub(super) fn keep(&self, descriptors: &Arc<Descriptors>) -> bool {
        if self.kept.get().is_some() {
            return true;
        }
        match descriptors.keep() {
            // If somebody else was faster, this leave goes back.
            Some(kept) => self.kept.set(kept).is_ok() || self.kept.get().is_some(),
            None => false,
        }
    }

    /// The same, but without leave the descriptor is closed.
    pub(super) fn keep_or_close(&mut self, descriptors: &Arc<Descriptors>) -> bool {
        let kept = self.keep(descriptors);
        if !kept {
            self.descriptor = None;
        }
        kept
    }

    /// Closes the descriptor: nothing in the directory is to be looked at any more.
    pub(super) fn close(&mut self) {
        self.descriptor = None;
        self.kept = OnceLock::new();
    }

    /// Whether there is a descriptor, so that nothing has to be opened anew.
    pub(super) fn is_open(&self) -> bool {
        self.descriptor.is_some()
    }

    /// Calls `work` with the open directory.
    pub(super) fn with<T>(
        &self,
        context: &Context,
        work: impl FnOnce(DirectoryRef<'_>) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        match &self.descriptor {
            Some(descriptor) => work(system::lend(descriptor)),
            None => work(system::lend(&self.reopen(context)?)),
        }
    }

    /// Opens a directory in this one.
    pub(super) fn open(&self, context: &Context, name: &CStr) -> Result<OpenDirectory, Errno> {
        self.with(context, |directory| system::open_in(directory, name))
    }

    /// True if an entry of this directory is gone after a call answered that it was not found: a
    /// second look does not find it either.
    #[cold]
    pub(super) fn lacks(&self, context: &Context, name: &CStr, error: Errno) -> bool {
        let look = || self.with(context, |opened| system::stat_in(opened, name));
        error == Errno::NOENT && matches!(look(), Err(Errno::NOENT))
    }

    /// True if the directory was removed or renamed: its path leads nowhere, or to another one.
    #[cold]
    pub(super) fn is_gone(&self, context: &Context, error: Errno) -> bool {
        if error != Errno::NOENT {
            return false;
        }
        let identity = |opened: &OpenDirectory| {
            system::stat_open(opened).map(|metadata| (metadata.device(), metadata.inode()))
        };
        let again = self.reopen(context).and_then(|opened| identity(&opened));
        match (again, &self.descriptor) {
            (Err(Errno::NOENT), _) => true,
            (Ok(again), Some(own)) => identity(own).is_ok_and(|own| own != again),
            _ => false,
        }
    }

    /// Opens it again, from its target and piece by piece, and follows no link below that.
    fn reopen(&self, context: &Context) -> Result<OpenDirectory, Errno> {
        let mut opened = context.open_target(self.place.target)?;
        for piece in self.place.pieces() {
            opened = system::open_below(&opened, piece)?;
        }
        Ok(opened)
    }
}
