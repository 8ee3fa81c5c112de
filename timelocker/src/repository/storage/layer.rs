//! Layers between the engine and where a repository lies.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};

/// What a layer does about the accesses that go through it.
pub(in crate::repository) trait Layer:
    fmt::Debug + Send + Sync + 'static
{
    /// Something is read: what `call` gives, from what is below.
    fn read<T: Moved + Send + 'static>(
        &self,
        below: &Arc<dyn WriteBackend>,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
    ) -> RusticResult<T>;

    /// A file is changed, by `call`.
    fn change(
        &self,
        below: &Arc<dyn WriteBackend>,
        change: Change,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<()> + Send + 'static,
    ) -> RusticResult<()>;
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repository) enum Change {
    /// It is written, of so many bytes.
    Write(FileType, usize),
    Remove,
}

/// What an access gives.
pub(in crate::repository) trait Moved {
    /// How many bytes of files it is.
    fn bytes(&self) -> usize {
        0
    }
}

impl Moved for Bytes {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl<T> Moved for Vec<T> {}

impl Moved for () {}

/// A layer on what is below it.
#[derive(Debug)]
pub(in crate::repository) struct Layered<L> {
    layer: L,
    below: Arc<dyn WriteBackend>,
}

impl<L: Layer> Layered<L> {
    pub(in crate::repository) fn new(layer: L, below: Arc<dyn WriteBackend>) -> Self {
        Self { layer, below }
    }

    fn read<T: Moved + Send + 'static>(
        &self,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<T> + Send + 'static,
    ) -> RusticResult<T> {
        self.layer.read(&self.below, call)
    }

    fn change(
        &self,
        change: Change,
        call: impl FnOnce(&dyn WriteBackend) -> RusticResult<()> + Send + 'static,
    ) -> RusticResult<()> {
        self.layer.change(&self.below, change, call)
    }
}

impl<L: Layer> ReadBackend for Layered<L> {
    fn location(&self) -> String {
        self.below.location()
    }

    fn list(&self, file_type: FileType) -> RusticResult<Vec<Id>> {
        self.read(move |below| below.list(file_type))
    }

    fn list_with_size(&self, file_type: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.read(move |below| below.list_with_size(file_type))
    }

    fn read_full(&self, file_type: FileType, id: &Id) -> RusticResult<Bytes> {
        let id = *id;
        self.read(move |below| below.read_full(file_type, &id))
    }

    fn read_partial(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let id = *id;
        self.read(move |below| below.read_partial(file_type, &id, cacheable, offset, length))
    }

    fn warmup_path(&self, file_type: FileType, id: &Id) -> String {
        self.below.warmup_path(file_type, id)
    }

    fn needs_warm_up(&self) -> bool {
        self.below.needs_warm_up()
    }

    fn warm_up(&self, file_type: FileType, id: &Id) -> RusticResult<()> {
        let id = *id;
        self.read(move |below| below.warm_up(file_type, &id))
    }
}

impl<L: Layer> WriteBackend for Layered<L> {
    fn create(&self) -> RusticResult<()> {
        self.read(|below| below.create())
    }

    fn write_bytes(
        &self,
        file_type: FileType,
        id: &Id,
        cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let id = *id;
        self.change(Change::Write(file_type, content.size()), move |below| {
            below.write_bytes(file_type, &id, cacheable, content)
        })
    }

    fn remove(&self, file_type: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        let id = *id;
        self.change(Change::Remove, move |below| below.remove(file_type, &id, cacheable))
    }
}
