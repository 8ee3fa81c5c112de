//! Services of opendal: S3 and many others.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::OnceLock;

use bytes::Bytes;
use opendal::layers::TimeoutLayer;
use opendal::{Buffer, ErrorKind, HttpBody, HttpTransport, HttpTransporter};
use opendal::{OperationContext, Operator};
use tokio::runtime::{Builder, Runtime};
use ureq::http::{Request, Response, StatusCode};

use super::bucket::Bucket;
use super::http::{Answer, Client, Refused};
use super::store::{FileKind, Storage};
use crate::repository::storage::location::Location;

/// A repository in a service of opendal.
pub(super) struct Opendal {
    operator: Operator,
    bucket: Option<Bucket>,
}

/// Runtime of what is no HTTP. What is runs on the thread that asks.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let runtime =
        RUNTIME.get_or_init(|| Builder::new_multi_thread().worker_threads(1).enable_all().build());
    runtime.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))
}

fn wait<T>(access: impl Future<Output = opendal::Result<T>>) -> io::Result<T> {
    runtime()?.block_on(access).map_err(failed)
}

impl Opendal {
    pub(super) fn new(
        service: &str,
        options: BTreeMap<String, String>,
        location: &Location,
    ) -> io::Result<Self> {
        let client = Client::new(location)?;
        let is_s3 = service == "s3";
        let bucket = is_s3.then(|| Bucket::new(client.clone(), &options)).flatten();
        let operator = Operator::via_iter(service, options).map_err(failed)?;
        let transport = HttpTransporter::new(Transport(client));
        let limit = location.timeout;
        let operator = operator
            .with_context(OperationContext::new().with_http_transport(transport))
            // For services that do not speak HTTP.
            .layer(TimeoutLayer::new().with_timeout(limit).with_io_timeout(limit));
        Ok(Self { operator, bucket })
    }
}

/// Path of a file; packs lie in folders by their first byte.
fn path(kind: FileKind, name: &str) -> String {
    match kind {
        FileKind::Pack => format!("data/{}/{name}", name.get(..2).unwrap_or_default()),
        _ => kind.path(name),
    }
}

