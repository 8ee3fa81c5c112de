//! One thread that reads the resident memory while any operation wants its peak.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::{PROBE, ResourceProbe as _};

/// Often enough for operations worth asking, and a ten-thousandth of one core.
const INTERVAL: Duration = Duration::from_millis(10);

#[derive(Default)]
struct Sampler {
    watched: Mutex<Vec<Arc<AtomicU64>>>,
    wanted: Condvar,
}

/// The highest reading while this lives.
#[derive(Debug)]
pub(crate) struct Watch(Arc<AtomicU64>);

impl Watch {
    /// Begins to watch; the first watch of the process starts the thread.
    pub(crate) fn start(now: u64) -> Self {
        let peak = Arc::new(AtomicU64::new(now));
        let sampler = sampler();
        sampler.watched.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&peak));
        sampler.wanted.notify_one();
        Self(peak)
    }

    pub(crate) fn peak(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = sampler().watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|peak| !Arc::ptr_eq(peak, &self.0));
    }
}

fn sampler() -> &'static Sampler {
    static SAMPLER: OnceLock<&Sampler> = OnceLock::new();
    SAMPLER.get_or_init(|| {
        let sampler: &Sampler = Box::leak(Box::default());
        // Without the thread, peaks are those of the readings at the beginning and the end.
        let _ = std::thread::Builder::new()
            .name("timelocker-sampler".to_owned())
            .spawn(|| sampler.run());
        sampler
    })
}

impl Sampler {
    fn run(&self) {
        loop {
            let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            let watched = self
                .wanted
                .wait_while(watched, |watched| watched.is_empty())
                .unwrap_or_else(PoisonError::into_inner);
            drop(watched);
            std::thread::sleep(INTERVAL);
            let Some(resident) = PROBE.resident_memory() else { return };
            for peak in &*self.watched.lock().unwrap_or_else(PoisonError::into_inner) {
                peak.fetch_max(resident, Relaxed);
            }
        }
    }
}
