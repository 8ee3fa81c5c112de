//! The call tree as JSON for <https://www.speedscope.app>.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::report::Report;

impl Report {
    /// Writes the call tree as a profile that [speedscope](https://www.speedscope.app) opens, named
    /// `name`: one sample for each path, weighted with its self time.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_speedscope(&self, name: &str, mut to: impl Write) -> io::Result<()> {
        let mut frames = HashMap::new();
        let (mut shared, mut samples, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        let mut end = 0;
        for (path, nanoseconds) in self.stacks() {
            let mut sample = Vec::new();
            for call in path {
                let operation = call.operation();
                let frame = *frames.entry(operation.name()).or_insert_with(|| {
                    shared.push(format!(
                        r#"{{"name":{},"file":{},"line":{}}}"#,
                        quoted(operation.name()),
                        quoted(operation.file()),
                        operation.line()
                    ));
                    shared.len() - 1
                });
                sample.push(frame.to_string());
            }
            samples.push(format!("[{}]", sample.join(",")));
            weights.push(nanoseconds.to_string());
            end += nanoseconds;
        }
        write!(
            to,
            concat!(
                r#"{{"$schema":"https://www.speedscope.app/file-format-schema.json","#,
                r#""exporter":"timelocker","name":{name},"shared":{{"frames":[{shared}]}},"#,
                r#""profiles":[{{"type":"sampled","name":{name},"unit":"nanoseconds","#,
                r#""startValue":0,"endValue":{end},"samples":[{samples}],"weights":[{weights}]}}]}}"#,
            ),
            name = quoted(name),
            shared = shared.join(","),
            end = end,
            samples = samples.join(","),
            weights = weights.join(","),
        )?;
        to.flush()
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..='\x1f' => {
                // Writing into a string never fails.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_json_wants() {
        assert_eq!(quoted("a\"b\\c\nd\u{e9}"), "\"a\\\"b\\\\c\\u000ad\u{e9}\"");
    }
}
