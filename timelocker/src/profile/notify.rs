use std::fmt;
use std::fs;
use std::io;
use std::time::Duration;

use super::target;
use super::written::{Environment, Piece};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::monitoring::{Builder, DesktopNotifier, Level};
use crate::program;

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
pub struct AddressSource(Source);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
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

    /// Lets a reporter tell them.
    ///
    /// ```
    /// use timelocker::monitoring::StatusReporter;
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = { targets: ["~"], notify: { desktop: true } }
    /// }
    ///
    /// let reporter = HOME.notifications().add_to(StatusReporter::builder())?.build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When an address can't be read from its source. Pings and webhooks take the feature
    /// `webhook`.
    pub fn add_to(&self, mut builder: Builder) -> Result<Builder, Error> {
        if self.desktop {
            builder = builder.handler_from(Level::Warning, DesktopNotifier::new());
        }
        web::add(self, builder)
    }
}

#[cfg(feature = "webhook")]
mod web {
    use super::Notifications;
    use crate::error::Error;
    use crate::monitoring::{Builder, HealthcheckPing, Webhook};

    pub(super) fn add(to: &Notifications, mut builder: Builder) -> Result<Builder, Error> {
        if let Some(address) = to.ping {
            builder = builder.handler(HealthcheckPing::new(address.read()?));
        }
        if let Some(address) = to.webhook {
            builder = builder.handler(Webhook::new(address.read()?));
        }
        Ok(builder)
    }
}

#[cfg(not(feature = "webhook"))]
mod web {
    use super::Notifications;
    use crate::error::Error;
    use crate::monitoring::Builder;

    pub(super) fn add(to: &Notifications, builder: Builder) -> Result<Builder, Error> {
        let why = "this program is built without the feature `webhook` of timelocker";
        match to.ping.or(to.webhook) {
            Some(address) => Err(Error::address(address.to_string(), why.into())),
            None => Ok(builder),
        }
    }
}

#[doc(hidden)]
#[allow(missing_docs)]
impl AddressSource {
    pub const fn plain(address: &'static str) -> Self {
        Self(Source::Plain(address))
    }

    pub const fn env(variable: &'static str) -> Self {
        Self(Source::Env(variable))
    }

    pub const fn file(written: &'static [u8], pieces: &'static [Piece]) -> Self {
        Self(Source::File { written, pieces })
    }

    pub const fn command(line: &'static str) -> Self {
        Self(Source::Command(line))
    }
}

impl AddressSource {
    /// Reads the address: the variable, or the first line of the file or of what the command
    /// writes.
    ///
    /// # Errors
    ///
    /// When there is none, or it can't be read.
    pub fn read(&self) -> Result<String, Error> {
        self.text().map_err(|why| Error::address(self.to_string(), why.into()))
    }

    fn text(&self) -> io::Result<String> {
        let text = match self.0 {
            Source::Plain(address) => address.to_owned(),
            Source::Env(variable) => std::env::var(variable).map_err(io::Error::other)?,
            Source::File { pieces, .. } => {
                let path = target::path(pieces, &Environment::of_process());
                fs::read_to_string(path.map_err(|fault| io::Error::other(fault.to_string()))?)?
            }
            Source::Command(line) => output(line)?,
        };
        match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "its first line is empty")),
        }
    }
}

/// Time that a command may take to print an address.
const LIMIT: Duration = Duration::from_secs(60);

fn output(line: &str) -> io::Result<String> {
    let output = program::output_of_shell(line.as_ref(), Some(LIMIT), &CancelToken::new())?;
    String::from_utf8(output).map_err(io::Error::other)
}

impl fmt::Display for AddressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::Plain(address) => write!(f, "{address:?}"),
            Source::Env(variable) => write!(f, "env {variable:?}"),
            Source::File { written, .. } => {
                write!(f, "file {:?}", String::from_utf8_lossy(written))
            }
            Source::Command(line) => write!(f, "command {line:?}"),
        }
    }
}
