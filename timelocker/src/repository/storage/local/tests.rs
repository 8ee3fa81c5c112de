#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::repository::format::Id;

fn made() -> (tempfile::TempDir, Local) {
    let directory = tempfile::tempdir().unwrap();
    let local = Local::new(directory.path().join("a/repository"));
    local.create().unwrap();
    (directory, local)
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn pack() -> FileName {
    FileName::new(FileKind::Pack, Id::of(b"pack"))
}

#[test]
fn files_are_written_read_listed_and_removed() {
    let (_directory, local) = made();
    for kind in FileKind::IN_DIRECTORIES {
        let file = FileName::new(kind, Id::of(b"contents"));
        assert_eq!(local.list(kind).unwrap(), []);
        local.write(file, Bytes::from_static(b"contents")).unwrap();
        let listed = local.list(kind).unwrap();
        assert_eq!((listed.len(), listed[0].id, listed[0].size), (1, file.id(), 8));
        assert!(listed[0].modified.is_some());
        assert_eq!(&*local.read(file).unwrap(), b"contents");
        assert_eq!(&*local.read_range(file, 3, 5).unwrap(), b"tents");
        for (offset, length) in [(3, 6), (9, 0), (0, usize::MAX), (u64::MAX, 1)] {
            let error = local.read_range(file, offset, length).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
        assert_eq!(mode(local.path(file)), 0o600);
        assert_eq!(mode(local.path(file).parent().unwrap()), 0o700);
        local.remove(file).unwrap();
        for error in [local.remove(file).unwrap_err(), local.read(file).unwrap_err()] {
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert!(error.to_string().contains(&file.id().to_string()), "{error}");
        }
    }
}

#[test]
fn an_existing_config_is_not_replaced_unless_asked() {
    let (_directory, local) = made();
    local.write(FileName::CONFIG, Bytes::from_static(b"first")).unwrap();
    let error = local.write(FileName::CONFIG, Bytes::from_static(b"second")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(&*local.read(FileName::CONFIG).unwrap(), b"first");
    local.replace_config(Bytes::from_static(b"second")).unwrap();
    assert_eq!(&*local.read(FileName::CONFIG).unwrap(), b"second");
    assert_eq!(local.remove_leftovers().unwrap(), 0);
    assert_eq!(mode(local.path(FileName::CONFIG)), 0o600);
}

#[test]
fn a_missing_directory_is_an_error_and_is_not_made() {
    for kind in FileKind::IN_DIRECTORIES {
        let (_directory, local) = made();
        fs::remove_dir(local.root.join(kind.directory())).unwrap();
        assert_eq!(local.list(kind).unwrap_err().kind(), io::ErrorKind::NotFound);
        let file = FileName::new(kind, Id::of(b"x"));
        let error = local.write(file, Bytes::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{kind:?}");
        assert!(!local.root.join(kind.directory()).exists());
    }
    // Older versions made the directory of locks late.
    let (_directory, local) = made();
    fs::remove_dir(local.root.join("locks")).unwrap();
    local.write(FileName::CONFIG, Bytes::new()).unwrap();
    assert_eq!(local.list(FileKind::Lock).unwrap(), []);
    local.write(FileName::new(FileKind::Lock, Id::of(b"x")), Bytes::new()).unwrap();
}

#[test]
fn leftovers_are_no_files_and_are_removed() {
    let (_directory, local) = made();
    local.write(pack(), Bytes::from_static(b"pack")).unwrap();
    let path = local.path(pack());
    for suffix in ["-tmp-0123", "-tmp-restic"] {
        fs::write(path.with_file_name(format!("{}{suffix}", pack().id())), b"half").unwrap();
    }
    fs::write(path.with_file_name("notes-tmp-1"), b"somebody's").unwrap();
    fs::write(local.root.join("config-tmp-1"), b"half").unwrap();
    assert_eq!(local.list(FileKind::Pack).unwrap().len(), 1);
    assert_eq!(local.remove_leftovers().unwrap(), 3);
    assert!(path.exists() && path.with_file_name("notes-tmp-1").exists());
}

#[test]
fn a_group_that_reads_the_config_reads_all() {
    let (_directory, local) = made();
    local.write(FileName::CONFIG, Bytes::new()).unwrap();
    fs::set_permissions(local.path(FileName::CONFIG), fs::Permissions::from_mode(0o640)).unwrap();
    local.write(pack(), Bytes::new()).unwrap();
    assert_eq!(mode(local.path(pack())), 0o660);
    assert_eq!(mode(local.path(pack()).parent().unwrap()), 0o770);
}

#[test]
fn a_path_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let directory = tempfile::tempdir().unwrap();
    let local = Local::new(directory.path().join(OsStr::from_bytes(b"\xff")));
    local.create().unwrap();
    local.write(pack(), Bytes::from_static(b"pack")).unwrap();
    assert_eq!(local.list(FileKind::Pack).unwrap().len(), 1);
}
