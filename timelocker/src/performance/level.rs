//! How much is measured.

/// How detailed an operation is, and up to which detail operations are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The few operations that make up a run: a backup, a check.
    Coarse = 1,
    /// What these consist of; the default of the attribute and of [`enable`](super::enable).
    #[default]
    Normal = 2,
    /// What is called for every file or block, measured only when asked for.
    Fine = 3,
}

/// What is read beside the clock at the beginning and the end of each measured call; see
/// [`measure_resources`](super::measure_resources) for all operations, and the argument `resources`
/// of [`profile_operation`](crate::profile_operation) for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resources {
    /// Nothing; the default.
    #[default]
    None = 0,
    /// The processor time of the thread: about a microsecond for each call.
    Cpu = 1,
    /// Processor time and memory: some microseconds for each call.
    CpuAndMemory = 2,
}

/// What is told of each measured call while it runs; see [`emit_spans`](super::emit_spans).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Spans {
    /// Nothing; the default.
    #[default]
    None = 0,
    /// A span of the crate `tracing`.
    Tracing = 1,
}
