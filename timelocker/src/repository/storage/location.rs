//! Where a repository is, as one writes it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Storage;
use super::retries::{Retry, RetryHook};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::password::Password;

/// Where a repository is, and how it is reached.
///
/// | written | means |
/// |---|---|
/// | `/mnt/backups`, `local:/mnt/backups` | a directory |
/// | `rest:https://me:secret@backup.example/home` | a REST server, restic's or rclone's |
/// | `rclone:remote:path` | a remote of rclone, which has to be installed |
/// | `s3:https://s3.example/bucket/prefix` | a bucket of S3 or what speaks like it; the keys are those of `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` |
/// | `opendal:b2`, with [options](Self::option) | a service of opendal |
///
/// All but directories take the feature `remote`.
///
/// ```
/// use std::time::Duration;
/// use timelocker::repository::Location;
///
/// let location: Location = "rest:https://me:secret@backup.example/home".parse()?;
/// let location = location.timeout(Duration::from_secs(60));
/// // No secret is shown.
/// assert_eq!(location.to_string(), "rest:https://me:***@backup.example/home");
/// # Ok::<(), timelocker::Error>(())
/// ```
#[derive(Clone)]
pub struct Location {
    pub(in crate::repository) kind: Kind,
    pub(in crate::repository) options: BTreeMap<String, Zeroizing<String>>,
    pub(in crate::repository) credentials: Option<(String, Zeroizing<String>)>,
    pub(in crate::repository) timeout: Duration,
    pub(in crate::repository) bandwidth: Option<u64>,
    #[cfg_attr(not(feature = "remote"), allow(dead_code))]
    pub(super) server: Server,
}

/// How a server is reached.
#[derive(Clone)]
#[cfg_attr(not(feature = "remote"), allow(dead_code))]
pub(super) struct Server {
    pub(super) retry_window: Duration,
    pub(super) connections: usize,
    pub(super) ca_certificates: Option<PathBuf>,
    pub(super) client_certificate: Option<PathBuf>,
    pub(super) cancel: Option<CancelToken>,
    pub(super) retry_hook: Option<RetryHook>,
}

#[derive(Clone)]
pub(in crate::repository) enum Kind {
    Directory(PathBuf),
    Rest(Zeroizing<String>),
    Rclone(String),
    S3(String),
    Opendal(String),
    Storage(Arc<dyn Storage>),
}

/// Longest silence of a server, as restic's.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Time for which an access is tried again, as restic's.
const RETRY_WINDOW: Duration = Duration::from_secs(15 * 60);

/// Number of accesses at a time, as restic's.
const CONNECTIONS: usize = 5;

impl Location {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            options: BTreeMap::new(),
            credentials: None,
            timeout: TIMEOUT,
            bandwidth: None,
            server: Server {
                retry_window: RETRY_WINDOW,
                connections: CONNECTIONS,
                ca_certificates: None,
                client_certificate: None,
                cancel: None,
                retry_hook: None,
            },
        }
    }

    /// A directory of this machine, whatever its path looks like.
    #[must_use]
    pub fn directory(path: impl AsRef<Path>) -> Self {
        Self::of(Kind::Directory(path.as_ref().to_path_buf()))
    }

    /// A place of your own: anything that implements [`Storage`].
    #[must_use]
    pub fn storage(storage: impl Storage + 'static) -> Self {
        Self::of(Kind::Storage(Arc::new(storage)))
    }

    /// Sets an option of the service: `region`, say, of S3. Which there are is said where opendal
    /// describes its services. A value may be a secret: it is never shown.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), Zeroizing::new(value.into()));
        self
    }

    /// By whom, and with which password, a server is asked: the user of a REST server, or of S3 the
    /// access key and its secret. The password comes from where passwords come from: a variable, a
    /// file, a command, the keyring, a prompt. Those of the location itself, or of its options, come
    /// first.
    ///
    /// ```no_run
    /// use timelocker::repository::{Location, Password};
    ///
    /// let location: Location = "s3:https://s3.example/bucket".parse()?;
    /// let location = location.credentials("AKIA..", &Password::from_command("pass show s3")?);
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    #[must_use]
    pub fn credentials(mut self, user: impl Into<String>, password: &Password) -> Self {
        self.credentials = Some((user.into(), Zeroizing::new(password.text().to_owned())));
        self
    }

    /// Sets an option of the service to a secret that comes from where passwords come from.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, secret: &Password) -> Self {
        self.options.insert(name.into(), Zeroizing::new(secret.text().to_owned()));
        self
    }

    /// Longest silence of a server: five minutes by default. An access during which the server sends
    /// and takes nothing for this long has failed, and is tried again. A large file on a slow line may
    /// take as long as it needs.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Time for which an access that failed for a passing reason is tried again: 15 minutes by
    /// default, and zero for never.
    ///
    /// Passing reasons are connections that break, time-outs, and a server that answers 408, 429 or
    /// 5xx. The delay between two tries doubles from 0.2 to 30 seconds; a `Retry-After` of the
    /// server makes it longer.
    #[must_use]
    pub fn retry_window(mut self, window: Duration) -> Self {
        self.server.retry_window = window;
        self
    }

    /// Calls this whenever an access failed and is going to be tried again.
    ///
    /// ```
    /// use timelocker::repository::Location;
    ///
    /// let location: Location = "rest:https://backup.example/home".parse()?;
    /// let location = location.on_retry(|retry| eprintln!("{retry}"));
    /// # Ok::<(), timelocker::Error>(())
    /// ```
    #[must_use]
    pub fn on_retry(mut self, hook: impl Fn(&Retry) + Send + Sync + 'static) -> Self {
        self.server.retry_hook = Some(RetryHook::new(hook));
        self
    }

    /// Token that ends every access to a server, while the repository is opened too. An operation
    /// with a token of its own ends by either.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Self {
        self.server.cancel = Some(token);
        self
    }

    /// Maximum number of accesses to a server at a time: 5 by default.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.server.connections = connections.max(1);
        self
    }

    /// PEM file of the certificates that a server is checked against, in place of the system's.
    #[must_use]
    pub fn ca_certificates(mut self, path: impl Into<PathBuf>) -> Self {
        self.server.ca_certificates = Some(path.into());
        self
    }

    /// PEM file of the certificate and the private key that a server is shown.
    #[must_use]
    pub fn client_certificate(mut self, path: impl Into<PathBuf>) -> Self {
        self.server.client_certificate = Some(path.into());
        self
    }

    /// How many bytes a second may be read and written; any number, if it is not set.
    #[must_use]
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        self.bandwidth = Some(bytes_per_second.max(1));
        self
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::directory(path)
    }
}

