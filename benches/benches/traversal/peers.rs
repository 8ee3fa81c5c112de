//! Those that walk a tree: ours, and others at the same work.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};
use timelocker::pattern::PatternTable;
use timelocker::walk::{Details, Entry, Order, PathError, Targets, Visitor, WalkOptions, visit};
use timelocker_benches::trees;

use crate::floor;
use crate::work::{Answer, Work};

/// Who walks, and on how many threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    kind: Kind,
    threads: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Floor,
    Unordered,
    Ordered,
    Walkdir,
    WalkdirSorted,
    Ignore,
    IgnoreParallel,
    Jwalk,
    JwalkSorted,
    Find,
    Fd,
}

const fn peer(name: &'static str, kind: Kind, threads: usize) -> Peer {
    Peer { name, kind, threads }
}

pub(crate) const PEERS: [Peer; 15] = [
    peer("floor", Kind::Floor, 1),
    peer("unordered_1", Kind::Unordered, 1),
    peer("unordered_2", Kind::Unordered, 2),
    peer("ordered_1", Kind::Ordered, 1),
    peer("ordered_2", Kind::Ordered, 2),
    peer("walkdir", Kind::Walkdir, 1),
    peer("walkdir_sorted", Kind::WalkdirSorted, 1),
    peer("ignore", Kind::Ignore, 1),
    peer("ignore_parallel_2", Kind::IgnoreParallel, 2),
    peer("jwalk_1", Kind::Jwalk, 1),
    peer("jwalk_2", Kind::Jwalk, 2),
    peer("jwalk_sorted_2", Kind::JwalkSorted, 2),
    peer("find", Kind::Find, 1),
    peer("fd_1", Kind::Fd, 1),
    peer("fd_2", Kind::Fd, 2),
];

impl Peer {
    /// Whether this is a program of its own.
    pub(crate) fn is_program(self) -> bool {
        matches!(self.kind, Kind::Find | Kind::Fd)
    }

    /// Whether it can do this work, here.
    pub(crate) fn can(self, work: Work) -> bool {
        match self.kind {
            Kind::Walkdir | Kind::WalkdirSorted | Kind::Floor | Kind::Unordered | Kind::Ordered => {
                true
            }
            Kind::Ignore | Kind::IgnoreParallel => true,
            // They take no list of patterns.
            Kind::Jwalk | Kind::JwalkSorted => work != Work::Excluding,
            Kind::Find => Command::new("find").arg("--version").output().is_ok(),
            Kind::Fd => fd().is_some(),
        }
    }

    pub(crate) fn walk(self, root: &Path, work: Work) -> Answer {
        match self.kind {
            Kind::Floor => floor::walk(root, work),
            Kind::Unordered => ours(root, work, Order::Unordered, self.threads),
            Kind::Ordered => ours(root, work, Order::Sorted, self.threads),
            Kind::Walkdir => walkdir(walkdir::WalkDir::new(root), work),
            Kind::WalkdirSorted => walkdir(walkdir::WalkDir::new(root).sort_by_file_name(), work),
            Kind::Ignore => ignore(root, work),
            Kind::IgnoreParallel => ignore_parallel(root, work, self.threads),
            Kind::Jwalk => jwalk(root, work, self.threads, false),
            Kind::JwalkSorted => jwalk(root, work, self.threads, true),
            Kind::Find | Kind::Fd => Answer::of_lines(&self.command(root, work).output().unwrap()),
        }
    }

    /// A program that writes a line with kind and size, or nothing but a path, for each entry.
    fn command(self, root: &Path, work: Work) -> Command {
        if self.kind == Kind::Find {
            let mut find = Command::new("find");
            find.arg(root);
            if work == Work::Excluding {
                for (number, name) in trees::EXCLUDED.into_iter().enumerate() {
                    let name = str::from_utf8(name).unwrap();
                    find.args([if number == 0 { "(" } else { "-o" }, "-name", name]);
                }
                find.args([")", "-prune", "-o"]);
            }
            find.args(["-printf", if work == Work::Names { "%y\\n" } else { "%y %s\\n" }]);
            return find;
        }
        let mut fd = Command::new(fd().unwrap());
        fd.args(["--unrestricted", "--hidden", "--threads", &self.threads.to_string()]);
        if work == Work::Excluding {
            for name in trees::EXCLUDED {
                fd.args(["--exclude", str::from_utf8(name).unwrap()]);
            }
        }
        if work != Work::Names {
            // Of files alone, and it has to look at each.
            fd.args(["--size", "+0b"]);
        }
        fd.args(["", "."]).current_dir(root);
        fd
    }
}

