//! The lock files of a REST server.

use std::io;
use std::time::Duration;

use reqwest::Url;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::Deserialize;

use crate::repository::lock::{LockStore, is_name};

pub(super) struct RestLocks {
    client: Client,
    url: Url,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
}

impl RestLocks {
    pub(super) fn new(url: &str, timeout: Duration) -> io::Result<Self> {
        let url = Url::parse(&format!("{}/locks/", url.trim_end_matches('/')))
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let client = Client::builder().timeout(timeout).build().map_err(io::Error::other)?;
        Ok(Self { client, url })
    }

    fn file(&self, name: &str) -> io::Result<Url> {
        self.url.join(name).map_err(io::Error::other)
    }
}

fn send(request: RequestBuilder) -> io::Result<Response> {
    let response = request.send().map_err(io::Error::other)?;
    if response.status() == reqwest::StatusCode::NOT_FOUND {
        return Err(io::ErrorKind::NotFound.into());
    }
    response.error_for_status().map_err(io::Error::other)
}

impl LockStore for RestLocks {
    fn list(&self) -> io::Result<Vec<String>> {
        let request = self.client.get(self.url.clone());
        let listed = match send(request.header("Accept", "application/vnd.x.restic.rest.v2")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            response => response?.json::<Option<Vec<Listed>>>().map_err(io::Error::other)?,
        };
        let names = listed.unwrap_or_default().into_iter().map(|listed| listed.name);
        Ok(names.filter(|name| is_name(name)).collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let response = send(self.client.get(self.file(name)?))?;
        Ok(response.bytes().map_err(io::Error::other)?.to_vec())
    }

    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        send(self.client.post(self.file(name)?).body(contents.to_vec())).map(drop)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match send(self.client.delete(self.file(name)?)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            response => response.map(drop),
        }
    }
}
