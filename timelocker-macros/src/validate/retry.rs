//! When failed attempts are made again, and what is a surprise.

use std::time::Duration;

use syn::LitStr;

use super::label::value_fault;
use super::number::{some_time, time, whole, within};
use crate::diagnostic::{Faults, message};
use crate::input::retry;
use crate::input::surprise;

/// What is written of `retry`, all of it as it should be.
#[derive(Default)]
pub(crate) struct Retry {
    pub(crate) retries: Option<u32>,
    pub(crate) pause: Option<Duration>,
    pub(crate) factor: Option<f64>,
    pub(crate) max_pause: Option<Duration>,
    pub(crate) jitter: Option<f64>,
    pub(crate) deadline: Option<Duration>,
}

pub(super) fn check(retry: &retry::Retry, faults: &mut Faults) -> Retry {
    let pause = retry.pause.as_ref().and_then(|literal| time(literal, faults));
    let max_pause = retry.max_pause.as_ref().and_then(|literal| time(literal, faults));
    if let (Some(pause), Some(longest), Some(literal)) = (pause, max_pause, &retry.max_pause)
        && longest < pause
    {
        let text = "the longest pause is shorter than the first";
        let help = "write a `max_pause` of `pause` at least";
        faults.at(literal.span(), message(text, None, Some(help)));
    }
    let share = "write a share from 0 to 1: 0.25 is a quarter of each pause";
    let factor = "write a number from 1, the same pause each time, to 1000";
    let retries = "write how many attempts may follow the first, from 0 to 4294967295";
    Retry {
        retries: retry.retries.as_ref().and_then(|n| whole(n, 0..=u32::MAX, retries, faults)),
        pause,
        factor: retry.factor.as_ref().and_then(|n| within(n, 1.0..=1000.0, factor, faults)),
        max_pause,
        jitter: retry.jitter.as_ref().and_then(|n| within(n, 0.0..=1.0, share, faults)),
        deadline: retry.deadline.as_ref().and_then(|literal| some_time(literal, faults)),
    }
}

/// What a surprise is, and what is done then.
pub(crate) struct Guard {
    /// The name of a variant of `OnSurprise`.
    pub(crate) action: &'static str,
    pub(crate) more: Option<f64>,
    pub(crate) less: Option<f64>,
    pub(crate) changed: Option<f64>,
    pub(crate) slack: Option<u64>,
}

pub(super) fn guard(
    action: Option<&LitStr>,
    surprise: Option<&surprise::Surprise>,
    faults: &mut Faults,
) -> Guard {
    let named = action.map(|literal| on_surprise(literal, faults));
    if let Some(surprise) = surprise
        && named.unwrap_or("Ignore") == "Ignore"
    {
        let text = "nothing is done when there is a surprise";
        let help = "say what: `on_surprise: \"warn\"`, or `\"stop\"`";
        faults.at(surprise.span, message(text, None, Some(help)));
    }
    let mut fraction = |number: Option<&_>, bounds, help| {
        number.and_then(|number| within(number, bounds, help, faults))
    };
    let factor = "write a factor of 1 or more: 3.0 is three times as many files as usual";
    let share = "write a share from 0 to 1: 0.5 is half of the files";
    let more = fraction(surprise.and_then(|s| s.more.as_ref()), 1.0..=f64::MAX, factor);
    let less = fraction(surprise.and_then(|s| s.less.as_ref()), 0.0..=1.0, share);
    let changed = fraction(surprise.and_then(|s| s.changed.as_ref()), 0.0..=1.0, share);
    let files = "write a number of files";
    let slack = surprise.and_then(|s| s.slack.as_ref());
    Guard {
        action: named.unwrap_or("Ignore"),
        more,
        less,
        changed,
        slack: slack.and_then(|number| whole(number, 0..=u64::MAX, files, faults)),
    }
}

fn on_surprise(literal: &LitStr, faults: &mut Faults) -> &'static str {
    match literal.value().as_str() {
        "ignore" => "Ignore",
        "warn" => "Warn",
        "stop" => "Stop",
        other => {
            let help = "write `\"stop\"`, `\"warn\"` or `\"ignore\"`";
            value_fault(literal, 0..other.len(), "this can't be done", help, faults);
            // What is meant is not nothing: no other fault follows from it.
            "Warn"
        }
    }
}
