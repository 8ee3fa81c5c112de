//! Spans whose names are known at run time: each operation is a call site of `tracing`, made when
//! its first span is.

use std::collections::HashMap;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{PoisonError, RwLock};

use tracing::callsite::{self, Callsite, Identifier};
use tracing::field::FieldSet;
use tracing::level_filters::LevelFilter;
use tracing::metadata::Kind;
use tracing::subscriber::Interest;
use tracing::{Metadata, dispatcher};

use crate::performance::level::Level;
use crate::performance::site::Site;
use crate::performance::state::State;

/// The span of a call.
#[derive(Debug)]
pub(crate) struct Span(tracing::Span);

/// A span that this thread is in; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct EnteredSpan(#[expect(dead_code, reason = "kept for its end")] Entered);

type Entered = tracing::span::EnteredSpan;

impl Span {
    /// The span of a call that begins; `None` if nobody wants it.
    pub(crate) fn begin(site: &'static Site, state: State) -> Option<Self> {
        if !state.emits_spans() || tracing_level(site) > LevelFilter::current() {
            return None;
        }
        let operation = operation(site);
        let metadata = operation.metadata.get()?;
        let wanted = match operation.interest.load(Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => dispatcher::get_default(|dispatch| dispatch.enabled(metadata)),
        };
        wanted.then(|| Self(tracing::Span::new(metadata, &metadata.fields().value_set(&[]))))
    }

    /// Makes this thread be in the span for as long as the result lives.
    pub(crate) fn enter(&self) -> tracing::span::Entered<'_> {
        self.0.enter()
    }

    /// The same, for good.
    pub(crate) fn entered(self) -> EnteredSpan {
        EnteredSpan(self.0.entered())
    }
}

fn tracing_level(site: &Site) -> tracing::Level {
    match site.measured_at() {
        Level::Coarse => tracing::Level::INFO,
        Level::Normal => tracing::Level::DEBUG,
        Level::Fine => tracing::Level::TRACE,
    }
}

/// An operation as `tracing` knows it. Never freed: there is one for each that emitted a span.
struct Operation {
    metadata: OnceLock<Metadata<'static>>,
    interest: AtomicU8,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

impl Callsite for Operation {
    fn set_interest(&self, interest: Interest) {
        let interest = match () {
            () if interest.is_never() => NEVER,
            () if interest.is_always() => ALWAYS,
            () => SOMETIMES,
        };
        self.interest.store(interest, Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        // Registered only once it has some; what it would be called before is never seen.
        self.metadata.get_or_init(|| metadata(&UNNAMED, &NOWHERE))
    }
}

static UNNAMED: Site = Site::new("", "", 0);
static NOWHERE: Operation = Operation { metadata: OnceLock::new(), interest: AtomicU8::new(NEVER) };

fn metadata(site: &'static Site, operation: &'static Operation) -> Metadata<'static> {
    Metadata::new(
        site.name(),
        "timelocker",
        tracing_level(site),
        Some(site.file()),
        Some(site.line()),
        None,
        FieldSet::new(&[], Identifier(operation)),
        Kind::SPAN,
    )
}

fn operation(site: &'static Site) -> &'static Operation {
    static OPERATIONS: RwLock<Option<HashMap<usize, &'static Operation>>> = RwLock::new(None);
    let key = ptr::from_ref(site).addr();
    let known = OPERATIONS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(operation) = known.as_ref().and_then(|known| known.get(&key)) {
        return operation;
    }
    drop(known);
    let mut known = OPERATIONS.write().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert_default().entry(key).or_insert_with(|| {
        let operation: &'static Operation = Box::leak(Box::new(Operation {
            metadata: OnceLock::new(),
            interest: AtomicU8::new(SOMETIMES),
        }));
        operation.metadata.get_or_init(|| metadata(site, operation));
        callsite::register(operation);
        operation
    })
}
