//! rclone as a server of its own, for one repository.

use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rand::distr::{Alphanumeric, SampleString};
use zeroize::Zeroizing;

use crate::repository::storage::location::redacted_remote;

/// A running `rclone serve restic`, which ends when this is dropped.
pub(super) struct Rclone {
    child: Child,
    /// With the password that only this process and rclone know.
    url: Zeroizing<String>,
}

impl Rclone {
    /// Starts it, and waits as long as may be until it serves.
    pub(super) fn start(remote: &str, patience: Duration) -> io::Result<Self> {
        let mut command = Command::new("rclone");
        command.args(["serve", "restic", "--addr", "127.0.0.1:0", "--", remote]);
        Self::run(command, remote, patience)
    }

    fn run(mut command: Command, remote: &str, patience: Duration) -> io::Result<Self> {
        let password = Zeroizing::new(Alphanumeric.sample_string(&mut rand::rng(), 32));
        let mut child = command
            .env("RCLONE_USER", "timelocker")
            .env("RCLONE_PASS", &*password)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("rclone: {error}")))?;
        let stderr = child.stderr.take();
        // From here on it ends with this.
        let mut server = Self { child, url: Zeroizing::default() };
        let (tell, told) = channel();
        thread::Builder::new().name("timelocker-rclone".to_owned()).spawn(move || {
            let lines = stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).split(b'\n'));
            // What it says is read to its end, lest it waits for a reader.
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(String::from_utf8_lossy(&line).into_owned());
            }
        })?;
        let began = Instant::now();
        let mut said = String::new();
        loop {
            match told.recv_timeout(patience.saturating_sub(began.elapsed())) {
                Ok(line) => match served_at(&line) {
                    Some(url) => {
                        let address = url.trim_start_matches("http://");
                        let url = format!("http://timelocker:{}@{address}", password.as_str());
                        server.url = Zeroizing::new(url);
                        return Ok(server);
                    }
                    None => said = line.replace(remote, &redacted_remote(remote)),
                },
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other(format!("rclone ended at once: {said}")));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let why = format!("rclone did not serve within {patience:?}: {said}");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                }
            }
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// The address in `.. Serving restic REST API on http://127.0.0.1:1234/`, which newer ones put in
/// brackets.
fn served_at(line: &str) -> Option<&str> {
    let at = line.find("Serving restic REST API on ")?;
    line[at..].rsplit(' ').next().map(|url| url.trim_matches(['[', ']']))
}

impl Drop for Rclone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Rclone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rclone").field("process", &self.child.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A program that says something, in the place of rclone.
    fn run(script: &str, patience: Duration) -> io::Result<Rclone> {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        Rclone::run(shell, "box,pass=hidden:", patience)
    }

    #[test]
    fn it_is_given_up_when_it_does_not_serve() {
        let hung = "echo odd >&2; exec tail -f /dev/null";
        let error = run(hung, Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let failed = "printf '\\377\\nno remote \"box,pass=hidden:\"\\n' >&2";
        let error = run(failed, Duration::MAX).unwrap_err().to_string();
        assert_eq!(error, "rclone ended at once: no remote \"box,***:\"");
        let served = "echo 'Serving restic REST API on [http://127.0.0.1:1/]' >&2; \
                      exec tail -f /dev/null";
        let server = run(served, Duration::MAX).unwrap();
        let password = server.url().strip_prefix("http://timelocker:").unwrap();
        assert!(password.ends_with("@127.0.0.1:1/") && password.len() == 32 + 13, "{password}");
    }

    #[test]
    fn the_address_is_found() {
        let old = "2023/01/01 NOTICE: Local file system at /x: Serving restic REST API on http://127.0.0.1:1234/";
        let new =
            "NOTICE: Local file system at /x: Serving restic REST API on [http://127.0.0.1:1234/]";
        for line in [old, new] {
            assert_eq!(served_at(line), Some("http://127.0.0.1:1234/"));
        }
        assert_eq!(served_at("Failed to serve"), None);
    }
}
