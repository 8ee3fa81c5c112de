//! Directories: nodes in the order of their names, in JSON.

use std::ops::Range;

use super::json::{Reader, write_id, write_lossy, write_string, write_u64};
use super::{FormatError, Id, Time, base64, quote, unquote};

const WHAT: &str = "a directory of the repository";

/// The kind of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NodeKind {
    /// A regular file.
    #[default]
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A kind that this program does not know.
    Other(String),
}

impl NodeKind {
    /// The name in the format.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::File => "file",
            Self::Directory => "dir",
            Self::Symlink => "symlink",
            Self::BlockDevice => "dev",
            Self::CharDevice => "chardev",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Other(name) => name,
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "file" => Self::File,
            "dir" => Self::Directory,
            "symlink" => Self::Symlink,
            "dev" => Self::BlockDevice,
            "chardev" => Self::CharDevice,
            "fifo" => Self::Fifo,
            "socket" => Self::Socket,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// An extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedAttribute {
    /// The name; the format has no other than text.
    pub name: String,
    /// The value; `None` where it is null.
    pub value: Option<Vec<u8>>,
}

/// An entry of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// The raw name.
    pub name: Vec<u8>,
    /// The kind.
    pub kind: NodeKind,
    /// The mode in the bits of Go's `io/fs.FileMode`; 0 where it is not known.
    pub mode: u32,
    /// Time of the last modification; `None` where it cannot be represented.
    pub modified: Option<Time>,
    /// Time of the last access.
    pub accessed: Option<Time>,
    /// Time of the last change of status.
    pub changed: Option<Time>,
    /// The user's number.
    pub uid: Option<u32>,
    /// The group's number.
    pub gid: Option<u32>,
    /// The user's name, or nothing.
    pub user: String,
    /// The group's name, or nothing.
    pub group: String,
    /// The inode; 0 where it is not known.
    pub inode: u64,
    /// The device that it is on; 0 where it is not known.
    pub device_id: u64,
    /// Number of bytes.
    pub size: u64,
    /// Number of hard links; 0 where it is not known.
    pub links: u64,
    /// The raw target of a symbolic link.
    pub link_target: Vec<u8>,
    /// The extended attributes.
    pub extended_attributes: Vec<ExtendedAttribute>,
    /// The device that a special file stands for.
    pub device: u64,
    /// The pieces of a file.
    pub content: Option<Vec<Id>>,
    /// The directory's tree.
    pub subtree: Option<Id>,
    /// Fields that this program does not know, as `,"name":value`.
    pub unknown: Vec<u8>,
}

/// Reads the nodes of a tree one by one.
#[derive(Debug)]
pub struct TreeNodes<'a> {
    text: &'a [u8],
    at: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    First,
    Later,
    Done,
}

impl<'a> TreeNodes<'a> {
    /// The nodes of a tree's text.
    ///
    /// # Errors
    ///
    /// When it is no tree.
    pub fn new(text: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(text, 0, WHAT);
        reader.expect(b'{', "`{`")?;
        while reader.string()? != "nodes" {
            reader.expect(b':', "`:`")?;
            reader.skip()?;
            reader.expect(b',', "`,` and `nodes`")?;
        }
        reader.expect(b':', "`:`")?;
        let state = if reader.null() {
            State::Done
        } else {
            reader.expect(b'[', "`[`")?;
            if reader.take(b']') { State::Done } else { State::First }
        };
        if state == State::Done {
            Self::close(&mut reader)?;
        }
        Ok(Self { text, at: reader.position(), state })
    }

    /// Goes on behind a node that was read before.
    #[must_use]
    pub fn resume(text: &'a [u8], end: usize) -> Self {
        Self { text, at: end, state: State::Later }
    }

    fn close(reader: &mut Reader<'_>) -> Result<(), FormatError> {
        // Later versions may have more beside the nodes.
        while reader.take(b',') {
            reader.string()?;
            reader.expect(b':', "`:`")?;
            reader.skip()?;
        }
        reader.expect(b'}', "`}`")?;
        reader.end()
    }

