//! A directory of a snapshot as far as its structure goes.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Component, Path};

use rustic_core::repofile::Node;
use rustic_core::{DataId, TreeId};
use serde::Deserialize;

/// The entries of a directory, as the format stores them.
///
/// The engine takes each entry apart into every field that it may have, by way of a value that can
/// be any of them. Whether a snapshot is whole shows in four fields, read right from the text.
#[derive(Debug, Deserialize)]
pub(super) struct Outline<'a> {
    #[serde(borrow)]
    nodes: Option<Vec<Entry<'a>>>,
}

/// What an entry names.
#[derive(Debug, Deserialize)]
pub(super) struct Entry<'a> {
    /// With the escapes of the format.
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    /// The parts of a file.
    pub(super) content: Option<Vec<DataId>>,
    /// What is in a directory.
    pub(super) subtree: Option<TreeId>,
}

impl<'a> Outline<'a> {
    /// # Errors
    ///
    /// It is no directory of the format.
    pub(super) fn parse(data: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(data)
    }

    pub(super) fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        self.nodes.into_iter().flatten()
    }
}

impl Entry<'_> {
    pub(super) fn is_directory(&self) -> bool {
        self.kind == "dir"
    }

    /// The name as it is on the disk.
    pub(super) fn name(&self) -> OsString {
        let node = Node { name: self.name.clone().into_owned(), ..Node::default() };
        node.name().into_owned()
    }

    /// Whether an entry can have its name: in a repository it may be anything, and could lead out of
    /// a destination.
    pub(super) fn has_plain_name(&self) -> bool {
        if self.name.contains('\\') { is_plain(self.name()) } else { is_plain(&*self.name) }
    }
}

/// Whether a name is that of an entry of the directory it is in.
pub(in crate::repository) fn is_plain(name: impl AsRef<std::ffi::OsStr>) -> bool {
    let name = name.as_ref();
    let mut components = Path::new(name).components();
    matches!(components.next(), Some(Component::Normal(first)) if first == name)
        && components.next().is_none()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_read_as_restic_writes_them() {
        let id = "5e".repeat(32);
        let text = format!(
            r#"{{"nodes":[
                {{"name":"a","type":"file","mode":420,"mtime":"2024-01-01T00:00:00Z","inode":7,
                  "extended_attributes":[{{"name":"user.x","value":"eA=="}}],
                  "content":["{id}","{id}"]}},
                {{"name":"b","type":"dir","content":null,"subtree":"{id}"}},
                {{"name":"c","type":"symlink","linktarget":"a \"b\"","content":null}},
                {{"name":"latin-\\xe9","type":"file","content":[]}}
            ]}}"#
        );
        let entries: Vec<_> = Outline::parse(text.as_bytes()).unwrap().entries().collect();
        let parts = |entry: &Entry<'_>| entry.content.as_ref().map(Vec::len);
        let parts: Vec<_> = entries.iter().map(parts).collect();
        assert_eq!(parts, [Some(2), None, None, Some(0)]);
        let directories: Vec<_> = entries.iter().map(Entry::is_directory).collect();
        assert_eq!(directories, [false, true, false, false]);
        assert_eq!(entries[1].subtree, Some(id.parse().unwrap()));
        assert_eq!(entries[3].name().as_encoded_bytes(), b"latin-\xe9");
        assert!(entries.iter().all(Entry::has_plain_name));
        assert_eq!(Outline::parse(br#"{"nodes":null}"#).unwrap().entries().count(), 0);
        for broken in ["", "[]", r#"{"nodes":[{"name":"x"}]}"#, r#"{"nodes":[{"type":"dir"}]}"#] {
            assert!(Outline::parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_told() {
        for (name, plain) in [
            ("a", true),
            ("..a", true),
            ("a\\\\b", true),
            ("", false),
            (".", false),
            ("..", false),
            ("a/b", false),
            ("/", false),
            ("a/", false),
            ("..\\x2fa", false),
        ] {
            let kind = Cow::Borrowed("file");
            let entry = Entry { name: name.into(), kind, content: None, subtree: None };
            assert_eq!(entry.has_plain_name(), plain, "{name}");
        }
    }
}
