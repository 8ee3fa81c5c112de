//! The call tree with an injected clock: a call takes the time that the test says.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::performance::record::Figures;

static EPOCH: Epoch = Epoch(0);

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// Lets time pass.
fn wait(ticks: u64) {
    NOW.set(NOW.get() + ticks);
}

/// Calls `body` as the operation at `site`.
fn measured(site: &'static Site, body: impl FnOnce()) {
    let frame = Frame::enter_at(site, State::read(), || NOW.get()).unwrap();
    let end = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(()) => End::Success,
        Err(_) => End::Panic,
    };
    let left = frame.leave(|| NOW.get());
    left.count(left.ran, end);
}

/// The figures at a path of operations, on this thread or others.
fn figures(path: &[&Site]) -> Option<Figures> {
    let is_at = |record: &&Record| {
        let ancestors = std::iter::successors(Some(*record), |record| record.parent);
        ancestors.map(|record| record.site.name()).eq(path.iter().rev().map(|site| site.name()))
    };
    let found = Record::all().into_iter().filter(is_at).filter_map(|record| record.read(EPOCH));
    found.reduce(|mut sum, figures| {
        sum.merge(&figures);
        sum
    })
}

macro_rules! sites {
    ($($site:ident = $name:literal),*) => {$(
        static $site: Site = Site::new($name, file!(), line!());
    )*};
}

#[test]
fn time_is_split_between_an_operation_and_those_below() {
    sites!(BACKUP = "split: backup", READ = "split: read", HASH = "split: hash");
    measured(&BACKUP, || {
        wait(5);
        for _ in 0..3 {
            measured(&READ, || {
                wait(10);
                measured(&HASH, || wait(100));
            });
            measured(&HASH, || wait(1));
        }
        wait(2);
    });

    let seen = |path: &[&Site]| {
        let found = figures(path).unwrap();
        (found.timed, found.running, found.own, found.shortest, found.longest)
    };
    assert_eq!(seen(&[&BACKUP]), (1, 340, 7, 340, 340));
    assert_eq!(seen(&[&BACKUP, &READ]), (3, 330, 30, 110, 110));
    assert_eq!(seen(&[&BACKUP, &READ, &HASH]), (3, 300, 300, 100, 100));
    assert_eq!(seen(&[&BACKUP, &HASH]), (3, 3, 3, 1, 1));
}

#[test]
fn recursion_folds_and_counts_the_outermost_time() {
    sites!(WALK = "fold: walk", VISIT = "fold: visit");
    fn walk(depth: u32) {
        measured(&WALK, || {
            wait(1);
            if depth > 0 {
                measured(&VISIT, || {
                    wait(10);
                    walk(depth - 1);
                });
            }
        });
    }
    walk(4);

    let walk = figures(&[&WALK]).unwrap();
    assert_eq!((walk.timed, walk.running, walk.own), (5, 45, 5));
    assert_eq!((walk.shortest, walk.longest), (1, 45));
    let visit = figures(&[&WALK, &VISIT]).unwrap();
    assert_eq!((visit.timed, visit.running, visit.own), (4, 44, 40));
    assert!(figures(&[&WALK, &VISIT, &WALK]).is_none());
}

#[test]
fn one_name_at_two_sites_is_one_operation() {
    sites!(OUTER = "same name", INNER = "same name");
    measured(&OUTER, || {
        wait(1);
        measured(&INNER, || wait(2));
    });
    let figures = figures(&[&OUTER]).unwrap();
    assert_eq!((figures.timed, figures.running, figures.own), (2, 3, 3));
}

#[test]
fn a_panic_leaves_the_stack_in_order() {
    sites!(OUTER = "panic: outer", INNER = "panic: inner", NEXT = "panic: next");
    measured(&OUTER, || {
        measured(&INNER, || panic!("as the test wants"));
        measured(&NEXT, || wait(3));
    });
    assert_eq!(figures(&[&OUTER, &INNER]).unwrap().panics, 1);
    assert_eq!(figures(&[&OUTER, &NEXT]).unwrap().running, 3);
    assert_eq!(figures(&[&OUTER]).unwrap().panics, 0);
}

#[test]
fn threads_in_turn_share_one_stack() {
    sites!(SITE = "threads in turn");
    for _ in 0..20 {
        std::thread::spawn(|| measured(&SITE, || wait(1))).join().unwrap();
    }
    assert_eq!(figures(&[&SITE]).unwrap().timed, 20);
    let records = Record::all().into_iter().filter(|record| ptr::eq(record.site, &raw const SITE));
    // Tests beside this one may hold a stack for a while.
    assert!(records.count() < 20);
}

#[test]
fn a_frame_that_is_left_late_does_not_return_to_the_pool() {
    sites!(FIRST = "late: first", SECOND = "late: second");
    let top_is_bottom = std::thread::spawn(|| {
        let first = Frame::enter_at(&FIRST, State::read(), || 0).unwrap();
        let second = Frame::enter_at(&SECOND, State::read(), || 0).unwrap();
        first.leave(|| 1);
        second.leave(|| 2);
        TOP.get().is_some_and(|top| top.parent.is_none())
    });
    assert!(!top_is_bottom.join().unwrap());
}

#[test]
fn a_new_epoch_starts_from_nothing() {
    sites!(SITE = "epochs");
    measured(&SITE, || wait(7));
    let record = Record::all().into_iter().find(|record| record.site.name() == "epochs").unwrap();
    assert_eq!(record.read(Epoch(0)).unwrap().timed, 1);
    assert!(record.read(Epoch(4)).is_none());
    record.start_epoch(Epoch(4));
    assert_eq!(record.read(Epoch(4)).unwrap().timed, 0);
}
