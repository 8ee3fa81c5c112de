//! What a lock file says, and when it says nothing any more.

use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, User, getgid, gethostname, getuid};
use rustic_core::jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::quoted::Quoted;

/// A lock is refreshed long before: so old, its holder is gone or asleep. The same as restic's.
pub(super) const STALE: Duration = Duration::from_secs(30 * 60);

/// What the holder of a lock does in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repository) enum Purpose {
    /// Reads what is there.
    Read,
    /// Adds a snapshot. Beside it others may read, and restic may back up.
    Backup,
    /// Removes: nobody else may be there.
    Exclusive,
}

/// A lock file: restic's fields, and one of ours that restic does not look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LockFile {
    time: Timestamp,
    #[serde(default)]
    exclusive: bool,
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    pid: i64,
    #[serde(default)]
    uid: u32,
    #[serde(default)]
    gid: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timelocker: Option<String>,
}

const BACKUP: &str = "backup";

impl LockFile {
    pub(super) fn of_this_process(purpose: Purpose) -> Self {
        let uid = getuid();
        Self {
            time: Timestamp::now(),
            exclusive: purpose == Purpose::Exclusive,
            hostname: host_name(),
            username: User::from_uid(uid).ok().flatten().map(|user| user.name).unwrap_or_default(),
            pid: i64::from(std::process::id()),
            uid: uid.as_raw(),
            gid: getgid().as_raw(),
            timelocker: (purpose == Purpose::Backup).then(|| BACKUP.to_owned()),
        }
    }

    pub(super) fn to_json(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Reads a decrypted file: plain, or, as restic writes it now, compressed.
    pub(super) fn from_plain(plain: &[u8]) -> io::Result<Self> {
        const COMPRESSED: u8 = 2;
        let file = match plain.split_first() {
            Some((&COMPRESSED, packed)) => serde_json::from_slice(&zstd::decode_all(packed)?),
            _ => serde_json::from_slice(plain),
        };
        Ok(file?)
    }

    /// Whether nobody holds it any more: not refreshed for too long, or of a process of this host
    /// that has ended.
    pub(super) fn is_stale(&self, now: SystemTime) -> bool {
        let age = now.duration_since(SystemTime::from(self.time)).unwrap_or_default();
        age > STALE || (self.hostname == host_name() && !is_running(self.pid))
    }

    /// When it was last refreshed.
    pub(super) fn time(&self) -> SystemTime {
        self.time.into()
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.exclusive
    }

    pub(super) fn is_of_this_process(&self) -> bool {
        self.hostname == host_name() && self.pid == i64::from(std::process::id())
    }

    pub(super) fn conflicts_with(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Exclusive => true,
            Purpose::Read => self.exclusive,
            Purpose::Backup => self.exclusive || self.timelocker.as_deref() == Some(BACKUP),
        }
    }
}

/// Who holds the lock, since when.
impl fmt::Display for LockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, host) = (Quoted::text(&self.username), Quoted::text(&self.hostname));
        write!(f, "{user}@{host}, process {}, seen at {:.0}", self.pid, self.time)
    }
}

fn host_name() -> String {
    gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether there is such a process. One that may not be asked is one.
fn is_running(pid: i64) -> bool {
    match i32::try_from(pid) {
        // 0 and below stand for groups of processes.
        Ok(pid) if pid > 0 => kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(age: Duration) -> LockFile {
        let mut lock = LockFile::of_this_process(Purpose::Read);
        lock.time = Timestamp::try_from(SystemTime::now() - age).unwrap();
        lock
    }

    #[test]
    fn what_restic_writes_is_read() {
        let json = r#"{"time":"2023-05-07T18:02:11.123456789+02:00","exclusive":true,
            "hostname":"elsewhere","username":"me","pid":4711,"uid":1000,"gid":1000}"#;
        let plain = LockFile::from_plain(json.as_bytes()).unwrap();
        let mut packed = vec![2];
        packed.extend(zstd::encode_all(json.as_bytes(), 3).unwrap());
        let unpacked = LockFile::from_plain(&packed).unwrap();
        for lock in [plain, unpacked] {
            assert!(lock.conflicts_with(Purpose::Read) && lock.conflicts_with(Purpose::Backup));
            let text = lock.to_string();
            assert_eq!(text, "me@elsewhere, process 4711, seen at 2023-05-07T16:02:11Z");
        }
        assert!(LockFile::from_plain(b"").is_err());
    }

    #[test]
    fn who_goes_beside_whom() {
        use Purpose::{Backup, Exclusive, Read};
        let beside = |first, second| !LockFile::of_this_process(first).conflicts_with(second);
        assert!(beside(Read, Read) && beside(Read, Backup) && beside(Backup, Read));
        assert!(!beside(Backup, Backup));
        for other in [Read, Backup, Exclusive] {
            assert!(!beside(Exclusive, other) && !beside(other, Exclusive));
        }
    }

    #[test]
    fn stale_is_what_is_old_or_of_an_ended_process() {
        let now = SystemTime::now();
        assert!(!at(Duration::ZERO).is_stale(now));
        assert!(!at(STALE - Duration::from_secs(60)).is_stale(now));
        assert!(at(STALE + Duration::from_secs(60)).is_stale(now));

        // Above the largest number that Linux gives.
        let mut ended = at(Duration::ZERO);
        ended.pid = i64::from(i32::MAX);
        assert!(ended.is_stale(now));
        ended.hostname = "elsewhere".to_owned();
        assert!(!ended.is_stale(now));

        // A clock that runs ahead.
        let mut future = at(Duration::ZERO);
        future.time = Timestamp::try_from(now + Duration::from_secs(3600)).unwrap();
        assert!(!future.is_stale(now));
    }
}