impl Storage for Opendal {
    fn create(&self) -> io::Result<()> {
        if let Some(bucket) = &self.bucket {
            return match self.list(FileKind::Key) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => bucket.create(),
                listed => listed.map(drop),
            };
        }
        // Object stores have no folders; elsewhere a folder that is missing is an error.
        let capability = self.operator.info().capability();
        if capability.list_with_recursive || !capability.create_dir {
            return Ok(());
        }
        for kind in FileKind::IN_FOLDERS {
            wait(self.operator.create_dir(&format!("{}/", kind.folder())))?;
        }
        Ok(())
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<(String, u64)>> {
        if kind == FileKind::Config {
            return match self.read(kind, "") {
                Ok(config) => Ok(vec![(String::new(), config.len() as u64)]),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        let folder = format!("{}/", kind.folder());
        let listed = wait(async { self.operator.list_with(&folder).recursive(true).await })?;
        let files = listed.into_iter().filter(|entry| entry.metadata().is_file());
        Ok(files
            .map(|entry| (entry.name().to_owned(), entry.metadata().content_length()))
            .collect())
    }

    fn read(&self, kind: FileKind, name: &str) -> io::Result<Bytes> {
        wait(self.operator.read(&path(kind, name))).map(|buffer| buffer.to_bytes())
    }

    fn read_range(
        &self,
        kind: FileKind,
        name: &str,
        offset: u64,
        length: usize,
    ) -> io::Result<Bytes> {
        let path = path(kind, name);
        let range = offset..offset + length as u64;
        let read = wait(async { self.operator.read_with(&path).range(range).await })?.to_bytes();
        if read.len() != length {
            let why = format!("the file is too short: {} bytes of {length} are there", read.len());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
        }
        Ok(read)
    }

    fn write(&self, kind: FileKind, name: &str, contents: Bytes) -> io::Result<()> {
        let path = path(kind, name);
        if kind == FileKind::Config {
            if !self.list(kind)?.is_empty() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            if self.operator.info().capability().write_with_if_not_exists {
                let write =
                    async { self.operator.write_with(&path, contents).if_not_exists(true).await };
                return wait(write).map(drop);
            }
        }
        wait(self.operator.write(&path, contents)).map(drop)
    }

    fn replace_config(&self, contents: Bytes) -> io::Result<()> {
        wait(self.operator.write(&path(FileKind::Config, ""), contents)).map(drop)
    }

    fn remove(&self, kind: FileKind, name: &str) -> io::Result<()> {
        wait(self.operator.delete(&path(kind, name)))
    }
}

/// The error in our words, with the kind that says whether another try may help.
fn failed(error: opendal::Error) -> io::Error {
    let below = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    if let Some(below) = below {
        let refused = below.get_ref().and_then(|inner| inner.downcast_ref::<Refused>());
        return match refused {
            Some(refused) => refused.clone().into(),
            None => io::Error::new(below.kind(), below.to_string()),
        };
    }
    let no_bucket = error.message().contains("NoSuchBucket");
    let kind = match error.kind() {
        _ if no_bucket => io::ErrorKind::NotFound,
        ErrorKind::NotFound => io::ErrorKind::NotFound,
        ErrorKind::PermissionDenied => io::ErrorKind::PermissionDenied,
        ErrorKind::AlreadyExists | ErrorKind::ConditionNotMatch => io::ErrorKind::AlreadyExists,
        ErrorKind::RangeNotSatisfied => io::ErrorKind::UnexpectedEof,
        ErrorKind::ConfigInvalid => io::ErrorKind::InvalidInput,
        ErrorKind::Unsupported => io::ErrorKind::Unsupported,
        ErrorKind::RateLimited => io::ErrorKind::ResourceBusy,
        _ if error.is_temporary() => io::ErrorKind::ResourceBusy,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, message(&error))
}

/// What the service said, without the headers that opendal adds.
fn message(error: &opendal::Error) -> String {
    let said = error.message().lines().next().unwrap_or_default();
    // `S3Error { code: "AccessDenied", message: "Access Denied", .. }`
    let quoted = |field: &str| {
        let start = said.find(field)? + field.len();
        said[start..].split('"').next().filter(|text| !text.is_empty())
    };
    match (quoted("code: \""), quoted("message: \"")) {
        (Some(code), Some(message)) => format!("the service answered {code}: {message}"),
        (Some(code), None) => format!("the service answered {code}"),
        _ if error.kind() == ErrorKind::NotFound => "there is no such file".to_owned(),
        _ if error.kind() == ErrorKind::PermissionDenied => {
            "the service denied the access".to_owned()
        }
        _ if said.is_empty() => format!("the service failed ({})", error.kind()),
        _ => said.chars().take(200).collect(),
    }
}

/// The client as opendal uses it. It blocks the thread that asked, which waits for it in any case.
struct Transport(Client);

impl HttpTransport for Transport {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let is_listing = query.split('&').any(|parameter| parameter == "list-type=2");
        let uri = parts.uri.clone();
        let body = body.to_bytes();
        let answer = self.0.send(Request::from_parts(parts, &body[..])).map_err(passed)?;
        let is_busy = answer.status.is_server_error()
            || matches!(answer.status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        if is_busy {
            return Err(passed(answer.refusal()));
        }
        if is_listing && answer.status == StatusCode::OK && !is_whole_listing(&answer.body) {
            let why = "the service's listing is cut off or not valid";
            return Err(passed(io::Error::new(io::ErrorKind::ConnectionAborted, why)));
        }
        let Answer { status, headers, body } = answer;
        let mut response = Response::builder().status(status).extension(uri);
        if let Some(of_response) = response.headers_mut() {
            *of_response = headers;
        }
        let chunk = (!body.is_empty()).then(|| Ok(Buffer::from(body)));
        let body = HttpBody::new(futures_util::stream::iter(chunk), None);
        response.body(body).map_err(|error| passed(io::Error::other(error)))
    }
}

/// An error on its way through opendal.
fn passed(error: io::Error) -> opendal::Error {
    opendal::Error::new(ErrorKind::Unexpected, error.to_string()).set_source(error)
}

/// True if a page of a listing of S3 is whole. Its parser takes a document without any field for an
/// empty listing.
fn is_whole_listing(xml: &[u8]) -> bool {
    let Ok(xml) = std::str::from_utf8(xml) else { return false };
    let field = |name: &str| {
        let start = xml.find(&format!("<{name}>"))? + name.len() + 2;
        xml[start..].split('<').next().map(str::trim)
    };
    let is_continued = match field("IsTruncated") {
        Some("false") => false,
        Some("true") => true,
        _ => return false,
    };
    let has_next = field("NextContinuationToken").is_some_and(|token| !token.is_empty());
    let found = xml.matches("<Contents>").count() + xml.matches("<CommonPrefixes>").count();
    let count = field("KeyCount").map(str::parse);
    xml.trim_end().ends_with("</ListBucketResult>")
        && (!is_continued || has_next)
        && count.is_none_or(|count| count == Ok(found))
}

impl fmt::Debug for Opendal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opendal").field("info", &self.operator.info()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_listing_is_none() {
        let page = "<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name><KeyCount>1</KeyCount>\
                    <IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>\
                    </ListBucketResult>\n";
        assert!(is_whole_listing(page.as_bytes()));
        for end in 0..page.trim_end().len() {
            assert!(!is_whole_listing(&page.as_bytes()[..end]), "{end}");
        }
        for wrong in [
            String::from("<ListBucketResult></ListBucketResult>"),
            page.replace("<KeyCount>1<", "<KeyCount>2<"),
            page.replace(">false<", ">true<"),
            "null".to_owned(),
        ] {
            assert!(!is_whole_listing(wrong.as_bytes()), "{wrong}");
        }
        let more = page.replace(
            ">false</IsTruncated>",
            ">true</IsTruncated><NextContinuationToken>x</NextContinuationToken>",
        );
        assert!(is_whole_listing(more.as_bytes()));
    }
}
