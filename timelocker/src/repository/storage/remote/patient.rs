//! One policy for every access to a server: try again while that may help, say so, and end at once
//! when the operation is cancelled.

use std::fmt;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngExt;

use super::http::Refused;
use super::rclone::Rclone;
use super::store::{FileKind, Storage};
use crate::cancel::CancelToken;
use crate::error::{WasCancelled, is_transient};
use crate::repository::engine::cipher::name_of;
use crate::repository::storage::location::Location;
use crate::repository::storage::retries::{Retry, RetryHook};

/// Delay before the second try; it doubles with each one.
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// Longest delay that the server did not ask for.
const MAX_DELAY: Duration = Duration::from_secs(30);

/// How often a waiting access looks at the tokens.
const TICK: Duration = Duration::from_millis(50);

/// Time that a write in progress, or the removal of a lock, has after the operation was cancelled.
const GRACE: Duration = Duration::from_secs(3);

/// A storage whose accesses are tried again, and can be cancelled.
///
/// Each access runs on a thread of its own. One that hangs when the operation is cancelled keeps its
/// thread until the server answers or the time-out ends it, and nothing waits for it.
#[derive(Clone)]
pub(super) struct Patient {
    below: Arc<dyn Storage>,
    window: Duration,
    cancel: Vec<CancelToken>,
    hook: Option<RetryHook>,
    slots: Arc<Slots>,
    /// True once a config was seen: only its settings can be replaced.
    pub(super) has_config: Arc<AtomicBool>,
    /// Server of its own, which ends with this, whatever thread still hangs.
    _server: Option<Arc<Rclone>>,
}

impl Patient {
    pub(super) fn new(
        below: Arc<dyn Storage>,
        location: &Location,
        server: Option<Rclone>,
    ) -> Self {
        Self {
            below,
            window: location.server.retry_window,
            cancel: location.server.cancel.iter().cloned().collect(),
            hook: location.server.retry_hook.clone(),
            has_config: Arc::default(),
            slots: Arc::new(Slots::new(location.server.connections)),
            _server: server.map(Arc::new),
        }
    }

    /// The same for one operation, with its own token.
    pub(super) fn until(&self, cancel: &CancelToken) -> Self {
        let mut patient = self.clone();
        patient.cancel.push(cancel.clone());
        patient
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.iter().any(CancelToken::is_cancelled)
    }

    /// Runs an access until it succeeds, fails for good, or the window for trying again is over.
    fn run<T: Send + 'static>(
        &self,
        access: &Access,
        call: impl Fn(&dyn Storage, u32) -> io::Result<T> + Send + Sync + 'static,
    ) -> io::Result<T> {
        let call = Arc::new(call);
        let began = Instant::now();
        let mut delay = FIRST_DELAY;
        for attempt in 1.. {
            if self.is_cancelled() && !access.has_grace() {
                break;
            }
            let Some(slot) = self.slots.take(access, || self.is_cancelled()) else { break };
            let receiver = self.begin(&call, attempt, slot)?;
            let error = match self.wait_for(access, &receiver) {
                None => break,
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
            };
            if !is_transient(&error) || self.is_cancelled() {
                return Err(error);
            }
            let asked = asked_delay(&error);
            let pause = asked.unwrap_or_default().max(jittered(delay));
            let left = access.window(self.window).saturating_sub(began.elapsed());
            if pause >= left {
                return Err(error);
            }
            if let Some(hook) = &self.hook {
                hook.call(&Retry::new(access.to_string(), attempt, pause, &error));
            }
            if self.pause(pause) {
                break;
            }
            delay = (delay * 2).min(MAX_DELAY);
        }
        Err(io::Error::other(WasCancelled))
    }

    fn begin<T: Send + 'static>(
        &self,
        call: &Arc<impl Fn(&dyn Storage, u32) -> io::Result<T> + Send + Sync + 'static>,
        attempt: u32,
        slot: Slot,
    ) -> io::Result<Receiver<io::Result<T>>> {
        let (send, receive) = channel();
        let (below, call) = (Arc::clone(&self.below), Arc::clone(call));
        let access = move || {
            let result = call(&*below, attempt);
            // Nobody may wait for it any longer.
            drop((below, call, slot));
            let _ = send.send(result);
        };
        thread::Builder::new().name("timelocker-access".to_owned()).spawn(access)?;
        Ok(receive)
    }

    /// The result, or `None` if the operation was cancelled before there was one.
    fn wait_for<T>(
        &self,
        access: &Access,
        receiver: &Receiver<io::Result<T>>,
    ) -> Option<io::Result<T>> {
        let mut cancelled_at = None;
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Disconnected) => {
                    return Some(Err(io::Error::other("the access ended without a result")));
                }
                Err(RecvTimeoutError::Timeout) if self.is_cancelled() => {
                    let since = *cancelled_at.get_or_insert_with(Instant::now);
                    if !access.has_grace() || since.elapsed() >= GRACE {
                        return None;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Waits; true if the operation was cancelled meanwhile.
    fn pause(&self, time: Duration) -> bool {
        let began = Instant::now();
        while let Some(left) = time.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
            match self.cancel.first() {
                Some(token) => _ = token.wait(left.min(TICK)),
                None => thread::sleep(left),
            }
            if self.is_cancelled() {
                return true;
            }
        }
        false
    }
}