/// `fd` has another name where that one was taken.
fn fd() -> Option<&'static str> {
    ["fd", "fdfind"].into_iter().find(|name| Command::new(name).arg("--version").output().is_ok())
}

fn ours(root: &Path, work: Work, order: Order, threads: usize) -> Answer {
    #[derive(Default)]
    struct Count(Answer);

    impl Visitor for Count {
        fn entry(&mut self, entry: &Entry<'_>) {
            let size = entry.metadata().map_or(0, |metadata| metadata.size());
            self.0.add(entry.file_type() == timelocker::walk::FileType::Directory, size);
        }

        fn error(&mut self, error: PathError) {
            panic!("{error}");
        }
    }

    let mut builder = PatternTable::builder();
    if work == Work::Excluding {
        for name in trees::EXCLUDED {
            builder = builder.exclude(format!("{}/", str::from_utf8(name).unwrap()).as_str());
        }
    }
    let table = builder.build().unwrap();
    let details = if work == Work::Names { Details::Names } else { Details::Files };
    let options = WalkOptions::new().order(order).details(details).threads(threads);
    let targets = Targets::new([root]).unwrap();
    let visited = visit(&targets, &table, &options, Count::default);
    visited.visitors.iter().map(|count| count.0).sum()
}

fn walkdir(walk: walkdir::WalkDir, work: Work) -> Answer {
    let mut answer = Answer::default();
    let entries = walk.into_iter().filter_entry(|entry| {
        work != Work::Excluding || !trees::EXCLUDED.contains(&entry.file_name().as_encoded_bytes())
    });
    for entry in entries {
        let entry = entry.unwrap();
        let is_directory = entry.file_type().is_dir();
        let size = match work {
            Work::Names => 0,
            _ if is_directory => 0,
            _ => entry.metadata().unwrap().len(),
        };
        answer.add(is_directory, size);
    }
    answer
}

fn builder(root: &Path, work: Work) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder.standard_filters(false);
    if work == Work::Excluding {
        let mut overrides = ignore::overrides::OverrideBuilder::new(root);
        for name in trees::EXCLUDED {
            overrides.add(&format!("!{}/", str::from_utf8(name).unwrap())).unwrap();
        }
        builder.overrides(overrides.build().unwrap());
    }
    builder
}

fn look_at(answer: &mut Answer, entry: &ignore::DirEntry, work: Work) {
    let is_directory = entry.file_type().unwrap().is_dir();
    let asks = work != Work::Names && !is_directory;
    answer.add(is_directory, if asks { entry.metadata().unwrap().len() } else { 0 });
}

fn ignore(root: &Path, work: Work) -> Answer {
    let mut answer = Answer::default();
    for entry in builder(root, work).build() {
        look_at(&mut answer, &entry.unwrap(), work);
    }
    answer
}

fn ignore_parallel(root: &Path, work: Work, threads: usize) -> Answer {
    struct Sum<'s>(Answer, &'s Mutex<Answer>);
    impl Drop for Sum<'_> {
        fn drop(&mut self) {
            let mut all = self.1.lock().unwrap();
            *all = [*all, self.0].into_iter().sum();
        }
    }
    let all = Mutex::new(Answer::default());
    builder(root, work).threads(threads).build_parallel().run(|| {
        let mut sum = Sum(Answer::default(), &all);
        Box::new(move |entry| {
            // The whole of it: of a field alone the closure would have a copy.
            let sum = &mut sum;
            look_at(&mut sum.0, &entry.unwrap(), work);
            WalkState::Continue
        })
    });
    all.into_inner().unwrap()
}

fn jwalk(root: &Path, work: Work, threads: usize, sorted: bool) -> Answer {
    let mut answer = Answer::default();
    let parallelism = match threads {
        1 => jwalk::Parallelism::Serial,
        _ => jwalk::Parallelism::RayonNewPool(threads),
    };
    let walk = jwalk::WalkDir::new(root).skip_hidden(false).sort(sorted).parallelism(parallelism);
    for entry in walk {
        let entry = entry.unwrap();
        let is_directory = entry.file_type.is_dir();
        let asks = work != Work::Names && !is_directory;
        answer.add(is_directory, if asks { entry.metadata().unwrap().len() } else { 0 });
    }
    answer
}
