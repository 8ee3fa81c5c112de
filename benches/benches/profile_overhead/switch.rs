//! A subscriber of `tracing` that can be turned off.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Metadata};

/// Hands everything on to another subscriber; turned off, it is to `tracing` as if there were none.
pub struct Switch<S>(Arc<Inner<S>>);

struct Inner<S> {
    is_on: AtomicBool,
    subscriber: S,
}

impl<S> Clone for Switch<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Subscriber> Switch<S> {
    /// The subscriber, turned off.
    pub fn new(subscriber: S) -> Self {
        Self(Arc::new(Inner { is_on: AtomicBool::new(false), subscriber }))
    }

    pub fn turn_on(&self) {
        self.turn(true);
    }

    pub fn turn_off(&self) {
        self.turn(false);
    }

    fn turn(&self, is_on: bool) {
        self.0.is_on.store(is_on, Relaxed);
        // Each place remembers whether anybody wants it.
        tracing::callsite::rebuild_interest_cache();
    }

    fn is_on(&self) -> bool {
        self.0.is_on.load(Relaxed)
    }
}

impl<S: Subscriber> Subscriber for Switch<S> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.is_on() { self.0.subscriber.register_callsite(metadata) } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        if self.is_on() { self.0.subscriber.max_level_hint() } else { Some(LevelFilter::OFF) }
    }

    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.subscriber.enabled(metadata)
    }

    #[inline]
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.subscriber.new_span(span)
    }

    #[inline]
    fn record(&self, span: &Id, values: &Record<'_>) {
        self.0.subscriber.record(span, values);
    }

    #[inline]
    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.0.subscriber.record_follows_from(span, follows);
    }

    #[inline]
    fn event(&self, event: &Event<'_>) {
        self.0.subscriber.event(event);
    }

    #[inline]
    fn enter(&self, span: &Id) {
        self.0.subscriber.enter(span);
    }

    #[inline]
    fn exit(&self, span: &Id) {
        self.0.subscriber.exit(span);
    }

    #[inline]
    fn clone_span(&self, id: &Id) -> Id {
        self.0.subscriber.clone_span(id)
    }

    #[inline]
    fn try_close(&self, id: Id) -> bool {
        self.0.subscriber.try_close(id)
    }
}
