//! Spans of `tracing` for measured operations. In a process of its own: the switches are for all.

#![cfg(feature = "tracing")]

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use timelocker::performance::{self, Level, Spans};
use timelocker::profile_operation;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down what it is told.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    spans: Vec<&'static Metadata<'static>>,
    lines: Vec<String>,
}

impl Log {
    fn note(&self, what: &str, id: &Id) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(id.into_u64()).unwrap_or(0) - 1;
        let line = format!("{what} {}", state.spans[index].name());
        state.lines.push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).lines)
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::DEBUG
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        let id = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.spans.push(metadata);
            Id::from_u64(state.spans.len() as u64)
        };
        assert_eq!(metadata.target(), "timelocker");
        assert!(metadata.file().is_some_and(|file| file.ends_with("profile_operation_tracing.rs")));
        self.note(&format!("new {}", metadata.level()), &id);
        id
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, id: &Id) {
        self.note("enter", id);
    }

    fn exit(&self, id: &Id) {
        self.note("exit", id);
    }

    fn try_close(&self, id: Id) -> bool {
        self.note("close", &id);
        true
    }
}

#[profile_operation("inner")]
fn inner() -> Result<(), ()> {
    Err(())
}

#[profile_operation("outer", level = coarse)]
fn outer() {
    let _ = inner();
    too_fine();
}

#[profile_operation("too fine", level = fine)]
fn too_fine() {}

#[profile_operation("later")]
async fn later() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

#[test]
fn measured_operations_are_spans_on_request() {
    let log = Log::default();
    let _default = tracing::subscriber::set_default(log.clone());
    performance::enable_level(Level::Fine);
    outer();
    assert_eq!(log.take(), [""; 0], "not asked for");

    performance::emit_spans(Spans::Tracing);
    // The second time nothing is made anew but the spans.
    for _ in 0..2 {
        outer();
        let expected = [
            "new INFO outer",
            "enter outer",
            "new DEBUG inner",
            "enter inner",
            "exit inner",
            "close inner",
            "exit outer",
            "close outer",
        ];
        assert_eq!(log.take(), expected);
    }

    {
        let mut context = Context::from_waker(Waker::noop());
        let mut future = pin!(later());
        while future.as_mut().poll(&mut context).is_pending() {}
    }
    let expected = [
        "new DEBUG later",
        "enter later",
        "exit later",
        "enter later",
        "exit later",
        "close later",
    ];
    assert_eq!(log.take(), expected);
    // Dropped before its first poll, and before its end.
    drop(later());
    assert_eq!(log.take(), [""; 0]);
    assert!(pin!(later()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(log.take(), ["new DEBUG later", "enter later", "exit later", "close later"]);

    performance::emit_spans(Spans::None);
    outer();
    assert_eq!(log.take(), [""; 0], "asked for no longer");

    let report = performance::report();
    let calls = |name: &str| report.operation(name).map(|operation| operation.calls());
    assert_eq!((calls("outer"), calls("inner"), calls("too fine")), (Some(4), Some(4), Some(4)));
    assert_eq!(report.operation("inner").map(|inner| inner.errors()), Some(4));
    assert_eq!(calls("later"), Some(2));
}
