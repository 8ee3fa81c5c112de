//! restic's format: repositories that restic itself made, and round trips of random values.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use timelocker::repository::format::{
    Blob, BlobReader, BlobType, Cipher, Config, ExtendedAttribute, Id, IndexBuilder, IndexFile,
    IndexedPack, KeyFile, Limits, Node, NodeKind, SnapshotFile, Time, TreeNodes, TreeWriter,
    header_length, parse_header, quote, unquote, write_header,
};

const PASSWORD: &str = "format";

/// The restic of `PATH`, and that of `RESTIC` where it is set: versions write differently.
fn restics() -> Vec<PathBuf> {
    let newer = std::env::var_os("RESTIC").map(PathBuf::from);
    timelocker_tests::tool("restic").into_iter().chain(newer).collect()
}

fn restic(program: &Path, directory: &Path, arguments: &[&str]) {
    let output = Command::new(program)
        .args(["--no-cache", "-q"])
        .args(arguments)
        .current_dir(directory)
        .env("RESTIC_REPOSITORY", directory.join("repository"))
        .env("RESTIC_PASSWORD", PASSWORD)
        // An offset that is no whole hour, and differs by the time of the year in none of its years.
        .env("TZ", "Asia/Kolkata")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Entries of every kind that an ordinary user can make, with names that have to be quoted.
fn make_tree(top: &Path) {
    fs::create_dir_all(top.join("sub/empty")).unwrap();
    for name in [
        &b"plain"[..],
        b"quote\" back\\slash 'x' `y`",
        b"<html> & more",
        b"new\nline\ttab\x07\x7f",
        b"latin-\xe9",
        b"cut \xe2\x82",
        "é€😀 e\u{301} nbsp\u{a0}zero\u{200b}line\u{2028}\u{e000}".as_bytes(),
    ] {
        let path = top.join(OsStr::from_bytes(name));
        fs::write(&path, name.repeat(50)).unwrap();
        symlink(OsStr::from_bytes(name), top.join("sub").join(OsStr::from_bytes(name))).unwrap();
    }
    fs::write(top.join("empty"), "").unwrap();
    let noise: Vec<u8> = (0..3_000_000u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
    fs::write(top.join("large"), noise).unwrap();
    fs::hard_link(top.join("plain"), top.join("sub/linked")).unwrap();
    fs::set_permissions(top.join("empty"), PermissionsExt::from_mode(0o4711)).unwrap();
    fs::set_permissions(top.join("plain"), PermissionsExt::from_mode(0o000)).unwrap();
    let _ = xattr::set(top.join("plain"), "user.test", b"\x00\xffvalue");
    let _ = xattr::set(top.join("plain"), "user.empty", b"");
    let made = Command::new("mkfifo").arg(top.join("fifo")).status().unwrap();
    assert!(made.success());
    let old = fs::File::options().write(true).open(top.join("empty")).unwrap();
    let year_1901 =
        std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_millis(2_177_452_799_999);
    old.set_modified(year_1901).unwrap();
}

fn files(directory: &Path) -> Vec<(Id, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(directory) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let id = entry.file_name().to_str().unwrap().parse().unwrap();
            let bytes = fs::read(entry.path()).unwrap();
            assert_eq!(Id::of(&bytes), id, "{}", entry.path().display());
            files.push((id, bytes));
        }
    }
    files
}

/// A file that is encrypted as a whole; from version 2 on, a first byte says that it is compressed.
fn unpacked(cipher: &Cipher, sealed: &[u8]) -> Vec<u8> {
    let plain = cipher.decrypt(sealed).unwrap();
    match plain.split_first() {
        Some((2, compressed)) => zstd::decode_all(compressed).unwrap(),
        _ => plain,
    }
}