/// Number of accesses that may begin at the moment.
struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One of the accesses at a time.
struct Slot(Option<Arc<Slots>>);

impl Slots {
    fn new(number: usize) -> Self {
        Self { free: Mutex::new(number), freed: Condvar::new() }
    }

    /// Waits for a slot; `None` if the operation was cancelled meanwhile. Locks have to be refreshed
    /// and removed however busy or stuck the other accesses are: they need none.
    fn take(self: &Arc<Self>, access: &Access, is_cancelled: impl Fn() -> bool) -> Option<Slot> {
        if access.kind == FileKind::Lock {
            return Some(Slot(None));
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            if is_cancelled() {
                return None;
            }
            (free, _) = self.freed.wait_timeout(free, TICK).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Some(Slot(Some(Arc::clone(self))))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = &self.0 {
            *slots.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            slots.freed.notify_one();
        }
    }
}

/// Delay that the server asked for.
fn asked_delay(error: &io::Error) -> Option<Duration> {
    error.get_ref()?.downcast_ref::<Refused>()?.retry_after()
}

/// Between half of a delay and one and a half, so that clients do not come back together.
fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(rand::rng().random_range(0.5..1.5))
}

/// An access in words, and what it may do.
struct Access {
    doing: &'static str,
    kind: FileKind,
    name: String,
}

impl Access {
    fn new(doing: &'static str, kind: FileKind, name: &str) -> Self {
        Self { doing, kind, name: name.to_owned() }
    }

    fn changes(&self) -> bool {
        matches!(self.doing, "write" | "remove")
    }

    /// True if it goes on for a moment once the operation was cancelled, so that what is half
    /// written is whole and no lock stays.
    fn has_grace(&self) -> bool {
        self.changes()
    }

    /// A lock that can't be removed becomes stale: no reason to wait for many minutes.
    fn window(&self, window: Duration) -> Duration {
        match self.kind {
            FileKind::Lock if self.doing == "remove" => window.min(Duration::from_secs(30)),
            _ => window,
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.doing, self.kind.path(&self.name))
    }
}

impl Storage for Patient {
    fn create(&self) -> io::Result<()> {
        let access = Access::new("create", FileKind::Config, "");
        self.run(&access, |below, _| below.create())
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<(String, u64)>> {
        let access = Access::new("list", kind, "");
        self.run(&access, move |below, _| below.list(kind))
    }

    fn read(&self, kind: FileKind, name: &str) -> io::Result<Bytes> {
        let owned = name.to_owned();
        self.run(&Access::new("read", kind, name), move |below, _| {
            let contents = below.read(kind, &owned)?;
            if kind.is_named_by_hash() && name_of(&contents) != owned {
                // Damaged on its way, perhaps: whatever comes second counts.
                return below.read(kind, &owned);
            }
            Ok(contents)
        })
    }

    fn read_range(
        &self,
        kind: FileKind,
        name: &str,
        offset: u64,
        length: usize,
    ) -> io::Result<Bytes> {
        let owned = name.to_owned();
        self.run(&Access::new("read", kind, name), move |below, _| {
            below.read_range(kind, &owned, offset, length)
        })
    }

    fn write(&self, kind: FileKind, name: &str, contents: Bytes) -> io::Result<()> {
        let owned = name.to_owned();
        self.run(&Access::new("write", kind, name), move |below, attempt| {
            let error = match below.write(kind, &owned, contents.clone()) {
                Err(error) if attempt > 1 => error,
                written => return written,
            };
            // A try that seemed to fail may have written the file, which a server then refuses to
            // replace.
            use io::ErrorKind as Io;
            let may_be_there = matches!(error.kind(), Io::PermissionDenied | Io::AlreadyExists);
            match may_be_there.then(|| below.read(kind, &owned)) {
                Some(Ok(there)) if there == contents => Ok(()),
                _ => Err(error),
            }
        })
    }

    fn replace_config(&self, contents: Bytes) -> io::Result<()> {
        let access = Access::new("write", FileKind::Config, "");
        self.run(&access, move |below, _| below.replace_config(contents.clone()))
    }

    fn remove(&self, kind: FileKind, name: &str) -> io::Result<()> {
        let owned = name.to_owned();
        self.run(&Access::new("remove", kind, name), move |below, attempt| {
            match below.remove(kind, &owned) {
                // A try that seemed to fail has removed it.
                Err(error) if attempt > 1 && error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            }
        })
    }
}

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patient").field("below", &self.below).finish_non_exhaustive()
    }
}
