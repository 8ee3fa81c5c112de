//! Who is told of a profile's operations, as data.

use std::fmt;

use super::written::Piece;

/// Who is told of the operations of a profile.
///
/// ```
/// use timelocker::monitoring::StatusReporter;
///
/// timelocker::backup_profile! {
///     static HOME = { targets: ["~"], notify: { desktop: true, ping: env "PING_URL" } }
/// }
///
/// let notifications = HOME.notifications();
/// assert!(notifications.desktop());
/// assert_eq!(notifications.ping().map(ToString::to_string).as_deref(), Some("env \"PING_URL\""));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notifications {
    desktop: bool,
    ping: Option<AddressSource>,
    webhook: Option<AddressSource>,
}

/// Where an address on the web comes from. It can be a secret: often it takes no more to post there.
///
/// Shown, it is what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressSource(pub(crate) Address);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Plain(&'static str),
    Env(&'static str),
    File { written: &'static [u8], pieces: &'static [Piece] },
    Command(&'static str),
}

#[doc(hidden)]
#[allow(missing_docs)]
impl Notifications {
    pub const NONE: Self = Self { desktop: false, ping: None, webhook: None };

    pub const fn with_desktop(self) -> Self {
        Self { desktop: true, ..self }
    }

    pub const fn with_ping(self, address: AddressSource) -> Self {
        Self { ping: Some(address), ..self }
    }

    pub const fn with_webhook(self, address: AddressSource) -> Self {
        Self { webhook: Some(address), ..self }
    }
}

impl Notifications {
    /// Whether the desktop shows what goes wrong.
    #[must_use]
    pub fn desktop(&self) -> bool {
        self.desktop
    }

    /// The check, of the healthchecks.io kind, that is pinged at each start and end.
    #[must_use]
    pub fn ping(&self) -> Option<&AddressSource> {
        self.ping.as_ref()
    }

    /// The address that ends are posted to, in JSON.
    #[must_use]
    pub fn webhook(&self) -> Option<&AddressSource> {
        self.webhook.as_ref()
    }
}

#[doc(hidden)]
#[allow(missing_docs)]
impl AddressSource {
    pub const fn plain(address: &'static str) -> Self {
        Self(Address::Plain(address))
    }

    pub const fn env(variable: &'static str) -> Self {
        Self(Address::Env(variable))
    }

    pub const fn file(written: &'static [u8], pieces: &'static [Piece]) -> Self {
        Self(Address::File { written, pieces })
    }

    pub const fn command(line: &'static str) -> Self {
        Self(Address::Command(line))
    }
}

impl fmt::Display for AddressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Address::Plain(address) => write!(f, "{address:?}"),
            Address::Env(variable) => write!(f, "env {variable:?}"),
            Address::File { written, .. } => {
                write!(f, "file {:?}", String::from_utf8_lossy(written))
            }
            Address::Command(line) => write!(f, "command {line:?}"),
        }
    }
}
