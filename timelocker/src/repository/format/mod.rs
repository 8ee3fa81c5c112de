//! restic's repository format, versions 1 and 2: the bytes of each kind of file, and nothing else.
//!
//! Nothing here reads or writes storage. Each decoder takes bytes that may be damaged or forged: it
//! bounds every length before it reserves memory, and returns a [`FormatError`] rather than panic.
//! Each encoder writes the bytes that restic would write, so that equal directories have equal ids
//! whichever program saved them.
//!
//! Public for the fuzz targets and the conformance tests only, and exempt from semantic versioning.

mod base64;
mod blob;
mod cipher;
mod config;
mod error;
mod file;
mod id;
mod index;
mod json;
mod key_file;
mod mode;
mod pack;
mod quote;
mod snapshot;
mod time;
mod tree;

pub use self::blob::{Blob, BlobReader, BlobType, Limits};
pub use self::cipher::{Cipher, KeyParts, OVERHEAD};
pub use self::config::Config;
pub use self::error::FormatError;
pub use self::file::{open_file, seal_file};
pub use self::id::Id;
pub use self::index::{Index, IndexBuilder, IndexFile, IndexedPack, Location};
pub use self::key_file::KeyFile;
pub use self::mode::{go_mode, permissions};
pub use self::pack::{header_length, parse_header, write_header};
pub use self::quote::{quote, unquote};
pub use self::snapshot::SnapshotFile;
pub use self::time::Time;
pub use self::tree::{ExtendedAttribute, Node, NodeKind, TreeNodes, TreeWriter};
