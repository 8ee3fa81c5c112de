//! Tests of two holders at once, and of locks that are written anew.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use rustic_core::repofile::MasterKey;

use super::*;

type Hook = Box<dyn FnOnce() + Send>;

/// Lock files in memory. A hook runs just before the next one is written.
#[derive(Default)]
struct Memory {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    before_write: Mutex<Option<Hook>>,
}

impl LockStore for Memory {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files.lock().unwrap().keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.files.lock().unwrap().get(name).cloned().ok_or(io::ErrorKind::NotFound.into())
    }

    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        // The hook writes as well: its lock must not be held any more.
        let hook = self.before_write.lock().unwrap().take();
        hook.into_iter().for_each(|hook| hook());
        self.files.lock().unwrap().insert(name.to_owned(), contents.to_vec());
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.files.lock().unwrap().remove(name);
        Ok(())
    }
}

fn locks() -> (Arc<Memory>, Locks) {
    let memory = Arc::new(Memory::default());
    let cipher = Arc::new(Cipher::new(MasterKey::new()).unwrap());
    let locks = Locks::new(Arc::clone(&memory) as Arc<dyn LockStore>, cipher);
    (memory, locks)
}

/// Another one locks between the first look and the writing: the second look sees it.
#[test]
fn of_two_that_begin_together_one_sees_the_other() {
    let (memory, locks) = locks();
    let other = locks.clone();
    let taken = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&taken);
    *memory.before_write.lock().unwrap() = Some(Box::new(move || {
        *keep.lock().unwrap() = other.acquire(Purpose::Backup).ok();
    }));
    assert!(matches!(locks.acquire(Purpose::Exclusive), Err(Refused::Held(_))));
    assert!(taken.lock().unwrap().is_some());
    // The one that gave up left nothing behind.
    assert_eq!(memory.list().unwrap().len(), 1);
    drop(taken.lock().unwrap().take());
    assert_eq!(memory.list().unwrap(), [""; 0]);
}

#[test]
fn a_lock_that_is_written_anew_takes_the_place_of_its_file() {
    let (memory, locks) = locks();
    let mut name = locks.write(Purpose::Backup).unwrap();
    let lease = Lease::new(Moment::now());
    for _ in 0..3 {
        let before = name.clone();
        locks.refresh(Purpose::Backup, &mut name, &lease);
        assert_ne!(name, before);
        assert_eq!(memory.list().unwrap(), [name.clone()]);
        assert!(is_held(&name) && !is_held(&before));
    }
    // A lost lock is not written any more.
    lease.lose();
    let before = name.clone();
    locks.refresh(Purpose::Backup, &mut name, &lease);
    assert_eq!(name, before);
    locks.remove(&name);
}
