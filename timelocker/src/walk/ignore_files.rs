//! The ignore files that hold in a directory, each with its state there.

use std::sync::Arc;

use timelocker_pattern::{BuildError, EntryKind, Layer, LayerVerdict, State};

use crate::policy::ignore_files::IgnoreFiles;

/// The ignore files that hold in one directory, each with its state there.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// The base first, then by name, what comes later in precedence last; in each the outermost
    /// directory first.
    chains: Vec<Vec<Held>>,
}

#[derive(Clone, Debug)]
struct Held {
    layer: Arc<Layer>,
    state: State,
}

impl Layers {
    /// What holds in a target before any of its files is read; `None` if there is nothing to read
    /// either.
    pub(super) fn at_target(files: &IgnoreFiles) -> Option<Arc<Self>> {
        if files.is_empty() {
            return None;
        }
        let base =
            files.base().iter().map(|layer| Held { layer: layer.clone(), state: layer.root() });
        let mut chains = vec![base.collect()];
        chains.resize_with(1 + files.names().count(), Vec::new);
        Some(Arc::new(Self { chains }))
    }

    /// Adds the file of this directory with the name of this position, compiled.
    pub(super) fn add(
        &mut self,
        position: usize,
        source: impl Into<String>,
        content: &[u8],
    ) -> Result<(), BuildError> {
        let layer = Arc::new(Layer::new(source, content)?);
        if let Some(chain) = self.chains.get_mut(1 + position) {
            let state = layer.root();
            chain.push(Held { layer, state });
        }
        Ok(())
    }

    /// Forgets the files of this position that are further up: they belong to another repository.
    pub(super) fn begin_repository(&mut self, position: usize) {
        if let Some(chain) = self.chains.get_mut(1 + position) {
            chain.clear();
        }
    }

    /// Whether any file holds here.
    pub(super) fn is_empty(&self) -> bool {
        self.chains.iter().all(Vec::is_empty)
    }

    /// Whether the files exclude the entry `name` of this directory.
    pub(super) fn exclude(&self, name: &[u8], kind: EntryKind) -> bool {
        let held = self.chains.iter().rev().flat_map(|chain| chain.iter().rev());
        let mut verdicts = held.map(|Held { layer, state }| layer.step(state, name, kind).0);
        verdicts.find(|verdict| *verdict != LayerVerdict::Silent) == Some(LayerVerdict::Exclude)
    }

    /// The file that decides about the entry `name` of this directory, if any does.
    pub(super) fn deciding(&self, name: &[u8], kind: EntryKind) -> Option<&Layer> {
        let mut held = self.chains.iter().rev().flat_map(|chain| chain.iter().rev());
        let decides =
            |held: &&Held| held.layer.step(&held.state, name, kind).0 != LayerVerdict::Silent;
        held.find(decides).map(|held| &*held.layer)
    }

    /// What holds in the directory `name` of this one, before its own files are read.
    pub(super) fn below(&self, name: &[u8]) -> Self {
        let below = |Held { layer, state }: &Held| {
            let (_, state) = layer.step(state, name, EntryKind::Directory);
            Held { layer: layer.clone(), state }
        };
        let chains = self.chains.iter().map(|chain| chain.iter().map(below).collect()).collect();
        Self { chains }
    }
}