impl FromStr for Location {
    type Err = Error;

    /// Reads what one writes; a text without one of the words in front is a path.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |why| Err(Error::location(&redacted(text), why));
        let Some((scheme, rest)) = text.split_once(':') else { return Ok(Self::directory(text)) };
        let is_url = |rest: &str| rest.starts_with("http://") || rest.starts_with("https://");
        Ok(Self::of(match scheme {
            "local" => Kind::Directory(rest.into()),
            "rest" if is_url(rest) => Kind::Rest(Zeroizing::new(rest.to_owned())),
            "rest" => return wrong("after `rest:` it has to go on with `https://` or `http://`"),
            "rclone" if rest.contains(':') => Kind::Rclone(rest.to_owned()),
            "rclone" => return wrong("write the remote and the path: `rclone:remote:path`"),
            "s3" if is_url(rest) && s3_parts(rest).is_some() => Kind::S3(rest.to_owned()),
            "s3" => {
                return wrong("write the server and the bucket: `s3:https://server/bucket/path`");
            }
            "opendal" if !rest.is_empty() => Kind::Opendal(rest.to_owned()),
            "opendal" => return wrong("name the service: `opendal:b2`"),
            // A path may hold a colon.
            _ if scheme.contains('/') || scheme.is_empty() => Kind::Directory(text.into()),
            _ => {
                return wrong(
                    "the words in front are `local`, `rest`, `rclone`, `s3` and `opendal`; begin \
                     a path that holds a colon with `/` or `./`",
                );
            }
        }))
    }
}

/// Server, bucket and path of `https://server/bucket/path`.
pub(in crate::repository) fn s3_parts(url: &str) -> Option<(&str, &str, &str)> {
    let host = url.find("://")? + 3;
    let bucket = host + url[host..].find('/')? + 1;
    let end = url[bucket..].find('/').map_or(url.len(), |end| bucket + end);
    let path = url[end..].trim_matches('/');
    (bucket < end).then(|| (&url[..bucket - 1], &url[bucket..end], path))
}