    /// The next node, and where its text is.
    ///
    /// # Errors
    ///
    /// When what follows is no node; nothing follows that.
    pub fn next_node(&mut self) -> Result<Option<(Node, Range<usize>)>, FormatError> {
        if self.state == State::Done {
            return Ok(None);
        }
        let is_first = self.state == State::First;
        self.state = State::Done;
        let mut reader = Reader::new(self.text, self.at, WHAT);
        if !is_first {
            if reader.take(b']') {
                Self::close(&mut reader)?;
                return Ok(None);
            }
            reader.expect(b',', "`,` or `]`")?;
        }
        reader.peek();
        let start = reader.position();
        let node = parse(&mut reader)?;
        self.at = reader.position();
        self.state = State::Later;
        Ok(Some((node, start..self.at)))
    }
}

impl Iterator for TreeNodes<'_> {
    type Item = Result<Node, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_node().map(|node| node.map(|(node, _)| node)).transpose()
    }
}

fn parse(reader: &mut Reader<'_>) -> Result<Node, FormatError> {
    let mut node = Node::default();
    let (mut has_name, mut has_kind) = (false, false);
    reader.object(|reader, key| {
        if reader.null() {
            if !KNOWN.contains(&key) {
                keep(key, b"null", &mut node.unknown);
            }
            return Ok(());
        }
        match key {
            "name" => {
                node.name = unquote(&reader.string()?).into_owned();
                has_name = true;
            }
            "type" => {
                node.kind = NodeKind::of(&reader.string()?);
                has_kind = true;
            }
            "mode" => node.mode = reader.u32()?,
            "mtime" => node.modified = time(reader)?,
            "atime" => node.accessed = time(reader)?,
            "ctime" => node.changed = time(reader)?,
            "uid" => node.uid = Some(reader.u32()?),
            "gid" => node.gid = Some(reader.u32()?),
            "user" => node.user = reader.string()?.into_owned(),
            "group" => node.group = reader.string()?.into_owned(),
            "inode" => node.inode = reader.u64()?,
            "device_id" => node.device_id = reader.u64()?,
            "size" => node.size = reader.u64()?,
            "links" => node.links = reader.u64()?,
            "linktarget" => {
                // The raw target decides where there is one.
                let target = reader.string()?;
                if node.link_target.is_empty() {
                    node.link_target = target.into_owned().into_bytes();
                }
            }
            "linktarget_raw" => node.link_target = bytes(reader)?,
            "extended_attributes" => reader.array(|reader| {
                node.extended_attributes.push(attribute(reader)?);
                Ok(())
            })?,
            "device" => node.device = reader.u64()?,
            "content" => {
                let content = node.content.insert(Vec::new());
                reader.array(|reader| {
                    content.push(reader.id()?);
                    Ok(())
                })?;
            }
            "subtree" => node.subtree = Some(reader.id()?),
            _ => {
                let value = reader.skip()?;
                keep(key, value, &mut node.unknown);
            }
        }
        Ok(())
    })?;
    if has_name && has_kind { Ok(node) } else { reader.expected("an entry with a name and a type") }
}

const KNOWN: [&str; 20] = [
    "name",
    "type",
    "mode",
    "mtime",
    "atime",
    "ctime",
    "uid",
    "gid",
    "user",
    "group",
    "inode",
    "device_id",
    "size",
    "links",
    "linktarget",
    "linktarget_raw",
    "extended_attributes",
    "device",
    "content",
    "subtree",
];

fn keep(key: &str, value: &[u8], unknown: &mut Vec<u8>) {
    unknown.push(b',');
    write_string(key, unknown);
    unknown.push(b':');
    unknown.extend_from_slice(value);
}

/// A time; none where it cannot be represented, which is no reason to lose the directory.
fn time(reader: &mut Reader<'_>) -> Result<Option<Time>, FormatError> {
    if reader.peek() == Some(b'"') {
        Ok(Time::parse(reader.string()?.as_bytes()))
    } else {
        reader.skip().map(|_| None)
    }
}

fn bytes(reader: &mut Reader<'_>) -> Result<Vec<u8>, FormatError> {
    let text = reader.string()?;
    base64::decode(&text).map_or_else(|| reader.expected("base64"), Ok)
}

