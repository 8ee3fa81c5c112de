//! Events of the crate `tracing`.

use std::sync::Arc;

use ::tracing::{error, info, warn};

use crate::monitoring::handler::{Handler, HandlerError};
use crate::monitoring::status_line::{Level, StatusLine};

/// Makes each line an event of the crate [`tracing`](https://docs.rs/tracing), with the target
/// `timelocker::status`. A critical line is an error with the field `critical`.
///
/// The subscriber is the one that is the default of the whole program: handlers run on a thread of
/// their own.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingEvents;

impl Handler for TracingEvents {
    fn name(&self) -> &str {
        "tracing"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        macro_rules! event {
            ($event:ident $($more:tt)*) => {
                $event!(
                    target: "timelocker::status",
                    $($more)*
                    id = line.id(),
                    kind = line.kind(),
                    name = line.name(),
                    status = line.status().name(),
                    files = line.files(),
                    bytes = line.bytes(),
                    total_bytes = line.total_bytes(),
                    percent = line.percent(),
                    "{line}"
                )
            };
        }
        match line.level() {
            Level::Info => event!(info),
            Level::Warning => event!(warn),
            Level::Error => event!(error),
            Level::Critical => event!(error critical = true,),
        }
        Ok(())
    }
}
