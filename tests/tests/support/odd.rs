//! A writer of repositories that no program writes: forged sizes, names, times and ids. It shares no
//! code with the library.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use aes256ctr_poly1305aes::aead::AeadInPlace as _;
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::PASSWORD;

pub(crate) const TIME: &str = "2024-01-01T00:00:00Z";

/// A repository that is being written.
pub(crate) struct OddRepository {
    path: PathBuf,
    cipher: Aes256CtrPoly1305Aes,
    nonces: u64,
    blobs: Vec<Blob>,
    seen: HashSet<(String, String)>,
    /// The packs that are in no index yet.
    pub(crate) packs: Vec<Value>,
}

struct Blob {
    kind: &'static str,
    id: String,
    sealed: Vec<u8>,
    unpacked: Option<u64>,
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or(0)));
        let bits = a << 16 | b << 8 | c;
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

fn cipher(key: &[u8; 64]) -> Aes256CtrPoly1305Aes {
    Aes256CtrPoly1305Aes::new(Key::from_slice(key))
}

fn seal(cipher: &Aes256CtrPoly1305Aes, number: u64, plain: &[u8]) -> Vec<u8> {
    let mut nonce = Nonce::default();
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    let mut sealed = nonce.to_vec();
    sealed.extend_from_slice(plain);
    let tag = cipher.encrypt_in_place_detached(&nonce, &[], &mut sealed[16..]).unwrap();
    sealed.extend_from_slice(&tag);
    sealed
}

impl OddRepository {
    /// A repository without a snapshot, whose password is that of the tests.
    pub(crate) fn new(path: &Path) -> Self {
        for directory in ["keys", "locks", "snapshots", "index"] {
            fs::create_dir_all(path.join(directory)).unwrap();
        }
        for number in 0..256 {
            fs::create_dir_all(path.join(format!("data/{number:02x}"))).unwrap();
        }
        let mut master = [0; 64];
        for (at, byte) in master.iter_mut().enumerate() {
            *byte = (at * 37 + 11) as u8;
        }
        for at in [3, 7, 11, 15] {
            master[48 + at] &= 15;
        }
        for at in [4, 8, 12] {
            master[48 + at] &= 252;
        }
        let salt = [7; 64];
        let mut derived = [0; 64];
        let params = scrypt::Params::new(10, 8, 1).unwrap();
        scrypt::scrypt(PASSWORD.as_bytes(), &salt, &params, &mut derived).unwrap();
        let text = json!({
            "mac": { "k": base64(&master[32..48]), "r": base64(&master[48..]) },
            "encrypt": base64(&master[..32]),
        });
        let data = seal(&cipher(&derived), 1, text.to_string().as_bytes());
        let key = json!({
            "created": TIME, "username": "u", "hostname": "h", "kdf": "scrypt", "N": 1024, "r": 8,
            "p": 1, "salt": base64(&salt), "data": base64(&data),
        });
        let key = key.to_string();
        fs::write(path.join("keys").join(sha256(key.as_bytes())), &key).unwrap();
        let (path, cipher) = (path.to_path_buf(), cipher(&master));
        let (blobs, seen, packs) = (Vec::new(), HashSet::new(), Vec::new());
        let mut new = Self { path, cipher, nonces: 1, blobs, seen, packs };
        let config =
            json!({ "version": 2, "id": "5e".repeat(32), "chunker_polynomial": "25b468838dcb75" });
        let config = new.seal(config.to_string().as_bytes());
        fs::write(new.path.join("config"), config).unwrap();
        new
    }

    fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        self.nonces += 1;
        seal(&self.cipher, self.nonces, plain)
    }

    /// Writes a file that is encrypted as a whole.
    pub(crate) fn file(&mut self, kind: &str, text: &Value) -> String {
        let sealed = self.seal(text.to_string().as_bytes());
        let id = sha256(&sealed);
        fs::write(self.path.join(kind).join(&id), sealed).unwrap();
        id
    }

    /// Adds a blob under an id, and of a plain length, that may both be forged.
    pub(crate) fn forged(
        &mut self,
        kind: &'static str,
        plain: &[u8],
        id: Option<String>,
        unpacked: Option<u64>,
    ) -> String {
        let id = id.unwrap_or_else(|| sha256(plain));
        if self.seen.insert((kind.to_owned(), id.clone())) {
            let packed = zstd::bulk::compress(plain, 1).unwrap();
            let sealed = self.seal(&packed);
            let unpacked = Some(unpacked.unwrap_or(plain.len() as u64));
            self.blobs.push(Blob { kind, id: id.clone(), sealed, unpacked });
        }
        id
    }

    pub(crate) fn data(&mut self, contents: &[u8]) -> String {
        self.forged("data", contents, None, None)
    }

    pub(crate) fn tree(&mut self, nodes: &[Value]) -> String {
        let text = format!("{}\n", json!({ "nodes": nodes }));
        self.forged("tree", text.as_bytes(), None, None)
    }

    /// Lets blobs be added that were added before.
    pub(crate) fn forget_blobs(&mut self) {
        self.seen.clear();
    }

    /// Writes what was added into packs.
    pub(crate) fn flush(&mut self) -> Vec<PathBuf> {
        let blobs = std::mem::take(&mut self.blobs);
        let mut paths = Vec::new();
        for (kind, number) in [("data", 0), ("tree", 1)] {
            let (mut bytes, mut header, mut listed) = (Vec::new(), Vec::new(), Vec::new());
            for blob in blobs.iter().filter(|blob| blob.kind == kind) {
                let mut entry = json!({
                    "id": blob.id, "type": kind, "offset": bytes.len(), "length": blob.sealed.len(),
                });
                header.push(number + if blob.unpacked.is_some() { 2 } else { 0 });
                header.extend_from_slice(&(blob.sealed.len() as u32).to_le_bytes());
                if let Some(unpacked) = blob.unpacked {
                    entry["uncompressed_length"] = unpacked.into();
                    header.extend_from_slice(&(unpacked as u32).to_le_bytes());
                }
                for pair in blob.id.as_bytes().chunks(2) {
                    let digits = std::str::from_utf8(pair).unwrap();
                    header.push(u8::from_str_radix(digits, 16).unwrap());
                }
                bytes.extend_from_slice(&blob.sealed);
                listed.push(entry);
            }
            if listed.is_empty() {
                continue;
            }
            let header = self.seal(&header);
            bytes.extend_from_slice(&header);
            bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
            let id = sha256(&bytes);
            let path = self.path.join("data").join(&id[..2]).join(&id);
            fs::write(&path, bytes).unwrap();
            paths.push(path);
            self.packs.push(json!({ "id": id, "blobs": listed }));
        }
        paths
    }

    /// Writes an index of the packs that are in none.
    pub(crate) fn index(&mut self) -> String {
        self.flush();
        let packs = std::mem::take(&mut self.packs);
        self.file("index", &json!({ "packs": packs }))
    }

    pub(crate) fn snapshot(&mut self, tree: &str) -> String {
        self.file(
            "snapshots",
            &json!({
                "time": "2024-05-01T10:00:00Z", "tree": tree, "paths": ["/x"], "hostname": "h",
                "username": "u", "uid": 0, "gid": 0, "program_version": "restic 0.18.0",
            }),
        )
    }

    /// Writes the index and a snapshot of a directory.
    pub(crate) fn save(&mut self, nodes: &[Value]) -> String {
        let tree = self.tree(nodes);
        self.index();
        self.snapshot(&tree)
    }
}

/// A node without contents.
pub(crate) fn node(name: &str, kind: &str) -> Value {
    let mode: u64 = match kind {
        "dir" => 0x8000_0000 | 0o755,
        "symlink" => 0x0800_0000 | 0o777,
        _ => 0o644,
    };
    json!({
        "name": name, "type": kind, "mode": mode, "mtime": TIME, "atime": TIME, "ctime": TIME,
        "uid": 0, "gid": 0, "user": "root", "group": "root",
    })
}

/// A file of some blobs.
pub(crate) fn file(name: &str, content: &[&str], size: u64) -> Value {
    let mut node = node(name, "file");
    node["content"] = content.iter().copied().collect();
    node["size"] = size.into();
    node
}

/// A directory.
pub(crate) fn directory(name: &str, tree: &str) -> Value {
    let mut node = node(name, "dir");
    node["subtree"] = tree.into();
    node
}
