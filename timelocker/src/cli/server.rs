//! Options for repositories on servers.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::output::{Output, one_line};
use crate::cancel::CancelToken;
use crate::pattern::schedule::parse_time;
use crate::repository::{Location, Retry};

/// How servers are reached.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options for repositories on servers")]
pub(crate) struct ServerOptions {
    /// Longest silence of a server before an access is tried again: `90s`, `5m`
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
    /// Time for which a failed access is tried again: `15m`, or `0s` for never
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    retry_window: Option<Duration>,
    /// Maximum number of accesses at a time
    #[arg(long, global = true, value_name = "NUMBER")]
    connections: Option<usize>,
    /// PEM file of the certificates that servers are checked against
    #[arg(long, global = true, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// PEM file of a certificate and its private key, to show to servers
    #[arg(long, global = true, value_name = "FILE")]
    tls_client_cert: Option<PathBuf>,
}

fn time(text: &str) -> Result<Duration, String> {
    if ["0", "0s"].contains(&text) {
        return Ok(Duration::ZERO);
    }
    parse_time(text).map(Duration::from_millis).map_err(|fault| fault.text.to_owned())
}

impl ServerOptions {
    /// Adds the options of another command line, which come first.
    pub(crate) fn add(&mut self, other: Self) {
        let known = self.clone();
        *self = Self {
            timeout: other.timeout.or(known.timeout),
            retry_window: other.retry_window.or(known.retry_window),
            connections: other.connections.or(known.connections),
            cacert: other.cacert.or(known.cacert),
            tls_client_cert: other.tls_client_cert.or(known.tls_client_cert),
        };
    }

    /// A location that is reached so, until the program is to end.
    pub(crate) fn apply(
        &self,
        mut location: Location,
        cancel: &CancelToken,
        output: &Output,
    ) -> Location {
        if let Some(timeout) = self.timeout {
            location = location.timeout(timeout);
        }
        if let Some(window) = self.retry_window {
            location = location.retry_window(window);
        }
        if let Some(connections) = self.connections {
            location = location.connections(connections);
        }
        if let Some(path) = &self.cacert {
            location = location.ca_certificates(path);
        }
        if let Some(path) = &self.tls_client_cert {
            location = location.client_certificate(path);
        }
        let as_json = output.json && output.verbose;
        location.cancel_token(cancel.clone()).on_retry(move |retry| report(retry, as_json))
    }
}

/// Writes a retry to stderr; when nobody reads that, it is lost.
fn report(retry: &Retry, as_json: bool) {
    let line = if as_json {
        let (access, error) = (retry.access(), retry.error());
        let (attempt, delay) = (retry.attempt(), retry.delay().as_secs_f64());
        serde_json::json!({
            "retry": { "access": access, "error": error, "attempt": attempt, "delay": delay },
        })
        .to_string()
    } else {
        one_line(&retry.to_string())
    };
    let _ = writeln!(io::stderr(), "{line}");
}