fn attribute(reader: &mut Reader<'_>) -> Result<ExtendedAttribute, FormatError> {
    let mut attribute = ExtendedAttribute { name: String::new(), value: None };
    reader.object(|reader, key| {
        match key {
            "name" => attribute.name = reader.string()?.into_owned(),
            "value" if !reader.null() => attribute.value = Some(bytes(reader)?),
            "value" => {}
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(attribute)
}

impl Node {
    /// Appends the text that restic writes for it.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"name\":");
        write_string(&quote(&self.name), out);
        out.extend_from_slice(b",\"type\":");
        write_string(self.kind.name(), out);
        number("mode", self.mode.into(), out);
        for (name, time) in
            [("mtime", self.modified), ("atime", self.accessed), ("ctime", self.changed)]
        {
            if let Some(time) = time {
                key(name, out);
                out.push(b'"');
                time.write(out);
                out.push(b'"');
            }
        }
        for (name, owner) in [("uid", self.uid), ("gid", self.gid)] {
            if let Some(owner) = owner {
                key(name, out);
                write_u64(owner.into(), out);
            }
        }
        text("user", &self.user, out);
        text("group", &self.group, out);
        number("inode", self.inode, out);
        number("device_id", self.device_id, out);
        number("size", self.size, out);
        number("links", self.links, out);
        self.write_link_target(out);
        self.write_attributes(out);
        number("device", self.device, out);
        key("content", out);
        match &self.content {
            None => out.extend_from_slice(b"null"),
            Some(content) => {
                out.push(b'[');
                for (at, id) in content.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    write_id(id, out);
                }
                out.push(b']');
            }
        }
        if let Some(subtree) = &self.subtree {
            key("subtree", out);
            write_id(subtree, out);
        }
        out.extend_from_slice(&self.unknown);
        out.push(b'}');
    }

    fn write_link_target(&self, out: &mut Vec<u8>) {
        if self.link_target.is_empty() {
            return;
        }
        key("linktarget", out);
        write_lossy(&self.link_target, out);
        if str::from_utf8(&self.link_target).is_err() {
            key("linktarget_raw", out);
            out.push(b'"');
            base64::encode(&self.link_target, out);
            out.push(b'"');
        }
    }

    fn write_attributes(&self, out: &mut Vec<u8>) {
        if self.extended_attributes.is_empty() {
            return;
        }
        key("extended_attributes", out);
        let mut before = b'[';
        for attribute in &self.extended_attributes {
            out.push(before);
            before = b',';
            out.extend_from_slice(b"{\"name\":");
            write_string(&attribute.name, out);
            out.extend_from_slice(b",\"value\":");
            match &attribute.value {
                None => out.extend_from_slice(b"null"),
                Some(value) => {
                    out.push(b'"');
                    base64::encode(value, out);
                    out.push(b'"');
                }
            }
            out.push(b'}');
        }
        out.push(b']');
    }
}

fn key(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// A number that is left out where it is 0.
fn number(name: &str, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        key(name, out);
        write_u64(value, out);
    }
}

/// A text that is left out where it is empty.
fn text(name: &str, value: &str, out: &mut Vec<u8>) {
    if !value.is_empty() {
        key(name, out);
        write_string(value, out);
    }
}

/// Writes a tree, node by node, in the order of their raw names.
#[derive(Debug)]
pub struct TreeWriter {
    text: Vec<u8>,
    is_empty: bool,
}

impl Default for TreeWriter {
    fn default() -> Self {
        Self { text: b"{\"nodes\":[".to_vec(), is_empty: true }
    }
}

impl TreeWriter {
    /// Appends a node.
    pub fn push(&mut self, node: &Node) {
        self.separate();
        node.write(&mut self.text);
    }

    /// Appends one or more nodes that are text already.
    pub fn push_text(&mut self, nodes: &[u8]) {
        self.separate();
        self.text.extend_from_slice(nodes);
    }

    fn separate(&mut self) {
        if !self.is_empty {
            self.text.push(b',');
        }
        self.is_empty = false;
    }

    /// The text, whose hash is the tree's id.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.text.extend_from_slice(b"]}\n");
        self.text
    }
}
