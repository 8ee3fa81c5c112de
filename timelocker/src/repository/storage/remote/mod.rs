//! Repositories elsewhere than in a directory.

mod opendal_locks;
mod rclone;
mod rest;
mod rest_locks;
mod timed;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use rustic_backend::{OpenDALBackend, RestBackend};
use rustic_core::WriteBackend;
use zeroize::Zeroizing;

use self::opendal_locks::OpendalLocks;
use self::rclone::Rclone;
use self::rest::Rest;
use self::rest_locks::RestLocks;
use self::timed::Timed;
use super::layer::Layered;
use super::location::{Kind, Location, s3_parts};
use super::place::Place;
use crate::error::Error;
use crate::repository::engine::guarded;
use crate::repository::lock::LockStore;

/// Opens the place of a location that is no directory.
pub(in crate::repository) fn place(location: &Location) -> Result<Place, Error> {
    let name = location.to_string();
    let options: BTreeMap<String, String> =
        location.options.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    let (backend, locks): (Arc<dyn WriteBackend>, Arc<dyn LockStore>) = match &location.kind {
        Kind::Rest(url) => {
            let url = with_credentials(url, location)
                .map_err(|error| Error::engine("use the repository", &name, error.into()))?;
            rest(&url, &name, options, location.timeout, None)?
        }
        Kind::Rclone(remote) => {
            let server = Rclone::start(remote, location.timeout)
                .map_err(|error| Error::engine("start rclone for", &name, error.into()))?;
            let url = Zeroizing::new(server.url().to_owned());
            rest(&url, &name, options, location.timeout, Some(server))?
        }
        Kind::S3(url) => {
            let mut options = options;
            if let Some((endpoint, bucket, root)) = s3_parts(url) {
                let region = std::env::var("AWS_REGION")
                    .or_else(|_| std::env::var("AWS_DEFAULT_REGION"))
                    .unwrap_or_else(|_| "us-east-1".to_owned());
                let credentials = location.credentials.as_ref();
                for (name, value) in [
                    ("endpoint", Some(endpoint)),
                    ("bucket", Some(bucket)),
                    ("root", Some(root)),
                    ("region", Some(&*region)),
                    ("access_key_id", credentials.map(|(user, _)| &**user)),
                    ("secret_access_key", credentials.map(|(_, password)| password.as_str())),
                ] {
                    let Some(value) = value else { continue };
                    options.entry(name.to_owned()).or_insert_with(|| value.to_owned());
                }
            }
            opendal("s3", &name, options, location.timeout)?
        }
        Kind::Opendal(service) => opendal(service, &name, options, location.timeout)?,
        Kind::Directory(path) => return Place::local(path),
    };
    Ok(Place {
        backend: Arc::new(Layered::new(Timed::new(location.timeout), backend)),
        limited: None,
        locks,
        location: name,
        directory: None,
    })
}

/// A URL with the user and the password of the location, unless it has its own.
fn with_credentials(url: &str, location: &Location) -> io::Result<Zeroizing<String>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    // What the engine says of a URL that it can't read shows all of it, with a password.
    let parsed = Url::parse(url).map_err(|error| invalid(error.to_string()))?;
    let Some((user, password)) = &location.credentials else {
        return Ok(Zeroizing::new(url.to_owned()));
    };
    let mut url = parsed;
    if url.username().is_empty() && url.password().is_none() {
        let set = url.set_username(user).and_then(|()| url.set_password(Some(password)));
        set.map_err(|()| invalid("there is no server in the URL to log in to".to_owned()))?;
    }
    Ok(Zeroizing::new(url.into()))
}

type Both = (Arc<dyn WriteBackend>, Arc<dyn LockStore>);

fn rest(
    url: &str,
    name: &str,
    mut options: BTreeMap<String, String>,
    timeout: Duration,
    server: Option<Rclone>,
) -> Result<Both, Error> {
    // Repetitions and all are within the time-out of an access.
    let seconds = timeout.as_secs().max(1);
    options.entry("timeout".to_owned()).or_insert_with(|| format!("{seconds}s"));
    options.entry("retry".to_owned()).or_insert_with(|| "3".to_owned());
    let backend = guarded("use the repository", name, || RestBackend::new(url, options))?;
    let locks = RestLocks::new(url, timeout)
        .map_err(|error| Error::engine("use the repository", name, error.into()))?;
    Ok((Arc::new(Rest::new(backend, server)), Arc::new(locks)))
}

fn opendal(
    service: &str,
    name: &str,
    options: BTreeMap<String, String>,
    timeout: Duration,
) -> Result<Both, Error> {
    let locks = OpendalLocks::new(service, options.clone(), timeout)
        .map_err(|error| Error::engine("use the repository", name, error.into()))?;
    let backend = guarded("use the repository", name, || OpenDALBackend::new(service, options))?;
    Ok((Arc::new(backend), Arc::new(locks)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::repository::Password;

    #[test]
    fn credentials_go_into_a_url_without() {
        let cases = [
            ("http://host:80/a/", "http://me:p%40ss%3A%2Fword@host/a/"),
            ("https://you:own@host/", "https://you:own@host/"),
            ("https://you@host/", "https://you@host/"),
        ];
        for (url, expected) in cases {
            let location: Location = format!("rest:{url}").parse().unwrap();
            assert_eq!(*with_credentials(url, &location).unwrap(), url);
            let location = location.credentials("me", &Password::new("p@ss:/word"));
            assert_eq!(*with_credentials(url, &location).unwrap(), expected);
        }
    }

    #[test]
    fn a_url_that_is_none_is_told_without_its_password() {
        for url in
            ["https://me:secret@host:99999/", "https://me:sec/ret@host", "https://me:secret@"]
        {
            let location: Location = format!("rest:{url}").parse().unwrap();
            let error = place(&location).unwrap_err();
            for said in [error.with_causes().to_string(), format!("{error:?}")] {
                assert!(!said.contains("secret") && !said.contains("ret@"), "{said}");
            }
            assert!(!error.is_transient());
        }
    }
}