fn every_file_is_understood(repository: &Path) {
    let keys = files(&repository.join("keys"));
    let key = KeyFile::parse(&keys[0].1).unwrap();
    assert!(key.open(b"wrong").unwrap_err().is_damaged());
    let cipher = Cipher::from_parts(&key.open(PASSWORD.as_bytes()).unwrap());
    let config = Config::parse(&unpacked(&cipher, &fs::read(repository.join("config")).unwrap()));
    assert!(config.unwrap().polynomial() > 0);

    let mut builder = IndexBuilder::default();
    let mut indexed = BTreeSet::new();
    for (id, sealed) in files(&repository.join("index")) {
        let text = unpacked(&cipher, &sealed);
        let file = IndexFile::parse(&text).unwrap();
        assert_eq!(file.encode(), text, "an index is written as restic writes it");
        indexed.extend(file.packs.iter().map(|pack| pack.id));
        builder.add(id, file);
    }
    let index = builder.build();

    let mut reader = BlobReader::new(Limits::default()).unwrap();
    let (mut plain, mut trees) = (Vec::new(), BTreeSet::new());
    for (id, bytes) in files(&repository.join("data")) {
        assert!(indexed.remove(&id));
        let (rest, last) = bytes.split_last_chunk().unwrap();
        let length = header_length(bytes.len() as u64, *last).unwrap() as usize;
        let start = rest.len() - length;
        let header = cipher.decrypt(&rest[start..]).unwrap();
        let blobs = parse_header(&header, start as u64).unwrap();
        let mut again = Vec::new();
        write_header(&blobs, &mut again);
        assert_eq!(again, header, "a header is written as restic writes it");
        for blob in blobs {
            assert!(
                index.find(blob.kind, &blob.id).any(|place| (place.pack, place.blob) == (id, blob))
            );
            let sealed = &bytes[blob.offset as usize..blob.end().unwrap() as usize];
            reader.open(&cipher, &blob, sealed, &mut plain).unwrap();
            if blob.kind == BlobType::Tree {
                let nodes: Vec<_> = TreeNodes::new(&plain).unwrap().map(Result::unwrap).collect();
                assert!(nodes.is_sorted_by(|a, b| a.name < b.name));
                let mut writer = TreeWriter::default();
                nodes.iter().for_each(|node| writer.push(node));
                let again = String::from_utf8(writer.finish()).unwrap();
                let text = str::from_utf8(&plain).unwrap();
                if text.contains("linktarget_raw") {
                    assert_eq!(again, text);
                } else {
                    // Before 0.16 restic stored of a target that is no UTF-8 only this escape.
                    assert_eq!(again, text.replace("\\ufffd", "\u{fffd}"));
                }
                trees.insert(blob.id);
            }
        }
    }
    assert!(indexed.is_empty(), "packs that are not there: {indexed:?}");
    for (_, sealed) in files(&repository.join("snapshots")) {
        let snapshot = SnapshotFile::parse(&unpacked(&cipher, &sealed)).unwrap();
        assert!(trees.contains(&snapshot.tree) && snapshot.time().is_some());
    }
}

#[test]
fn what_restic_wrote_is_read_and_written_alike() {
    for program in restics() {
        for version in ["1", "2"] {
            let directory = tempfile::tempdir().unwrap();
            make_tree(&directory.path().join("tree"));
            restic(&program, directory.path(), &["init", "--repository-version", version]);
            restic(&program, directory.path(), &["backup", "tree"]);
            fs::write(directory.path().join("tree/more"), "more").unwrap();
            restic(&program, directory.path(), &["backup", "tree", "--with-atime"]);
            every_file_is_understood(&directory.path().join("repository"));
        }
    }
}

fn id() -> impl Strategy<Value = Id> {
    any::<[u8; 32]>().prop_map(Id::from_bytes)
}

fn blob() -> impl Strategy<Value = Blob> {
    let kind = prop_oneof![Just(BlobType::Data), Just(BlobType::Tree)];
    let unpacked = proptest::option::of(1..u32::MAX);
    (id(), kind, 32..1u32 << 20, unpacked).prop_map(|(id, kind, length, unpacked)| Blob {
        id,
        kind,
        offset: 0,
        length,
        unpacked,
    })
}

/// Blobs one after the other, as in a pack.
fn blobs() -> impl Strategy<Value = Vec<Blob>> {
    proptest::collection::vec(blob(), 0..20).prop_map(|mut blobs| {
        let mut end = 0;
        for blob in &mut blobs {
            blob.offset = end;
            end += blob.length;
        }
        blobs
    })
}

fn time() -> impl Strategy<Value = Option<Time>> {
    let offset = prop_oneof![Just(0), -1439..1440i16];
    let parts = (-62_167_000_000..253_402_200_000i64, 0..1_000_000_000u32, offset);
    proptest::option::of(parts.prop_map(|(seconds, nanoseconds, offset)| {
        // The written clock has to be in the years 0 to 9999 too.
        Time { seconds, nanoseconds, offset }
    }))
}

