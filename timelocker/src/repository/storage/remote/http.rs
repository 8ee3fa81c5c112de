//! The HTTP client of all repositories on servers.
//!
//! `ureq` is blocking and small (no executor, no HTTP/2), the webhooks use it already, and its
//! time-outs for single reads and writes count silence rather than the length of a transfer. What
//! opendal sends goes through it too, so that there is one place for TLS, time-outs and the meaning
//! of an answer.

use std::error::Error as StdError;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use ureq::Agent;
use ureq::http::{HeaderMap, Request, StatusCode, header};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig};

use crate::repository::storage::location::Location;

/// Maximum number of bytes of one answer that is read whole. Packs are far smaller.
const MAX_ANSWER: u64 = 4 << 30;

/// A client, whose clones share its connections.
#[derive(Clone, Debug)]
pub(super) struct Client {
    agent: Agent,
}

/// An answer that was read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Client {
    /// A client with the time-out, the number of connections and the certificates of a location.
    pub(super) fn new(location: &Location) -> io::Result<Self> {
        let silence = Some(location.timeout);
        let roots = match &location.server.ca_certificates {
            Some(path) => RootCerts::from(certificates(path)?.into_iter()),
            None => RootCerts::PlatformVerifier,
        };
        let client =
            location.server.client_certificate.as_deref().map(client_certificate).transpose()?;
        let agent = Agent::config_builder()
            .user_agent(concat!("timelocker/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .timeout_connect(silence)
            .timeout_resolve(silence)
            .timeout_per_read(silence)
            .timeout_per_write(silence)
            .max_idle_connections_per_host(location.server.connections)
            .tls_config(TlsConfig::builder().root_certs(roots).client_cert(client).build())
            .build();
        Ok(Self { agent: agent.into() })
    }

    /// Sends a request and reads the whole answer, whatever its status.
    pub(super) fn send(&self, request: Request<&[u8]>) -> io::Result<Answer> {
        let (parts, body) = request.into_parts();
        let sent = if body.is_empty() && bodiless(&parts.method) {
            self.agent.run(Request::from_parts(parts, ()))
        } else {
            self.agent.run(Request::from_parts(parts, body))
        };
        let (parts, mut body) = sent.map_err(transport_error)?.into_parts();
        let mut bytes = Vec::new();
        let mut reader = body.with_config().limit(MAX_ANSWER).reader();
        reader.read_to_end(&mut bytes).map_err(|error| transport_error(error.into()))?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: bytes })
    }
}

fn bodiless(method: &ureq::http::Method) -> bool {
    use ureq::http::Method;
    [Method::GET, Method::HEAD, Method::DELETE].contains(method)
}

impl Answer {
    /// The error of an answer whose status is no success.
    pub(super) fn refusal(&self) -> io::Error {
        Refused::from_headers(self.status, &self.headers).into()
    }
}

/// A server refused a request.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    retry_after: Option<Duration>,
}

impl Refused {
    pub(super) fn from_headers(status: StatusCode, headers: &HeaderMap) -> Self {
        let text = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        Self { status, retry_after: text.and_then(|text| retry_after(text, SystemTime::now())) }
    }

    /// Delay that the server asks for before the next try.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn kind(&self) -> io::ErrorKind {
        match self.status.as_u16() {
            401 | 403 | 407 => io::ErrorKind::PermissionDenied,
            404 | 410 => io::ErrorKind::NotFound,
            408 | 504 => io::ErrorKind::TimedOut,
            416 => io::ErrorKind::UnexpectedEof,
            501 | 505 => io::ErrorKind::Unsupported,
            507 => io::ErrorKind::StorageFull,
            // Overloaded, restarting or broken for the moment: worth another try.
            429 | 500..=599 => io::ErrorKind::ResourceBusy,
            _ => io::ErrorKind::Other,
        }
    }
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        Self::new(refused.kind(), refused)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)?;
        match self.status.as_u16() {
            401 => f.write_str(": user or password is missing or wrong"),
            _ => Ok(()),
        }
    }
}