/// A location as it was written, without the password in it, even if it is no location.
fn redacted(text: &str) -> String {
    let Some(start) = text.find("://").map(|at| at + 3) else {
        // What stands before the colon is a user, unless it is one of the words.
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_word = ["local", "rest", "rclone", "s3", "opendal"].contains(&scheme);
        return without_password(text, if is_word { scheme.len() + 1 } else { 0 }, text.len());
    };
    let end = text[start..].find('/').map_or(text.len(), |end| start + end);
    let server = &text[start..end];
    // A password with a slash in it makes the URL a wrong one, and is a secret still: with an `@`
    // further on, nobody can tell where it ends.
    let is_cut = match server.rfind('@') {
        Some(at) => server[..at].contains(':') && text[end..].contains('@'),
        None => {
            !server.ends_with(']')
                && server.rsplit_once(':').is_some_and(|(_, port)| !is_port(port))
        }
    };
    without_password(text, start, if is_cut { text.len() } else { end })
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text without what stands between a colon and the last `@` in a part of it.
fn without_password(text: &str, start: usize, end: usize) -> String {
    let Some(at) = text[start..end].rfind('@').map(|at| start + at) else {
        return text.to_owned();
    };
    match text[start..at].find(':').map(|colon| start + colon) {
        Some(colon) => format!("{}***{}", &text[..=colon], &text[at..]),
        None => text.to_owned(),
    }
}

/// A remote of rclone without the options that may stand beside its name, if one of them is a secret
/// by its name: `remote,pass=secret:path`.
pub(in crate::repository) fn redacted_remote(remote: &str) -> String {
    let begin = remote.len() - remote.trim_start_matches(':').len();
    let comma = remote[begin..].find([',', ':']).map(|at| begin + at);
    let Some(options) = comma.filter(|&at| remote[at..].starts_with(',')) else {
        return remote.to_owned();
    };
    let path = remote.rfind(':').filter(|&at| at > options).unwrap_or(remote.len());
    let written = remote[options..path].to_ascii_lowercase();
    if !["pass", "secret", "token", "key", "auth"].iter().any(|word| written.contains(word)) {
        return remote.to_owned();
    }
    format!("{},***{}", &remote[..options], &remote[path..])
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Directory(path) => write!(f, "{}", path.display()),
            Kind::Rest(url) => write!(f, "rest:{}", redacted(url)),
            Kind::Rclone(remote) => write!(f, "rclone:{}", redacted_remote(remote)),
            Kind::S3(url) => write!(f, "s3:{}", redacted(url)),
            Kind::Opendal(service) => write!(f, "opendal:{service}"),
            Kind::Storage(storage) => f.write_str(&storage.location()),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location")
            .field("location", &self.to_string())
            .field("options", &self.options.keys())
            .field("credentials", &self.credentials.as_ref().map(|(user, _)| user))
            .field("timeout", &self.timeout)
            .field("bandwidth", &self.bandwidth)
            .finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_and_shown_without_secrets() {
        let cases = [
            ("/mnt/backups", "/mnt/backups"),
            ("backups", "backups"),
            ("local:/mnt", "/mnt"),
            ("./a:b", "./a:b"),
            ("/a:b", "/a:b"),
            ("rest:http://127.0.0.1:8000/", "rest:http://127.0.0.1:8000/"),
            ("rest:https://me:secret@host/a%40b:c", "rest:https://me:***@host/a%40b:c"),
            // The password may be all of `sec@ret/secret`.
            ("rest:https://me:sec@ret/secret@host/x", "rest:https://me:***@host/x"),
            ("rest:https://me:sec?ret@host/x", "rest:https://me:***@host/x"),
            ("rest:https://me:sec?ret/@host/x", "rest:https://me:***@host/x"),
            ("rest:https://me:se@cret@host", "rest:https://me:***@host"),
            ("rest:https://me@host/", "rest:https://me@host/"),
            ("rest:https://[::1]/a@b", "rest:https://[::1]/a@b"),
            ("rest:https://host:8000/a@b", "rest:https://host:8000/a@b"),
            ("rest:https://me:sec/ret@host/x", "rest:https://me:***@host/x"),
            ("rclone:box:home/me", "rclone:box:home/me"),
            ("rclone:box:a,pass:c", "rclone:box:a,pass:c"),
            ("rclone:box,transfers=4:home", "rclone:box,transfers=4:home"),
            ("rclone:box,pass=hidden:home/me", "rclone:box,***:home/me"),
            ("rclone::sftp,host=h,pass=\"hid:den\":home", "rclone::sftp,***:home"),
            ("s3:https://s3.example/bucket", "s3:https://s3.example/bucket"),
            ("opendal:b2", "opendal:b2"),
        ];
        for (text, shown) in cases {
            let location: Location = text.parse().unwrap();
            assert_eq!(location.to_string(), shown);
            let location = location
                .option("secret_access_key", "hidden")
                .secret("token", &Password::new("hidden"))
                .credentials("me", &Password::new("hidden"));
            let debug = format!("{location:?}");
            assert!(!debug.contains("secret@") && !debug.contains("cret@"), "{debug}");
            assert!(!debug.contains("hidden") && !debug.contains("ret@"), "{debug}");
        }
        let wrong =
            ["sftp:host:/x", "rest:host", "rclone:x", "s3:bucket", "s3:https://host/", "opendal:"];
        for text in wrong {
            let error = text.parse::<Location>().unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
        let secrets = [
            "ftp://me:secret@host",
            "rest:me:secret@host/",
            "rest://me:secret@host/",
            "s3:key:secret@host/bucket",
            "me:secret@host",
            "sftp:me:secret@host:/x",
        ];
        for text in secrets {
            let error = text.parse::<Location>().unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn parts_of_buckets() {
        assert_eq!(s3_parts("http://h:1/b/a/c/"), Some(("http://h:1", "b", "a/c")));
        assert_eq!(s3_parts("https://h/b"), Some(("https://h", "b", "")));
        assert_eq!(s3_parts("https://h/"), None);
        assert_eq!(s3_parts("https://h"), None);
    }
}