prop_compose! {
    fn node()(
        name in proptest::collection::vec(any::<u8>(), 1..20),
        kind in prop_oneof![
            Just(NodeKind::File), Just(NodeKind::Directory), Just(NodeKind::Symlink),
            Just(NodeKind::BlockDevice), Just(NodeKind::CharDevice), Just(NodeKind::Fifo),
            Just(NodeKind::Socket), Just(NodeKind::Other("later".to_owned())),
        ],
        (mode, modified, accessed, changed) in (any::<u32>(), time(), time(), time()),
        (uid, gid) in (proptest::option::of(any::<u32>()), proptest::option::of(any::<u32>())),
        (user, group) in (any::<String>(), any::<String>()),
        (inode, device_id, size, links, device) in any::<(u64, u64, u64, u64, u64)>(),
        link_target in proptest::collection::vec(any::<u8>(), 0..20),
        attributes in proptest::collection::vec(
            (any::<String>(), proptest::option::of(proptest::collection::vec(any::<u8>(), 0..9))), 0..3),
        content in proptest::option::of(proptest::collection::vec(id(), 0..3)),
        subtree in proptest::option::of(id()),
        unknown in prop_oneof![
            Just(""), Just(r#","error":"x""#), Just(r#","generic_attributes":{"a":[1,{}]}"#),
        ],
    ) -> Node {
        let extended_attributes = attributes
            .into_iter()
            .map(|(name, value)| ExtendedAttribute { name, value })
            .collect();
        let unknown = unknown.as_bytes().to_vec();
        Node {
            name, kind, mode, modified, accessed, changed, uid, gid, user, group, inode, device_id, size,
            links, link_target, extended_attributes, device, content, subtree, unknown,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_come_back(name in proptest::collection::vec(any::<u8>(), 0..40)) {
        let quoted = quote(&name);
        prop_assert_eq!(&*unquote(&quoted), &name[..]);
    }

    #[test]
    fn text_is_unquoted_without_a_panic(text in any::<String>()) {
        let _ = unquote(&text);
        let quoted = quote(text.as_bytes());
        prop_assert_eq!(&*unquote(&quoted), text.as_bytes());
    }

    #[test]
    fn headers_come_back(blobs in blobs()) {
        let mut header = Vec::new();
        write_header(&blobs, &mut header);
        let end = blobs.last().map_or(0, |blob| blob.end().unwrap());
        prop_assert_eq!(parse_header(&header, end.into()).unwrap(), blobs);
    }

    #[test]
    fn any_bytes_are_a_header_or_an_error(header in proptest::collection::vec(any::<u8>(), 0..200)) {
        for blob in parse_header(&header, 1 << 20).unwrap_or_default() {
            prop_assert!(blob.end().unwrap() <= 1 << 20);
        }
    }

    #[test]
    fn indexes_come_back(
        packs in proptest::collection::vec((id(), blobs()), 0..5),
        supersedes in proptest::collection::vec(id(), 0..3),
    ) {
        let packs: Vec<_> =
            packs.into_iter().map(|(id, blobs)| IndexedPack { id, blobs }).collect();
        let file = IndexFile { supersedes, packs: packs.clone(), packs_to_delete: Vec::new() };
        let parsed = IndexFile::parse(&file.encode()).unwrap();
        prop_assert_eq!(&parsed, &file);
        let mut builder = IndexBuilder::default();
        builder.add(Id::of(b"index"), parsed);
        let index = builder.build();
        for pack in &packs {
            for blob in &pack.blobs {
                let mut places = index.find(blob.kind, &blob.id);
                prop_assert!(places.any(|place| (place.pack, place.blob) == (pack.id, *blob)));
            }
        }
    }

    #[test]
    fn trees_come_back(nodes in proptest::collection::vec(node(), 0..4)) {
        let mut writer = TreeWriter::default();
        nodes.iter().for_each(|node| writer.push(node));
        let text = writer.finish();
        let mut cursor = TreeNodes::new(&text).unwrap();
        let mut copied = TreeWriter::default();
        for node in &nodes {
            let (parsed, range) = cursor.next_node().unwrap().unwrap();
            prop_assert_eq!(&parsed, node);
            copied.push_text(&text[range]);
        }
        prop_assert!(cursor.next_node().unwrap().is_none());
        prop_assert_eq!(copied.finish(), text);
    }

    #[test]
    fn a_damaged_tree_is_an_error_or_a_tree(node in node(), at in any::<usize>(), byte in any::<u8>()) {
        let mut writer = TreeWriter::default();
        writer.push(&node);
        let mut text = writer.finish();
        let at = at % text.len();
        text[at] = byte;
        if let Ok(nodes) = TreeNodes::new(&text) {
            prop_assert!(nodes.count() <= text.len());
        }
    }
}
