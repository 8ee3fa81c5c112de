//! The hooks and notifications of a profile, as a reporter takes them.

use std::fs;
use std::io;
use std::time::Duration;

use super::handlers::DesktopNotifier;
use super::hooks::{Hook, Hooks};
use super::reporter::Builder;
use super::status_line::Level;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::profile::{
    AddressSource, HookLine, HookLines, Notifications, NotifyAddress, Profile, path_of,
};
use crate::program;

impl HookLine {
    fn hook(&self) -> Hook {
        let mut hook = Hook::shell(self.line);
        if self.required {
            hook = hook.required();
        }
        if let Some(limit) = self.limit {
            hook = hook.time_limit(limit);
        }
        hook
    }
}

impl Profile {
    /// The commands to run around a backup, by
    /// [`StatusReporter::run`](crate::monitoring::StatusReporter::run).
    ///
    /// ```
    /// use timelocker::monitoring::{Hook, Hooks};
    ///
    /// timelocker::backup_profile! {
    ///     static HOME = {
    ///         targets: ["~"],
    ///         hooks: { before: required "mountpoint /mnt", failure: ["logger failed"] },
    ///     }
    /// }
    ///
    /// let expected = Hooks::new()
    ///     .before(Hook::shell("mountpoint /mnt").required())
    ///     .failure(Hook::shell("logger failed"));
    /// assert_eq!(HOME.hooks(), expected);
    /// ```
    pub fn hooks(&self) -> Hooks {
        let HookLines { before, success, failure, finally } = *self.hook_lines();
        let mut hooks = Hooks::new();
        for line in before {
            hooks = hooks.before(line.hook());
        }
        for line in success {
            hooks = hooks.success(line.hook());
        }
        for line in failure {
            hooks = hooks.failure(line.hook());
        }
        for line in finally {
            hooks = hooks.finally(line.hook());
        }
        hooks
    }
}

impl Notifications {
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
        if self.desktop() {
            builder = builder.handler_from(Level::Warning, DesktopNotifier::new());
        }
        web::add(self, builder)
    }
}

#[cfg(feature = "webhook")]
mod web {
    use crate::error::Error;
    use crate::monitoring::{Builder, HealthcheckPing, Webhook};
    use crate::profile::Notifications;

    pub(super) fn add(to: &Notifications, mut builder: Builder) -> Result<Builder, Error> {
        if let Some(address) = to.ping() {
            builder = builder.handler(HealthcheckPing::new(address.read()?));
        }
        if let Some(address) = to.webhook() {
            builder = builder.handler(Webhook::new(address.read()?));
        }
        Ok(builder)
    }
}

#[cfg(not(feature = "webhook"))]
mod web {
    use crate::error::Error;
    use crate::monitoring::Builder;
    use crate::profile::Notifications;

    pub(super) fn add(to: &Notifications, builder: Builder) -> Result<Builder, Error> {
        let why = "this program is built without the feature `webhook` of timelocker";
        match to.ping().or(to.webhook()) {
            Some(address) => Err(Error::address(address.to_string(), why.into())),
            None => Ok(builder),
        }
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
            NotifyAddress::Plain(address) => address.to_owned(),
            NotifyAddress::Env(variable) => std::env::var(variable).map_err(io::Error::other)?,
            NotifyAddress::File { pieces, .. } => {
                let path = path_of(pieces);
                fs::read_to_string(path.map_err(|fault| io::Error::other(fault.to_string()))?)?
            }
            NotifyAddress::Command(line) => output(line)?,
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