impl StdError for Refused {}

/// An error below HTTP, with a kind that says whether another try may help.
fn transport_error(error: ureq::Error) -> io::Error {
    use ureq::Timeout;
    match error {
        // The connection ended within an answer.
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            io::Error::new(io::ErrorKind::ConnectionAborted, "the server closed the connection")
        }
        ureq::Error::Io(error) => error,
        ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => {
            io::Error::new(io::ErrorKind::TimedOut, "the server was silent for too long")
        }
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            io::Error::new(io::ErrorKind::TimedOut, "the server could not be reached in time")
        }
        ureq::Error::Timeout(_) => io::ErrorKind::TimedOut.into(),
        // Name servers fail for a while when a machine has just woken up.
        ureq::Error::HostNotFound => {
            io::Error::new(io::ErrorKind::HostUnreachable, "the server's name is not known")
        }
        ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => {
            io::Error::new(io::ErrorKind::ConnectionRefused, "the connection failed")
        }
        // A broken answer: another try usually gets a whole one.
        ureq::Error::Protocol(_) => {
            let why = "the answer of the server is not valid HTTP";
            io::Error::new(io::ErrorKind::ConnectionAborted, why)
        }
        ureq::Error::BodyExceedsLimit(_) => {
            io::Error::new(io::ErrorKind::InvalidData, "the answer of the server is too large")
        }
        // Its text may repeat the URL.
        ureq::Error::BadUri(_) => {
            io::Error::new(io::ErrorKind::InvalidInput, "the URL of the repository is not valid")
        }
        error => io::Error::other(error),
    }
}

/// Delay in a `Retry-After` header, which holds seconds or a date.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date(text)?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// A date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let [_, day, month, year, time, "GMT"] = *text.split(' ').collect::<Vec<_>>() else {
        return None;
    };
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let month = MONTHS.iter().position(|&name| name == month)? as u64 + 1;
    let clock: Vec<u64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = *clock else { return None };
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970-01-01, by years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let days = days.checked_sub(719_469)?;
    let seconds = days * 86_400 + hours * 3600 + minutes * 60 + seconds;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn certificates(path: &Path) -> io::Result<Vec<Certificate<'static>>> {
    let certificates: Vec<_> = pem_items(path)?
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(invalid_pem(path, "it holds no certificate"));
    }
    Ok(certificates)
}

/// The certificate and the private key of one PEM file, as restic takes them.
fn client_certificate(path: &Path) -> io::Result<ClientCert> {
    let (mut chain, mut key): (_, Option<PrivateKey<'static>>) = (Vec::new(), None);
    for item in pem_items(path)? {
        match item {
            PemItem::Certificate(certificate) => chain.push(certificate),
            PemItem::PrivateKey(private) => key = Some(private),
            _ => {}
        }
    }
    match key {
        Some(key) if !chain.is_empty() => Ok(ClientCert::new_with_certs(&chain, key)),
        Some(_) => Err(invalid_pem(path, "it holds no certificate")),
        None => Err(invalid_pem(path, "it holds no private key")),
    }
}

fn pem_items(path: &Path) -> io::Result<Vec<PemItem<'static>>> {
    let text = fs::read(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    ureq::tls::parse_pem(&text)
        .collect::<Result<_, _>>()
        .map_err(|_| invalid_pem(path, "it is not valid PEM"))
}

fn invalid_pem(path: &Path, why: &str) -> io::Error {
    let why = format!("could not read certificates of {}: {why}", path.display());
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400 - 784_111_777)),
            ("Sun, 06 Nov 1993 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("soon", None),
            ("-1", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn the_kind_says_whether_to_try_again() {
        use crate::error::is_transient;
        for (status, passes) in [
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (408, true),
            (429, true),
            (500, true),
            (501, false),
            (502, true),
            (503, true),
            (504, true),
            (507, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let error: io::Error = Refused { status, retry_after: None }.into();
            assert_eq!(is_transient(&error), passes, "{status}");
        }
    }
}
