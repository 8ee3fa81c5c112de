//! Whether waiting can cure what went wrong.

use std::error::Error as StdError;
use std::io;

/// Looks for an I/O error that waiting can cure, through all causes.
pub(crate) fn is_transient(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // Its source is that of the error inside of it, and not that error.
            if is_passing(error.kind()) || error.get_ref().is_some_and(|inner| is_transient(inner))
            {
                return true;
            }
        }
        cause = error.source();
    }
    false
}

fn is_passing(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Io;
    matches!(
        kind,
        Io::ConnectionRefused
            | Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::HostUnreachable
            | Io::NetworkUnreachable
            | Io::NetworkDown
            | Io::NotConnected
            | Io::BrokenPipe
            | Io::TimedOut
            | Io::WouldBlock
            | Io::Interrupted
            | Io::ResourceBusy
            | Io::StaleNetworkFileHandle
    )
}
