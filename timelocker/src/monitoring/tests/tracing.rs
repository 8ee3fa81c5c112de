//! Lines as events of `tracing`.

use std::fmt::Write as _;

use ::tracing::field::{Field, Visit};
use ::tracing::span::{Attributes, Id, Record};
use ::tracing::{Event, Metadata, Subscriber};

use super::*;

/// Writes events down.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Events {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        write!(text, "{} {}:", event.metadata().level(), event.metadata().target()).unwrap();
        event.record(&mut Fields(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn lines_are_events_with_their_fields() {
    let events = Events::default();
    ::tracing::subscriber::with_default(events.clone(), || {
        for level in [Level::Info, Level::Warning, Level::Error, Level::Critical] {
            TracingEvents.handle(&Arc::new(StatusLine { level, eta: None, ..line() })).unwrap();
        }
    });
    insta::assert_snapshot!(events.0.lock().unwrap());
}
