//! What is known of an operation at compile time.

/// Where an operation is measured: one static for each `#[profile_operation]`.
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    file: &'static str,
    line: u32,
}

impl Site {
    /// The site of the operation `name`, written at `file` and `line`.
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name, file, line }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn file(&self) -> &'static str {
        self.file
    }

    pub(crate) fn line(&self) -> u32 {
        self.line
    }
}
