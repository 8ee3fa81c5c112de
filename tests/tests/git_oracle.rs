//! Random rule files of hostile pieces, and random trees, held against the git on this machine.
//!
//! `TIMELOCKER_GIT_CHECKS` is the number of paths asked about (20,000 if it is not set), and
//! `TIMELOCKER_GIT_SEED` the seed, which each run prints.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use timelocker_pattern::{Case as LetterCase, IgnoreLines, PatternTable};
use timelocker_tests::{Entry, Expected, GitOracle, Random, Tree, difference, tool};

/// Trees in a scratch repository, the entries that each has, and the rule files that each is tried
/// with: creating a file and starting git are what this test costs.
const TREES: usize = 50;
const ENTRIES: usize = 40;
const ROUNDS: usize = 10;

/// Lines that the rule files of a tree are drawn from; most of its paths resemble one of them.
const LINES: usize = 12;

/// A failing run shows this many differences, each made as small as it gets.
const SHOWN: usize = 5;

/// The names in the trees; what is not UTF-8 is used where the system allows it.
#[rustfmt::skip]
const NAMES: &[&[u8]] = &[
    b"a", b"b", b"c", b"ab", b"ba", b"foo", b"bar", b"foobar", b"fo", b"a b", b"a ", b" a", b"!x",
    b"!", b"#y", b"x.log", b".log", b"a[b", b"a]b", b"]", b"[", b"-", b"^", b"\xff\xfe", b"\xff",
    b"\xc3\xa9", b"\xa9", b"z\xc3", b"a\\b", b"\\", b"A", b"B", b"a*b", b"*", b"**", b"?", b":x",
    b"a\tb", b"a\r", b"a\nb", b"...", b"..a", b"5", b"_", b"{a,b}", b"~", b"\x0b", b"\x7f",
];

/// What patterns are made of that match something.
#[rustfmt::skip]
const TAME_PIECES: &[&[u8]] = &[
    b"a", b"b", b"c", b"foo", b"bar", b"o", b".log", b"-", b"5", b"*", b"?", b"**", b"/", b"/",
    b"/**/", b"**/", b"/**", b"/*", b"*a*", b"*o", b"f*", b"[ab]", b"[!a]", b"[a-f]", b"\\*",
];

/// What patterns are made of in general.
#[rustfmt::skip]
const PIECES: &[&[u8]] = &[
    b"a", b"b", b"foo", b"A", b"*", b"?", b"**", b"***", b"/", b"/", b"/", b"//", b"/**/", b"**/",
    b"/**", b"/*/", b"*o", b"[ab]", b"[!a]", b"[^b]", b"[a-c]", b"[c-a]", b"[]a]", b"[!]a]",
    b"[]-a]", b"[a-]", b"[--a]", b"[a", b"[", b"]", b"[]", b"[!]", b"[\\]]", b"[\\a-c]", b"[a\\]",
    b"[a-\\c]", b"[/]", b"[!/]", b"[.-0]", b"[\xc3\xa9]", b"[\x80-\xff]", b"[!\xc3]",
    b"[[:alpha:]]", b"[[:foo:]]", b"[[:upper:]b]", b"[[:space:]]", b"[[:digit:]-a]", b"[[:alpha]",
    b"[[:]", b"[![:punct:]]", b"[[:cntrl:]]", b"[[:graph:]]", b"[[.a.]]", b"[[=a=]]", b"\\",
    b"\\\\", b"\\a", b"\\*", b"\\/", b"\\[", b"\\?", b"\\!", b"\\#", b"\\ ", b" ", b"  ", b"!",
    b"#", b"\xff", b"\xc3\xa9", b"\t", b"\r", b"\x00", b"..", b"./", b"{a,b}", b"^", b":", b"~",
];

/// What the checks came to, so that a run that proves little is seen to.
#[derive(Debug, Default)]
struct Tally {
    checks: u64,
    ignoring_case: u64,
    decided: u64,
    included_again: u64,
}

/// A rule file and one path: what a failure is reported as. Its display can be pasted into a shell.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Case {
    content: Vec<u8>,
    path: Vec<u8>,
    entry: Entry,
    letters: LetterCase,
}

/// Of so many batches of trees, git ignores case in one.
const IGNORING_CASE: usize = 4;

