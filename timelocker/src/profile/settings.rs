//! What a profile says of its repository, as data.

use std::time::Duration;

/// How the repository stores, and how it is reached.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "repository"), allow(dead_code))]
pub struct Settings {
    compression: Option<i32>,
    pack_size: Option<u64>,
    verify_writes: Option<bool>,
    append_only: Option<bool>,
    bandwidth: Option<u64>,
    timeout: Option<Duration>,
}

/// How much of a snapshot is read back.
#[doc(hidden)]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReadBack {
    Nothing,
    Structure,
    Data(f64),
}

#[allow(missing_docs)]
impl Settings {
    pub const NONE: Self = Self {
        compression: None,
        pack_size: None,
        verify_writes: None,
        append_only: None,
        bandwidth: None,
        timeout: None,
    };

    pub const fn compression(self, level: i32) -> Self {
        Self { compression: Some(level), ..self }
    }

    pub const fn pack_size(self, bytes: u64) -> Self {
        Self { pack_size: Some(bytes), ..self }
    }

    pub const fn verify_writes(self, verify: bool) -> Self {
        Self { verify_writes: Some(verify), ..self }
    }

    pub const fn append_only(self, append_only: bool) -> Self {
        Self { append_only: Some(append_only), ..self }
    }

    pub const fn bandwidth(self, bytes_per_second: u64) -> Self {
        Self { bandwidth: Some(bytes_per_second), ..self }
    }

    pub const fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}

#[cfg(feature = "repository")]
mod repository {
    use super::ReadBack;
    use crate::profile::Profile;
    use crate::repository::{Location, RepositorySettings, Verify};

    impl Profile {
        /// How much of a snapshot is read back after it was saved.
        ///
        /// ```
        /// use timelocker::repository::Verify;
        ///
        /// timelocker::backup_profile! {
        ///     static HOME = { targets: ["~"], verify: "5%" }
        ///     static ETC = { targets: ["/etc"] }
        /// }
        ///
        /// assert_eq!(HOME.verify(), Verify::structure().read_data(0.05));
        /// assert_eq!(ETC.verify(), Verify::structure());
        /// ```
        pub fn verify(&self) -> Verify {
            match self.0.verify {
                ReadBack::Nothing => Verify::nothing(),
                ReadBack::Structure => Verify::structure(),
                ReadBack::Data(share) => Verify::structure().read_data(share),
            }
        }

        /// How the repository stores: what [`Repository::init_at`](crate::repository::Repository)
        /// and `configure` take.
        pub fn settings(&self) -> RepositorySettings {
            let mut settings = RepositorySettings::new();
            if let Some(level) = self.0.settings.compression {
                settings = settings.compression(level);
            }
            if let Some(bytes) = self.0.settings.pack_size {
                settings = settings.pack_size(bytes);
            }
            if let Some(verify) = self.0.settings.verify_writes {
                settings = settings.verify_writes(verify);
            }
            if let Some(append_only) = self.0.settings.append_only {
                settings = settings.append_only(append_only);
            }
            settings
        }

        /// A location, with the bandwidth and the time-out that the profile sets.
        ///
        /// ```
        /// use timelocker::repository::Location;
        ///
        /// timelocker::backup_profile! {
        ///     static HOME = {
        ///         targets: ["~"],
        ///         repository: "rest:https://backup.example/home",
        ///         settings: { bandwidth: "2 MiB/s", timeout: "1m" },
        ///     }
        /// }
        ///
        /// let location = HOME.resolved_repository()?.expect("it is there");
        /// let location: Location = HOME.limited(location.parse()?);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[must_use]
        pub fn limited(&self, mut location: Location) -> Location {
            if let Some(bytes_per_second) = self.0.settings.bandwidth {
                location = location.bandwidth(bytes_per_second);
            }
            if let Some(timeout) = self.0.settings.timeout {
                location = location.timeout(timeout);
            }
            location
        }
    }
}
