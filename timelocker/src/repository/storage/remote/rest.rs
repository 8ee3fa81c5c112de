//! REST servers: restic's own, rclone's, and others that speak version 2 of their protocol.

use std::env;
use std::fmt;
use std::io;

use bytes::Bytes;
use serde::Deserialize;
use ureq::http::{Method, Request, StatusCode, header};
use zeroize::Zeroizing;

use super::http::{Answer, Client};
use super::store::{FileKind, Storage};
use super::url::{Credentials, ServerUrl, basic};
use crate::error::is_transient;
use crate::repository::storage::location::Location;

/// Listings with sizes, which servers have had since 2018.
const LISTING: &str = "application/vnd.x.restic.rest.v2";

/// A repository on a REST server.
pub(super) struct Rest {
    client: Client,
    url: ServerUrl,
    authorization: Option<Zeroizing<String>>,
}

impl Rest {
    /// A repository at a URL. The user and the password are those of the URL, then those of the
    /// location, then those of restic's variables.
    pub(super) fn new(url: &str, location: &Location) -> io::Result<Self> {
        let (url, in_url) = ServerUrl::parse(url)?;
        let credentials = in_url.or_else(|| location.credentials.clone()).or_else(from_environment);
        Ok(Self {
            client: Client::new(location)?,
            url,
            authorization: credentials.as_ref().map(basic),
        })
    }

    fn send(&self, method: Method, path: &str, sent: Sent<'_>) -> io::Result<Answer> {
        let mut request = Request::builder().method(method).uri(self.url.join(path));
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.as_str());
        }
        let mut body: &[u8] = &[];
        match sent {
            Sent::Nothing => {}
            Sent::WantsListing => request = request.header(header::ACCEPT, LISTING),
            Sent::Range { offset, end } => {
                request = request.header(header::RANGE, format!("bytes={offset}-{}", end - 1));
            }
            Sent::Body(bytes) => {
                request = request.header(header::CONTENT_TYPE, "application/octet-stream");
                body = bytes;
            }
        }
        let request = request.body(body).map_err(|_| {
            let why = "the URL, the user or the password is not valid";
            io::Error::new(io::ErrorKind::InvalidInput, why)
        })?;
        self.client.send(request)
    }
}

impl Rest {
    fn post(&self, path: &str, contents: &[u8]) -> io::Result<()> {
        let answer = self.send(Method::POST, path, Sent::Body(contents))?;
        if answer.status.is_success() { Ok(()) } else { Err(answer.refusal()) }
    }
}

/// What a request holds beside its path.
enum Sent<'a> {
    Nothing,
    WantsListing,
    Range { offset: u64, end: u64 },
    Body(&'a [u8]),
}

/// restic's variables.
fn from_environment() -> Option<Credentials> {
    let user = env::var("RESTIC_REST_USERNAME").ok()?;
    let password = env::var("RESTIC_REST_PASSWORD").unwrap_or_default();
    (!user.is_empty()).then(|| (user, Zeroizing::new(password)))
}

/// One file of a listing.
#[derive(Deserialize)]
struct Listed {
    name: String,
    size: u64,
}

/// The answer, if its status is the one that stands for success.
fn expect(answer: Answer, status: StatusCode) -> io::Result<Answer> {
    expect_status(&answer, status).map(|()| answer)
}

fn expect_status(answer: &Answer, status: StatusCode) -> io::Result<()> {
    if answer.status == status { Ok(()) } else { Err(answer.refusal()) }
}

impl Storage for Rest {
    fn create(&self) -> io::Result<()> {
        expect(self.send(Method::POST, "?create=true", Sent::Nothing)?, StatusCode::OK).map(drop)
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<(String, u64)>> {
        if kind == FileKind::Config {
            // A HEAD is refused by some proxies, and the file is small.
            return match self.read(kind, "") {
                Ok(config) => Ok(vec![(String::new(), config.len() as u64)]),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        let path = format!("{}/", kind.folder());
        // Servers create the folders with the repository, so that one that is missing is no empty
        // one: 404 is an error as any other.
        let answer = expect(self.send(Method::GET, &path, Sent::WantsListing)?, StatusCode::OK)?;
        // `null` and an empty answer are no listings either.
        let listed: Vec<Listed> = serde_json::from_slice(&answer.body).map_err(|error| {
            let why = format!("the server's listing of `{}` is not valid: {error}", kind.folder());
            // Cut off on its way, most likely: worth another try.
            io::Error::new(io::ErrorKind::ConnectionAborted, why)
        })?;
        Ok(listed.into_iter().map(|file| (file.name, file.size)).collect())
    }

    fn read(&self, kind: FileKind, name: &str) -> io::Result<Bytes> {
        let answer = self.send(Method::GET, &kind.path(name), Sent::Nothing)?;
        Ok(expect(answer, StatusCode::OK)?.body.into())
    }

    fn read_range(
        &self,
        kind: FileKind,
        name: &str,
        offset: u64,
        length: usize,
    ) -> io::Result<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let end = offset + length as u64;
        let answer = self.send(Method::GET, &kind.path(name), Sent::Range { offset, end })?;
        // A server may ignore the range.
        let skipped = if answer.status == StatusCode::OK { offset } else { 0 };
        if answer.status != StatusCode::OK {
            expect_status(&answer, StatusCode::PARTIAL_CONTENT)?;
        }
        let body = Bytes::from(answer.body);
        let start = usize::try_from(skipped).unwrap_or(usize::MAX).min(body.len());
        let body = body.slice(start..body.len().min(start.saturating_add(length)));
        if body.len() != length {
            let why = format!("the file is too short: {} bytes of {length} are there", body.len());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
        }
        Ok(body)
    }

    fn write(&self, kind: FileKind, name: &str, contents: Bytes) -> io::Result<()> {
        if kind == FileKind::Config && !self.list(kind)?.is_empty() {
            // Not every server refuses that by itself.
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.post(&kind.path(name), &contents)
    }

    fn replace_config(&self, contents: Bytes) -> io::Result<()> {
        let path = FileKind::Config.path("");
        match self.post(&path, &contents) {
            // rclone replaces a file in one step; restic's server keeps the one there is.
            Err(error) if !is_transient(&error) => {
                self.remove(FileKind::Config, "")?;
                self.post(&path, &contents)
            }
            written => written,
        }
    }

    fn remove(&self, kind: FileKind, name: &str) -> io::Result<()> {
        let answer = self.send(Method::DELETE, &kind.path(name), Sent::Nothing)?;
        match answer.status {
            status if status.is_success() => Ok(()),
            StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the server does not allow files to be removed: it is append-only, or the user may \
                 not remove",
            )),
            _ => Err(answer.refusal()),
        }
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("url", &self.url).finish_non_exhaustive()
    }
}
