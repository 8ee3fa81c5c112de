//! rclone as a server of its own, for one repository.

use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

use rand::distr::{Alphanumeric, SampleString};
use zeroize::Zeroizing;

/// A running `rclone serve restic`, which ends when this is dropped.
pub(super) struct Rclone {
    child: Child,
    /// With the password that only this process and rclone know.
    url: Zeroizing<String>,
}

impl Rclone {
    pub(super) fn start(remote: &str) -> io::Result<Self> {
        let password = Zeroizing::new(Alphanumeric.sample_string(&mut rand::rng(), 32));
        let mut child = Command::new("rclone")
            .args(["serve", "restic", "--addr", "127.0.0.1:0", "--", remote])
            .env("RCLONE_USER", "timelocker")
            .env("RCLONE_PASS", &*password)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("rclone: {error}")))?;
        let stderr = child.stderr.take().map(BufReader::new);
        let mut server = Self { child, url: Zeroizing::default() };
        let mut said = String::new();
        let mut lines = stderr.into_iter().flat_map(BufRead::lines);
        for line in &mut lines {
            let line = line?;
            if let Some(url) = served_at(&line) {
                let address = url.trim_start_matches("http://");
                server.url =
                    Zeroizing::new(format!("http://timelocker:{}@{address}", password.as_str()));
                // What it says from now on is read, lest it waits for a reader.
                thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
            said = line;
        }
        Err(io::Error::other(format!("rclone ended at once: {said}")))
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
mod tests {
    use super::served_at;

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
