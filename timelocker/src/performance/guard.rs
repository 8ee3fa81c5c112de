//! The guard that measures a plain call.

use std::mem::ManuallyDrop;

use super::frame::Frame;
use super::outcome::Outcome;
use super::record::End;
use super::site::Site;
use super::state::State;

/// A running call, or nothing while measuring is off; one word.
///
/// Dropped without [`finish`](Self::finish), it counts a panic.
#[must_use]
pub struct Guard(Option<&'static Frame>);

/// Begins a call of the operation at `site`.
#[inline(always)]
pub fn enter(site: &'static Site) -> Guard {
    Guard(if State::read().measures(site.measured_at()) { enter_measured(site) } else { None })
}

#[cold]
#[inline(never)]
fn enter_measured(site: &'static Site) -> Option<&'static Frame> {
    Frame::enter(site)
}

#[inline(never)]
fn leave_measured(frame: &'static Frame, end: End) {
    frame.finish(end);
}

/// Runs a body at once; the bound is what makes the compiler take it for a closure called once,
/// which may return what it borrows mutably.
#[inline(always)]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}

impl Guard {
    /// Whether this call is measured.
    #[inline(always)]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Adds files, if their number is known.
    #[inline]
    pub fn add_files(&self, files: Option<u64>) {
        if let (Some(frame), Some(files)) = (self.0, files) {
            frame.record().add_files(files);
        }
    }

    /// Adds bytes, if their number is known.
    #[inline]
    pub fn add_bytes(&self, bytes: Option<u64>) {
        if let (Some(frame), Some(bytes)) = (self.0, bytes) {
            frame.record().add_bytes(bytes);
        }
    }

    /// Ends the call.
    #[inline(always)]
    pub fn finish(self, outcome: Outcome) {
        let guard = ManuallyDrop::new(self);
        if let Some(frame) = guard.0 {
            leave_measured(frame, outcome.into());
        }
    }
}

impl Drop for Guard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(frame) = self.0 {
            leave_measured(frame, End::Panic);
        }
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Guard").field("is_on", &self.is_on()).finish()
    }
}

impl From<Outcome> for End {
    #[inline(always)]
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Error => Self::Error,
        }
    }
}
