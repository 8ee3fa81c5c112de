//! Repositories elsewhere than in a directory.
//!
//! [`http`] is the client of all of them, [`rest`] and [`opendal`] are the protocols above it, and
//! [`patient`] tries again and ends early, for files and locks alike.

mod adapter;
mod bucket;
mod http;
mod opendal;
mod patient;
mod rclone;
mod rest;
mod store;
mod url;

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::sync::Arc;

use self::opendal::Opendal;
use self::patient::Patient;
use self::rclone::Rclone;
use self::rest::Rest;
use self::store::Storage;
use super::location::{Kind, Location, s3_parts};
use super::place::Place;
use crate::error::Error;

/// Opens the place of a location that is no directory.
pub(in crate::repository) fn place(location: &Location) -> Result<Place, Error> {
    match &location.kind {
        Kind::Directory(path) => return Place::local(path),
        Kind::Storage(storage) => return Ok(Place::with(Arc::clone(storage))),
        _ => {}
    }
    let name = location.to_string();
    let patient = patient(location)
        .map_err(|error| Error::engine("use the repository", &name, error.into()))?;
    let until = patient.clone();
    Ok(Place {
        backend: Arc::new(patient.clone()),
        limited: None,
        until: Some(Arc::new(move |cancel| Arc::new(until.until(cancel)))),
        locks: Arc::new(patient),
        storage: None,
        location: name,
        directory: None,
    })
}

fn patient(location: &Location) -> io::Result<Patient> {
    let (storage, server): (Arc<dyn Storage>, _) = match &location.kind {
        Kind::Rest(url) => (Arc::new(Rest::new(url, location)?), None),
        Kind::Rclone(remote) => {
            let server = Rclone::start(remote, location.timeout)?;
            (Arc::new(Rest::new(server.url(), location)?), Some(server))
        }
        Kind::S3(url) => (Arc::new(Opendal::new("s3", s3_options(url, location), location)?), None),
        Kind::Opendal(service) => {
            (Arc::new(Opendal::new(service, options(location), location)?), None)
        }
        Kind::Directory(_) | Kind::Storage(_) => return Err(io::ErrorKind::Unsupported.into()),
    };
    Ok(Patient::new(storage, location, server))
}

fn options(location: &Location) -> BTreeMap<String, String> {
    location.options.iter().map(|(name, value)| (name.clone(), value.to_string())).collect()
}

/// Options of the service for a bucket; what the location has as an option comes first.
fn s3_options(url: &str, location: &Location) -> BTreeMap<String, String> {
    let mut options = options(location);
    let Some((endpoint, bucket, root)) = s3_parts(url) else { return options };
    let region = env::var("AWS_REGION")
        .or_else(|_| env::var("AWS_DEFAULT_REGION"))
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
    options
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_not_valid_is_shown_without_its_password() {
        for url in ["https://me:secret@host:99999/", "https://me:secret@", "https://me:sec/ret@h"] {
            let location: Location = format!("rest:{url}").parse().unwrap();
            let error = place(&location).unwrap_err();
            for said in [error.with_causes().to_string(), format!("{error:?}")] {
                assert!(!said.contains("secret") && !said.contains("ret@"), "{said}");
            }
            assert!(!error.is_transient());
        }
    }
}
