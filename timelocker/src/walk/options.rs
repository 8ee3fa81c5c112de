/// How a [`Walk`](super::Walk) goes through its targets.
///
/// ```
/// use timelocker::walk::{FileSystems, WalkOptions};
///
/// let options = WalkOptions::new().file_systems(FileSystems::OfTargets);
/// assert_eq!(options.get_file_systems(), FileSystems::OfTargets);
/// ```
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    file_systems: FileSystems,
}

/// Which file systems a walk enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileSystems {
    /// Whatever is mounted below a target.
    #[default]
    All,
    /// The file system of each target alone. A directory on which another one is mounted is
    /// reported but not opened, unless it was named as a target itself.
    OfTargets,
}

impl WalkOptions {
    /// The defaults: all file systems.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which file systems to enter.
    #[must_use]
    pub fn file_systems(mut self, file_systems: FileSystems) -> Self {
        self.file_systems = file_systems;
        self
    }

    /// Which file systems are entered.
    #[must_use]
    pub fn get_file_systems(&self) -> FileSystems {
        self.file_systems
    }
}
