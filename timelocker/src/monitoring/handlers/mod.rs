//! The handlers that come with the library.

mod desktop;
mod lines;
#[cfg(feature = "webhook")]
mod ping;
mod terminal;
#[cfg(feature = "tracing")]
mod tracing;

pub use self::desktop::DesktopNotifier;
pub use self::lines::{JsonLines, TextLines};
#[cfg(feature = "webhook")]
pub use self::ping::{HealthcheckPing, PingError, Webhook};
pub use self::terminal::{Terminal, TerminalOutput};
#[cfg(feature = "tracing")]
pub use self::tracing::TracingEvents;
