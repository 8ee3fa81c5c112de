//! Errors of the libraries that speak to servers.

use std::error::Error as StdError;

use reqwest::StatusCode;

pub(super) fn is_transient(error: &(dyn StdError + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return match error.status() {
            Some(status) => {
                status.is_server_error()
                    || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS]
                        .contains(&status)
            }
            None => !error.is_builder() && !error.is_decode(),
        };
    }
    if let Some(error) = error.downcast_ref::<opendal::Error>() {
        // What its own repetitions did not help against is no longer called temporary.
        return error.is_temporary()
            || matches!(
                error.kind(),
                opendal::ErrorKind::RateLimited | opendal::ErrorKind::Unexpected
            );
    }
    false
}

/// Whether a server said that there is no such thing, through all causes.
pub(crate) fn is_not_found(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let status = error.downcast_ref::<reqwest::Error>().and_then(reqwest::Error::status);
        if status == Some(StatusCode::NOT_FOUND) {
            return true;
        }
        cause = error.source();
    }
    false
}
