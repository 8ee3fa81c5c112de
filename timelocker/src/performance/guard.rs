//! The guard that measures a plain call.

use std::mem::ManuallyDrop;

use super::frame::Frame;
use super::outcome::Outcome;
use super::record::End;
use super::site::Site;
use super::state::State;

/// A running call, or nothing while measuring is off.
///
/// Dropped without [`finish`](Self::finish), it counts a panic.
#[must_use]
pub enum Guard {
    /// The call is not measured.
    Off,
    /// The call is measured; `None` where the thread is too far into its end to say where.
    ///
    /// What is off must not be confused with this: it is known at the first branch of the call, and
    /// the compiler then leaves everything else out of its way.
    On(Option<RunningCall>),
}

/// A call on its thread's stack.
#[derive(Clone, Copy)]
pub struct RunningCall(&'static Frame);

/// Begins a call of the operation at `site`.
#[inline(always)]
pub fn enter(site: &'static Site) -> Guard {
    if State::read().measures(site.measured_at()) {
        Guard::On(enter_measured(site))
    } else {
        Guard::Off
    }
}

#[cold]
#[inline(never)]
fn enter_measured(site: &'static Site) -> Option<RunningCall> {
    Frame::enter(site).map(RunningCall)
}

#[inline(never)]
fn leave_measured(call: Option<RunningCall>, end: End) {
    if let Some(RunningCall(frame)) = call {
        frame.finish(end);
    }
}

/// The body as it is; the bound is what makes the compiler take it for a closure called once, which
/// may return what it borrows mutably.
#[inline(always)]
pub fn body<R, B: FnOnce() -> R>(body: B) -> B {
    body
}

impl Guard {
    /// Whether this call is measured.
    #[inline(always)]
    pub fn is_on(&self) -> bool {
        matches!(self, Self::On(_))
    }

    /// Adds files, if their number is known.
    #[inline]
    pub fn add_files(&self, files: Option<u64>) {
        if let (Self::On(Some(RunningCall(frame))), Some(files)) = (self, files) {
            frame.record().add_files(files);
        }
    }

    /// Adds bytes, if their number is known.
    #[inline]
    pub fn add_bytes(&self, bytes: Option<u64>) {
        if let (Self::On(Some(RunningCall(frame))), Some(bytes)) = (self, bytes) {
            frame.record().add_bytes(bytes);
        }
    }

    /// Ends the call.
    #[inline(always)]
    pub fn finish(self, outcome: Outcome) {
        if let Self::On(call) = *ManuallyDrop::new(self) {
            leave_measured(call, outcome.into());
        }
    }
}

impl Drop for Guard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Self::On(call) = *self {
            leave_measured(call, End::Panic);
        }
    }
}

/// The guard of a call whose body stays in its function: it may be dropped by a `?` too.
#[must_use]
#[derive(Debug)]
pub struct GuardInPlace {
    guard: Guard,
    left_early: Outcome,
}

impl GuardInPlace {
    /// Guards the call; `left_early` is its outcome if it is neither finished nor panics.
    #[inline(always)]
    pub fn new(guard: Guard, left_early: Outcome) -> Self {
        Self { guard, left_early }
    }

    /// Ends the call.
    #[inline(always)]
    pub fn finish(mut self, outcome: Outcome) {
        self.take().finish(outcome);
    }

    fn take(&mut self) -> Guard {
        std::mem::replace(&mut self.guard, Guard::Off)
    }
}

impl std::ops::Deref for GuardInPlace {
    type Target = Guard;

    #[inline(always)]
    fn deref(&self) -> &Guard {
        &self.guard
    }
}

impl Drop for GuardInPlace {
    #[inline(always)]
    fn drop(&mut self) {
        if self.guard.is_on() && !std::thread::panicking() {
            self.take().finish(self.left_early);
        }
    }
}

impl std::fmt::Debug for RunningCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RunningCall").finish_non_exhaustive()
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
