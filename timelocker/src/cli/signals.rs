//! Ctrl-C, and requests to end.

use std::sync::Arc;
use std::thread;

use nix::sys::signal::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::failure::{Failure, Result};
use crate::cancel::CancelToken;
use crate::walk::Cancellation;

/// On the first Ctrl-C, or the first request to end, everything is cancelled in an orderly way; on
/// the second the process ends at once.
pub(crate) fn cancel_on_signals(cancel: &CancelToken, walks: &Cancellation) -> Result<()> {
    let failed = |error| Failure::new("could not prepare for signals").because(&error);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(failed)?;
    // A write beyond the limit of file sizes is an error of that file (EFBIG), and not the end of
    // the program. A handler, unlike an ignored signal, is not inherited by hooks.
    signal_hook::flag::register(Signal::SIGXFSZ as i32, Arc::default()).map_err(failed)?;
    let (cancel, walks) = (cancel.clone(), walks.clone());
    let wait = move || {
        for signal in signals.forever() {
            if cancel.is_cancelled() {
                let _ = emulate_default_handler(signal);
            }
            cancel.cancel();
            walks.cancel();
        }
    };
    thread::Builder::new().name("timelocker-signals".to_owned()).spawn(wait).map_err(failed)?;
    Ok(())
}
