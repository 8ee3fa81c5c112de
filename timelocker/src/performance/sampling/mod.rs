//! Whole-program sampling: functions that nobody annotated.

#[cfg(all(
    feature = "sampling",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[path = "enabled.rs"]
mod system;
#[cfg(not(all(
    feature = "sampling",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "disabled.rs"]
mod system;

mod samples;

use std::fmt;

pub use samples::{SampledFunction, Samples, TopFunctions};

/// The highest frequency: a thread is interrupted that often in a second of processor time.
const HIGHEST: u32 = 1_000;

/// Samples the whole program from [`start`](Self::start) to [`stop`](Self::stop).
///
/// Some hundred times in each second of processor time, one thread that is running is interrupted
/// and its stack noted. So it shows every function, annotated or not, and how the processor's time
/// is shared among them; not how often they were called, and nothing of threads that wait. There is
/// one sampler in a process.
///
/// It takes the feature `sampling`, on Linux on x86-64 and ARM. Names come from the symbols of the
/// program: one that was stripped has none. Functions that the compiler inlined are seen where there
/// is debug information (`debug = true`); otherwise their samples are their callers'.
///
/// ```
/// use timelocker::performance::Sampler;
///
/// match Sampler::start(500) {
///     Ok(sampler) => {
///         // ... work ...
///         let samples = sampler.stop()?;
///         println!("{}", samples.top(10));
///     }
///     Err(error) => eprintln!("not sampled: {error}"),
/// }
/// # Ok::<(), timelocker::performance::SamplingError>(())
/// ```
///
/// While it runs, the process's signal `SIGPROF` is the sampler's; afterwards it is ignored. What is
/// loaded with `dlopen` after the first start has no stacks.
#[derive(Debug)]
pub struct Sampler(system::Running);

impl Sampler {
    /// Begins to sample, so many times a second; 0 counts as 1, and more than 1000 as 1000. An odd
    /// number (997, 499, 99) does not keep in step with what a program does at regular times. The
    /// kernel's own tick is a limit too: of 250 on many systems.
    ///
    /// # Errors
    ///
    /// If this build or this system can't, or if a sampler is running.
    pub fn start(frequency: u32) -> Result<Self, SamplingError> {
        let frequency = frequency.clamp(1, HIGHEST);
        system::Running::start(frequency).map(Self).map_err(SamplingError)
    }

    /// Ends sampling, and looks the names up.
    ///
    /// # Errors
    ///
    /// If the samples can't be read back: many of them are kept in a temporary file.
    pub fn stop(self) -> Result<Samples, SamplingError> {
        self.0.stop().map(Samples::new).map_err(SamplingError)
    }
}

/// Sampling that was not possible.
#[derive(Debug)]
pub struct SamplingError(Kind);

#[derive(Debug)]
#[allow(dead_code, reason = "which of them there can be depends on the build")]
enum Kind {
    NotBuilt,
    OtherSystem,
    Running,
    System(Box<dyn std::error::Error + Send + Sync>),
}

impl SamplingError {
    /// Whether this build lacks the feature `sampling`, or this system is not supported: it will
    /// never work.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        matches!(self.0, Kind::NotBuilt | Kind::OtherSystem)
    }

    /// Whether another sampler is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.0, Kind::Running)
    }
}

impl fmt::Display for SamplingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Kind::NotBuilt => {
                "this program cannot sample: build it with the feature `sampling` of timelocker"
            }
            Kind::OtherSystem => "sampling works on Linux alone, on x86-64 and ARM of 64 bits",
            Kind::Running => "a sampler is running already: stop it first",
            Kind::System(_) => "sampling failed",
        })
    }
}

impl std::error::Error for SamplingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::System(source) => Some(&**source),
            Kind::NotBuilt | Kind::OtherSystem | Kind::Running => None,
        }
    }
}
