//! Sampling by `pprof`: a timer of processor time, a signal, and stacks unwound by `framehop`, which
//! needs neither frame pointers nor a lock.

use std::sync::Once;

use nix::sys::signal::{Signal, raise};
use pprof::{ProfilerGuard, ProfilerGuardBuilder};

use super::Kind;
use super::samples::{SampledFrame, SampledStack};

/// Sampling until this is stopped or dropped.
pub(super) struct Running(ProfilerGuard<'static>);

impl Running {
    pub(super) fn start(frequency: u32) -> Result<Self, Kind> {
        prepare()?;
        let frequency = i32::try_from(frequency).unwrap_or(i32::MAX);
        start(frequency).map(Self)
    }

    pub(super) fn stop(self) -> Result<Vec<SampledStack>, Kind> {
        let report = self.0.report().build().map_err(failed)?;
        Ok(report.data.iter().map(|(frames, &count)| stack(frames, count)).collect())
    }
}

fn start(frequency: i32) -> Result<ProfilerGuard<'static>, Kind> {
    ProfilerGuardBuilder::default().frequency(frequency).build().map_err(failed)
}

/// The first signal of a process reads unwinding tables and allocates. A timer could send it in the
/// middle of an allocation; so it is sent here, where nothing is in the middle of anything.
fn prepare() -> Result<(), Kind> {
    static PREPARED: Once = Once::new();
    let mut result = Ok(());
    PREPARED.call_once(|| {
        // A timer of a second: it will not have come to its end.
        result = start(1).and_then(|running| {
            raise(Signal::SIGPROF).map_err(|source| Kind::System(source.into()))?;
            drop(running);
            Ok(())
        });
    });
    result
}

/// Turns a stack round: it comes with the innermost function first.
fn stack(frames: &pprof::Frames, count: isize) -> SampledStack {
    let symbols = frames.frames.iter().rev().flat_map(|inlined| inlined.iter().rev());
    SampledStack {
        path: symbols
            .map(|symbol| SampledFrame {
                name: symbol.name(),
                file: symbol.filename.as_ref().map(|file| file.to_string_lossy().into_owned()),
                line: symbol.lineno,
            })
            .collect(),
        count: u64::try_from(count).unwrap_or(0),
    }
}

fn failed(error: pprof::Error) -> Kind {
    match error {
        pprof::Error::Running => Kind::Running,
        other => Kind::System(other.into()),
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Running").finish_non_exhaustive()
    }
}