#[test]
fn agrees_with_git() {
    let Some(git) = tool("git") else { return };
    let checks = number("TIMELOCKER_GIT_CHECKS").unwrap_or(20_000);
    let seed = number("TIMELOCKER_GIT_SEED").unwrap_or(1);
    println!("TIMELOCKER_GIT_SEED={seed} TIMELOCKER_GIT_CHECKS={checks}");

    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    let mut failures = BTreeMap::new();
    let mut batches = 0;
    while tally.checks < checks && failures.len() < SHOWN {
        batches += 1;
        let letters = match batches % IGNORING_CASE {
            0 => LetterCase::Insensitive,
            _ => LetterCase::Sensitive,
        };
        let (pools, trees) =
            (0..TREES).map(|_| random_tree(&mut random)).unzip::<_, _, Vec<_>, _>();
        let oracle = GitOracle::new(&git, trees).with_case(letters);
        for _ in 0..ROUNDS {
            let contents = pools.iter().map(|pool| random_content(&mut random, pool));
            let contents = contents.collect::<Vec<_>>();
            for failing in compare(&oracle, letters, &contents, &mut tally) {
                if failures.len() < SHOWN {
                    let (case, difference) = shrink(&git, failing);
                    failures.insert(case, difference);
                }
            }
        }
    }
    println!("{tally:?}");
    let shown = failures.iter().map(|(case, difference)| format!("\n  {case}\n    {difference}"));
    let shown = shown.collect::<String>();
    assert!(failures.is_empty(), "not as git, TIMELOCKER_GIT_SEED={seed}:{shown}");
    // Were most paths decided by no rule, the agreement would say little.
    assert!(tally.decided >= tally.checks / 5, "too few paths that a rule decides: {tally:?}");
    assert!(
        tally.included_again >= tally.checks / 20,
        "too few that are included again: {tally:?}"
    );
}

/// Compares all entries of all trees; of each tree the first that differs is given.
fn compare(
    oracle: &GitOracle,
    letters: LetterCase,
    contents: &[Vec<u8>],
    tally: &mut Tally,
) -> Vec<(Case, String)> {
    let mut failing = Vec::new();
    for ((tree, content), answers) in oracle.trees().iter().zip(contents).zip(oracle.ask(contents))
    {
        let table = compile(content, letters);
        let explainer = table.explainer();
        let mut differing = None;
        for ((path, entry), decision) in tree.entries().zip(&answers) {
            tally.checks += 1;
            tally.ignoring_case += u64::from(letters == LetterCase::Insensitive);
            tally.decided += u64::from(decision.is_some());
            tally.included_again +=
                u64::from(decision.as_ref().is_some_and(|rule| !rule.excludes()));
            let expected = Expected::Decided(decision.as_ref());
            if let Some(difference) = difference(&table, &explainer, path, entry.kind(), expected) {
                let case = Case { content: content.clone(), path: path.to_vec(), entry, letters };
                differing.get_or_insert((case, difference));
            }
        }
        failing.extend(differing);
    }
    failing
}

fn compile(content: &[u8], letters: LetterCase) -> PatternTable {
    let lines = match letters {
        LetterCase::Sensitive => IgnoreLines::new(content),
        LetterCase::Insensitive => IgnoreLines::new(content).ignoring_case(),
    };
    PatternTable::builder()
        .ignore_lines(".gitignore", lines)
        .build()
        .unwrap_or_else(|error| panic!("$'{}': {error}", content.escape_ascii()))
}

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|error| panic!("{variable}={value}: {error}")))
}

impl Case {
    /// How the library differs from git in this case, if it does and a disk can hold the path.
    fn difference(&self, git: &Path) -> Option<String> {
        let mut tree = Tree::default();
        if !tree.insert(&self.path, self.entry) {
            return None;
        }
        let oracle = GitOracle::new(git, vec![tree]).with_case(self.letters);
        let content = std::slice::from_ref(&self.content);
        let failing = compare(&oracle, self.letters, content, &mut Tally::default());
        // One of the path's ancestors may differ instead; then the case is not smaller but another
        // one.
        failing.into_iter().find(|(case, _)| case == self).map(|(_, difference)| difference)
    }

    /// Cases that are a little smaller: without one line, one byte of a line, one component or byte
    /// of the path.
    fn smaller(&self) -> Vec<Self> {
        let without = |bytes: &[u8], range: Range<usize>| {
            [&bytes[..range.start], &bytes[range.end..]].concat()
        };
        let content = |range| Self { content: without(&self.content, range), ..self.clone() };
        let path = |range| Self { path: without(&self.path, range), ..self.clone() };

        let mut start = 0;
        let mut cases = Vec::new();
        for line in self.content.split_inclusive(|&byte| byte == b'\n') {
            cases.push(content(start..start + line.len()));
            start += line.len();
        }
        start = 0;
        for component in self.path.split_inclusive(|&byte| byte == b'/') {
            cases.push(path(start..start + component.len()));
            start += component.len();
        }
        cases.extend((0..self.content.len()).map(|at| content(at..at + 1)));
        cases.extend((0..self.path.len()).map(|at| path(at..at + 1)));
        cases
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content, path, entry, letters } = self;
        let content = content.escape_ascii().to_string().replace('%', "%%");
        write!(
            f,
            "printf '{content}' >.gitignore; {entry:?} $'{}' ({letters:?})",
            path.escape_ascii()
        )
    }
}

