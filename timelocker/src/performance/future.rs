//! The future that measures an asynchronous call: each poll is time, all polls are one call.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::frame::{Depth, Frame, Left};
use super::outcome::Outcome;
use super::record::End;
use super::site::Site;
use super::spans::Span;
use super::state::State;

/// An asynchronous call that is about to be polled, or nothing while measuring is off.
#[derive(Debug)]
pub struct AsyncCall {
    site: Option<&'static Site>,
    files: Option<u64>,
    bytes: Option<u64>,
    /// When the first poll began.
    start: Option<u64>,
    /// Time spent in polls.
    ran: u64,
    /// Entered for each poll.
    span: Option<Span>,
}

impl AsyncCall {
    /// Begins a call of the operation at `site`.
    #[inline]
    pub fn begin(site: &'static Site) -> Self {
        let state = State::read();
        let site = state.measures(site.measured_at()).then_some(site);
        let span = site.and_then(|site| Span::begin(site, state));
        Self { site, files: None, bytes: None, start: None, ran: 0, span }
    }

    /// Whether this call is measured.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.site.is_some()
    }

    /// Adds files, if their number is known.
    pub fn add_files(&mut self, files: Option<u64>) {
        if let Some(files) = files {
            self.files = Some(self.files.unwrap_or(0).saturating_add(files));
        }
    }

    /// Adds bytes, if their number is known.
    pub fn add_bytes(&mut self, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            self.bytes = Some(self.bytes.unwrap_or(0).saturating_add(bytes));
        }
    }

    /// Counts the call that is over with its last poll.
    fn end(&mut self, last: Left, now: u64, end: End) {
        self.site = None;
        let took = now.saturating_sub(self.start.unwrap_or(now));
        last.count(Some(took), end);
        let record = last.record;
        if last.depth == Depth::Outermost {
            record.add_waiting(took.saturating_sub(self.ran));
        }
        if let Some(files) = self.files {
            record.add_files(files);
        }
        if let Some(bytes) = self.bytes {
            record.add_bytes(bytes);
        }
    }
}

/// A call that was begun and is dropped before its end was cancelled.
impl Drop for AsyncCall {
    fn drop(&mut self) {
        let (Some(site), Some(_)) = (self.site, self.start) else { return };
        let state = State::read();
        let now = state.clock().now();
        if let Some(frame) = Frame::enter_at(site, state, || now) {
            self.end(frame.leave(|| now), now, End::Cancelled);
        }
    }
}

pin_project! {
    /// A future measured as one call from its first poll to its end.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct ProfiledFuture<F, O> {
        // Before the body: a cancelled call is over before what it held is dropped.
        call: AsyncCall,
        #[pin]
        body: F,
        outcome: O,
    }
}

impl<F: Future, O: FnMut(&mut AsyncCall, &F::Output) -> Outcome> ProfiledFuture<F, O> {
    /// Measures `body` as `call`; `outcome` judges what it returns.
    #[inline]
    pub fn new(call: AsyncCall, body: F, outcome: O) -> Self {
        Self { call, body, outcome }
    }
}

impl<F: Future, O: FnMut(&mut AsyncCall, &F::Output) -> Outcome> Future for ProfiledFuture<F, O> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(site) = this.call.site else { return this.body.poll(context) };
        let Some(frame) = Frame::enter_poll(site) else {
            return this.body.poll(context);
        };
        let span = this.call.span.take();
        let mut poll = RunningPoll { call: this.call, frame, end: Some(End::Panic) };
        let result = {
            let _entered = span.as_ref().map(Span::enter);
            this.body.poll(context)
        };
        poll.end = match &result {
            Poll::Pending => {
                poll.call.span = span;
                None
            }
            Poll::Ready(result) => Some((this.outcome)(poll.call, result).into()),
        };
        drop(poll);
        result
    }
}

/// One poll; left by unwinding it ends the call with a panic.
struct RunningPoll<'a> {
    call: &'a mut AsyncCall,
    frame: &'static Frame,
    end: Option<End>,
}

impl Drop for RunningPoll<'_> {
    fn drop(&mut self) {
        let now = State::read().clock().now();
        let left = self.frame.leave(|| now);
        let ran = left.ran.unwrap_or(0);
        self.call.start.get_or_insert(now.saturating_sub(ran));
        self.call.ran = self.call.ran.saturating_add(ran);
        if let Some(end) = self.end {
            self.call.end(left, now, end);
        }
    }
}
