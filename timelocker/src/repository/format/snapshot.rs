//! Snapshots: the top directory, where it is from and when it was made.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FormatError, Id, Time};

/// A snapshot file. Fields that are not named here are kept when it is written again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SnapshotFile {
    /// The time as it is written.
    time: String,
    /// The top directory.
    #[serde(with = "hex")]
    pub tree: Id,
    /// The targets.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The machine.
    #[serde(default)]
    pub hostname: String,
    /// The user.
    #[serde(default)]
    pub username: String,
    /// The tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Every other field.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl SnapshotFile {
    /// Parses the plain text of the file.
    ///
    /// # Errors
    ///
    /// When it is no snapshot.
    pub fn parse(text: &[u8]) -> Result<Self, FormatError> {
        serde_json::from_slice(text).map_err(|error| FormatError::json("a snapshot", error))
    }

    /// The text of the file.
    ///
    /// # Errors
    ///
    /// None is known.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        serde_json::to_vec(self).map_err(|error| FormatError::json("a snapshot", error))
    }

    /// The time; `None` where it cannot be represented.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        Time::parse(self.time.as_bytes())
    }
}

mod hex {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Id;

    pub(super) fn serialize<S: Serializer>(id: &Id, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Id, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_kept() {
        let id = Id::of(b"");
        let text = format!(
            r#"{{"time":"2024-01-01T00:00:00Z","tree":"{id}","paths":["/a"],"hostname":"h",
                "username":"u","uid":7,"new":{{"a":[1,18446744073709551615]}}}}"#
        );
        let snapshot = SnapshotFile::parse(text.as_bytes()).unwrap();
        assert_eq!((snapshot.tree, snapshot.time().unwrap().seconds), (id, 1_704_067_200));
        let again = SnapshotFile::parse(&snapshot.encode().unwrap()).unwrap();
        assert_eq!(again, snapshot);
        assert_eq!(again.others["new"]["a"][1], u64::MAX);
        assert!(SnapshotFile::parse(b"{}").is_err());
        let unusual = text.replace("2024", "12024");
        assert_eq!(SnapshotFile::parse(unusual.as_bytes()).unwrap().time(), None);
    }
}