/// Takes the first smaller case that still differs, until none does.
fn shrink(git: &Path, (mut case, mut difference): (Case, String)) -> (Case, String) {
    while let Some(smaller) = case.smaller().into_iter().find_map(|smaller| {
        let difference = smaller.difference(git)?;
        Some((smaller, difference))
    }) {
        (case, difference) = smaller;
    }
    (case, difference)
}

/// A pool of lines, and a tree for which they mean something.
fn random_tree(random: &mut Random) -> (Vec<Vec<u8>>, Tree) {
    let pool = (0..LINES).map(|_| random_line(random)).collect::<Vec<_>>();
    let mut tree = Tree::default();
    // Not each attempt makes a path that a disk can hold.
    for _ in 0..10 * ENTRIES {
        if tree.entries().len() >= ENTRIES {
            break;
        }
        let path = if random.one_in(4) {
            random_path(random)
        } else {
            let line = random.below(pool.len());
            path_like(random, &pool[line])
        };
        let entries = [Entry::File, Entry::File, Entry::Directory, Entry::Directory, Entry::Link];
        tree.insert(&path, random.pick(&entries));
    }
    (pool, tree)
}

/// A rule file of some lines of the pool.
fn random_content(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    let count = 1 + random.below(pool.len());
    let mut lines = (0..count).map(|_| pool[random.below(pool.len())].clone()).collect::<Vec<_>>();
    if random.one_in(50) {
        lines[0].splice(0..0, *b"\xef\xbb\xbf");
    }
    if random.one_in(2) {
        // The last line then ends as the others do.
        lines.push(Vec::new());
    }
    lines.join(&b'\n')
}

fn random_line(random: &mut Random) -> Vec<u8> {
    if random.one_in(40) {
        return Vec::new();
    }
    let mut line = Vec::new();
    match random.below(10) {
        0..4 => line.push(b'!'),
        4 => line.push(b'/'),
        _ => {}
    }
    // Most of the pieces can spoil a pattern, so many lines are made without them.
    let tame = !random.one_in(3);
    for _ in 0..=random.below(5) {
        let pieces = match random.below(4) {
            0 => NAMES,
            _ if tame => TAME_PIECES,
            _ => PIECES,
        };
        line.extend_from_slice(random.pick(pieces));
    }
    if random.one_in(5) {
        line.push(b'/');
    }
    if random.one_in(20) {
        line.extend_from_slice(random.pick(&[
            b" ".as_slice(),
            b"  ",
            b"\\ ",
            b"\\",
            b"\t",
            b" \r",
        ]));
    }
    if random.one_in(20) {
        line.push(b'\r');
    }
    line
}

fn random_path(random: &mut Random) -> Vec<u8> {
    let names = (0..=random.below(4)).map(|_| random.pick(NAMES)).collect::<Vec<_>>();
    names.join(&b'/')
}

/// A path that the line may well match, or narrowly fails to.
fn path_like(random: &mut Random, line: &[u8]) -> Vec<u8> {
    let mut path = Vec::new();
    if random.one_in(4) {
        path.extend_from_slice(random.pick(NAMES));
        path.push(b'/');
    }
    let line = line.strip_prefix(b"!").unwrap_or(line);
    let line = line.strip_suffix(b"/").unwrap_or(line);
    let mut rest = line.strip_prefix(b"/").unwrap_or(line);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'*' => path.extend_from_slice(random.pick(&[
                b"".as_slice(),
                b"",
                b"a",
                b"foo",
                b"a/b",
                b"/",
            ])),
            b'?' => path.push(random.pick(b"abo-\xc3]")),
            b'\\' if !rest.is_empty() && !random.one_in(4) => {
                path.push(rest[0]);
                rest = &rest[1..];
            }
            b'[' if !random.one_in(4) => {
                // Somewhere behind the first byte the bracket ends, if at all.
                let end = rest
                    .iter()
                    .skip(1)
                    .position(|&byte| byte == b']')
                    .map_or(rest.len(), |at| at + 1);
                let within = [&rest[..end], b"abzA5-"].concat();
                path.push(random.pick(&within));
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            byte => path.push(byte),
        }
    }
    if random.one_in(8) && !path.is_empty() {
        let at = random.below(path.len());
        path[at] = random.pick(b"abfoA-]\xff");
    }
    if random.one_in(4) {
        path.push(b'/');
        path.extend_from_slice(random.pick(NAMES));
    }
    path
}
