//! The cause of an access that was given up because the operation was cancelled.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// The cause of an error of an access that was not made any more, as the operation was cancelled.
#[derive(Debug)]
pub(crate) struct WasCancelled;

impl WasCancelled {
    pub(super) fn is_cause_of(error: &(dyn StdError + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            if inner.is_some_and(|inner| inner.is::<Self>()) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl fmt::Display for WasCancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it was cancelled")
    }
}

impl StdError for WasCancelled {}
