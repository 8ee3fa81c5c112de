//! Hands lines to handlers, and keeps what goes wrong in one of them away from the rest.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::handler::{Handler, HandlerError};
use super::status_line::{Level, Reason, StatusLine};

/// A handler and how it has done.
pub(super) struct Slot {
    /// `None` once it has panicked.
    handler: Option<Box<dyn Handler>>,
    name: String,
    from: Level,
    failing: bool,
}

/// All handlers.
#[derive(Debug)]
pub(super) struct Dispatcher {
    slots: Vec<Slot>,
}

/// What went wrong in a handler, to be told to the others.
struct Fault {
    slot: usize,
    text: String,
}

impl Slot {
    pub(super) fn new(handler: Box<dyn Handler>, from: Level) -> Self {
        let name = handler.name().to_owned();
        Self { handler: Some(handler), name, from, failing: false }
    }

    /// Has the handler do a few things one after another; says what is to be told of it: a panic,
    /// and the first failure after it has worked.
    fn work(
        &mut self,
        things: impl IntoIterator<Item = impl FnOnce(&mut dyn Handler) -> Result<(), HandlerError>>,
    ) -> Option<String> {
        let mut failure = None;
        let mut worked = false;
        for thing in things {
            let handler = self.handler.as_deref_mut()?;
            match catch_unwind(AssertUnwindSafe(|| thing(handler))) {
                Ok(Ok(())) => worked = true,
                Ok(Err(error)) => {
                    failure.get_or_insert(error);
                }
                Err(panic) => {
                    self.switch_off();
                    let message = message(&*panic);
                    let name = &self.name;
                    return Some(format!(
                        "the handler `{name}` panicked and is switched off: {message}"
                    ));
                }
            }
        }
        let told = self.failing;
        self.failing = failure.is_some() || (told && !worked);
        let error = failure.filter(|_| !told)?;
        Some(format!("the handler `{}` failed: {}", self.name, causes(&*error)))
    }

    /// Hands the lines to it that it wants, and has it write them.
    fn receive<'a>(
        &mut self,
        lines: impl IntoIterator<Item = &'a Arc<StatusLine>>,
    ) -> Option<String> {
        let from = self.from;
        let mut things =
            lines.into_iter().filter(|line| line.level >= from).map(Some).chain([None]).peekable();
        // Nothing to write.
        things.peek()?.as_ref()?;
        self.work(things.map(|line| {
            move |handler: &mut dyn Handler| match line {
                Some(line) => handler.handle(line),
                None => handler.flush(),
            }
        }))
    }

    fn switch_off(&mut self) {
        let handler = self.handler.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(handler)));
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.switch_off();
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Dispatcher {
    pub(super) fn new(slots: Vec<Slot>) -> Self {
        Self { slots }
    }

    /// The shortest time at which a handler wants to know the present state.
    pub(super) fn live_interval(&mut self) -> Option<Duration> {
        let handlers = self.slots.iter().filter_map(|slot| slot.handler.as_deref());
        // A handler that asks for no pause at all would keep a processor busy.
        handlers
            .filter_map(|handler| handler.live_interval())
            .min()
            .map(|interval| interval.max(Duration::from_millis(10)))
    }

    /// Hands a batch to all, and tells each of what went wrong in the others.
    pub(super) fn dispatch(&mut self, lines: &[Arc<StatusLine>], dropped: u64) {
        let Some(last) = lines.last() else { return };
        let dropped = (dropped > 0).then(|| {
            Arc::new(warning(
                last,
                format!("left out, as the handlers are too slow: {dropped} lines"),
            ))
        });
        let faults = self.all(|slot| slot.receive(lines.iter().chain(&dropped)));
        self.tell(last, faults);
    }

    /// Hands the present state to all.
    pub(super) fn live(&mut self, running: &[StatusLine]) {
        let Some(first) = running.first() else { return };
        let faults =
            self.all(|slot| slot.work([|handler: &mut dyn Handler| handler.live(running)]));
        self.tell(first, faults);
    }

    fn all(&mut self, mut work: impl FnMut(&mut Slot) -> Option<String>) -> Vec<Fault> {
        let slots = self.slots.iter_mut().enumerate();
        slots.filter_map(|(slot, of)| work(of).map(|text| Fault { slot, text })).collect()
    }

    fn tell(&mut self, line: &StatusLine, faults: Vec<Fault>) {
        for fault in faults {
            let line = Arc::new(warning(line, fault.text));
            for (index, slot) in self.slots.iter_mut().enumerate() {
                if index != fault.slot && slot.from <= Level::Warning {
                    // What fails here is told of at its next line.
                    let told = slot.failing;
                    slot.receive([&line]);
                    slot.failing = told;
                }
            }
        }
    }
}

/// A line of the reporter's own, in the place of an operation's.
fn warning(line: &StatusLine, message: String) -> StatusLine {
    StatusLine {
        level: Level::Warning,
        reason: Reason::Message,
        message: Some(message),
        ..line.clone()
    }
}

/// An error and what is behind it.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// What a panic says.
pub(super) fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
