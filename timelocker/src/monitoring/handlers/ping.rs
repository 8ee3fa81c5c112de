//! Telling a server: of starts and ends as healthchecks.io takes them, or of lines in JSON.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;

use crate::monitoring::handler::{Handler, HandlerError};
use crate::monitoring::status_line::{Level, Reason, Status, StatusLine};

/// How long a server may take, all in all.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Pings a monitor of the healthchecks.io kind: `URL/start` when an operation starts, `URL` when it
/// is complete, `URL/fail` when it ends in another way. The line is the body.
///
/// Such a monitor tells its owner when a ping fails to come, and so also of a machine that is off.
/// Its address is all that it takes to ping it: it is kept out of messages and of `Debug`.
pub struct HealthcheckPing {
    url: String,
    kind: Option<String>,
    agent: Agent,
}

/// Posts lines to an address, each as an object of JSON: the ends of operations, and what is said
/// of errors.
///
/// Often it takes no more than the address to post there: it is kept out of messages and of
/// `Debug`.
pub struct Webhook {
    url: String,
    agent: Agent,
}

/// A server could not be told. The message does not hold its address.
#[derive(Debug)]
pub struct PingError(Fault);

#[derive(Debug)]
enum Fault {
    Status(u16),
    Timeout,
    Other(String),
}

impl HealthcheckPing {
    /// Pings the check at this address: `https://hc-ping.com/` and the check's UUID, say.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let url: String = url.into();
        let url = url.trim_end_matches('/').to_owned();
        Self { url, kind: None, agent: agent(TIME_LIMIT) }
    }

    /// Only of operations of one kind: `"backup"`.
    #[must_use]
    pub fn only(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// How long the server may take to answer: 10 seconds, unless something else is said.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.agent = agent(limit);
        self
    }
}

impl Webhook {
    /// Posts to this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), agent: agent(TIME_LIMIT) }
    }

    /// How long the server may take to answer: 10 seconds, unless something else is said.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.agent = agent(limit);
        self
    }
}

impl Handler for HealthcheckPing {
    fn name(&self) -> &str {
        "healthcheck"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        let other_kind = self.kind.as_deref().is_some_and(|kind| kind != line.kind());
        if line.reason() != Reason::Status || other_kind {
            return Ok(());
        }
        let endpoint = match line.status() {
            Status::Running => "/start",
            Status::Completed => "",
            status if status.is_end() => "/fail",
            _ => return Ok(()),
        };
        let url = format!("{}{endpoint}", self.url);
        Ok(post(&self.agent, &url, "text/plain; charset=utf-8", &line.to_string())?)
    }
}

impl Handler for Webhook {
    fn name(&self) -> &str {
        "webhook"
    }

    fn handle(&mut self, line: &Arc<StatusLine>) -> Result<(), HandlerError> {
        let said = line.reason() == Reason::Message && line.level() >= Level::Error;
        if !(line.status().is_end() || said) {
            return Ok(());
        }
        let body = serde_json::to_string(&**line)?;
        Ok(post(&self.agent, &self.url, "application/json", &body)?)
    }
}

fn agent(limit: Duration) -> Agent {
    let agent = concat!("timelocker/", env!("CARGO_PKG_VERSION"));
    Agent::config_builder().timeout_global(Some(limit)).user_agent(agent).build().into()
}

fn post(agent: &Agent, url: &str, content_type: &str, body: &str) -> Result<(), PingError> {
    match agent.post(url).content_type(content_type).send(body) {
        Ok(_) => Ok(()),
        Err(ureq::Error::StatusCode(status)) => Err(PingError(Fault::Status(status))),
        Err(ureq::Error::Timeout(_)) => Err(PingError(Fault::Timeout)),
        // What is wrong with an address is said with the address in it.
        Err(ureq::Error::BadUri(_)) => {
            Err(PingError(Fault::Other("the address is none".to_owned())))
        }
        Err(error) => Err(PingError(Fault::Other(error.to_string()))),
    }
}

impl fmt::Display for PingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Fault::Status(status) => write!(f, "the server answers with status {status}"),
            Fault::Timeout => f.write_str("the server takes too long to answer"),
            Fault::Other(error) => write!(f, "the server can't be told: {error}"),
        }
    }
}

impl std::error::Error for PingError {}

impl fmt::Debug for HealthcheckPing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthcheckPing").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}
