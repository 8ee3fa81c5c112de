use bytesize::ByteSize;
use rustic_core::ConfigOptions;

/// How a repository stores what it is given. It is written down in the repository: what is not set
/// here is as it was, and in a new repository as the engine has it.
///
/// ```
/// use timelocker::repository::RepositorySettings;
///
/// let settings = RepositorySettings::new().compression(9).pack_size(64 << 20);
/// # let _ = settings;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepositorySettings {
    compression: Option<i32>,
    pack_size: Option<u64>,
    verify_writes: Option<bool>,
    append_only: Option<bool>,
}

impl RepositorySettings {
    /// Nothing is set.
    #[must_use]
    pub const fn new() -> Self {
        Self { compression: None, pack_size: None, verify_writes: None, append_only: None }
    }

    /// The level of zstd by which data are compressed: 1 to 22, below 0 for less than 1, 0 for the
    /// default of zstd.
    #[must_use]
    pub const fn compression(mut self, level: i32) -> Self {
        self.compression = Some(level);
        self
    }

    /// Sets the size in bytes of the files that contents are packed into; 16 MiB where it is not
    /// set. An interrupted backup loses at most what was not packed yet.
    #[must_use]
    pub const fn pack_size(mut self, bytes: u64) -> Self {
        self.pack_size = Some(bytes);
        self
    }

    /// Whether all that is written is decrypted and unpacked once before, to be sure that the
    /// memory and the processor made no mistake; on in a new repository. Without, a first backup
    /// takes about a sixth less time. [`Verify::structure`](crate::repository::Verify::structure),
    /// by which a backup is read back, does not stand in for it, as it reads no contents;
    /// [`read_data`](crate::repository::Verify::read_data) of all does, and costs the reading.
    #[must_use]
    pub const fn verify_writes(mut self, verify: bool) -> Self {
        self.verify_writes = Some(verify);
        self
    }

    /// Whether nothing may be removed: no snapshot forgotten, no data pruned, no index repaired. It
    /// binds this library and rustic, not restic nor whoever can delete files.
    #[must_use]
    pub const fn append_only(mut self, append_only: bool) -> Self {
        self.append_only = Some(append_only);
        self
    }

    pub(super) fn to_engine(self) -> ConfigOptions {
        let mut options = ConfigOptions::default();
        options.set_compression = self.compression;
        options.set_datapack_size = self.pack_size.map(ByteSize);
        if self.pack_size.is_some() {
            // A size that was asked for does not grow.
            options.set_datapack_growfactor = Some(0);
        }
        options.set_extra_verify = self.verify_writes;
        options.set_append_only = self.append_only;
        options
    }
}
