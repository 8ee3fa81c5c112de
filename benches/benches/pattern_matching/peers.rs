//! The peers, each given the same rules.
//!
//! Where a rule with `!` could have a say, a peer has to ask anew for each directory on the way,
//! and so few paths meet one that it asks first whether any does: [`Engine::excludes`].

use std::cell::RefCell;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet};
use timelocker_benches::corpus::Entry;
use timelocker_benches::lists::List;
use timelocker_pattern::{EntryKind, PatternTable};

use crate::translate::{PathKind, Reach, Rule};

/// Tells what is excluded by sets of rules.
pub(crate) trait Engine {
    /// Whether a rule without `!` matches the path or a directory above it.
    fn lists(&self, entry: &Entry<'_>) -> bool;
    /// Whether a rule with `!` does.
    fn unlists(&self, entry: &Entry<'_>) -> bool;
    /// Whether the last rule that matches the entry itself has no `!`.
    fn last_lists(&self, entry: &Entry<'_>) -> bool;

    /// Whether the path is excluded.
    fn excludes(&self, entry: &Entry<'_>) -> bool {
        self.lists(entry) && (!self.unlists(entry) || self.excludes_by_levels(entry))
    }

    #[cold]
    fn excludes_by_levels(&self, entry: &Entry<'_>) -> bool {
        let ancestors = entry.path.match_indices('/').map(|(end, _)| Entry {
            path: &entry.path[..end],
            marked: &entry.path[..=end],
            name: "",
            kind: EntryKind::Directory,
        });
        ancestors.chain([*entry]).any(|entry| self.last_lists(&entry))
    }
}

/// All of them, with ours.
pub(crate) struct Peers<'l> {
    pub(crate) table: PatternTable,
    pub(crate) globset: Globset,
    pub(crate) globset_in_a_walk: Globset,
    pub(crate) ignore: Ignore,
    pub(crate) regex_set: Set,
    pub(crate) lazy_dfa: LazyDfa,
    pub(crate) regex_loop: Loop,
    pub(crate) legacy: Legacy<'l>,
}

impl<'l> Peers<'l> {
    pub(crate) fn new(list: &'l List) -> Self {
        let rules: Vec<Rule<'_>> = list.lines().map(Rule::parse).collect();
        Self {
            table: PatternTable::builder().gitignore(&*list.name, &list.content).build().unwrap(),
            globset: Globset::new(&rules, Reach::Below),
            globset_in_a_walk: Globset::new(&rules, Reach::Itself),
            ignore: Ignore::new(list),
            regex_set: Set::new(&rules),
            lazy_dfa: LazyDfa::new(&rules),
            regex_loop: Loop::new(&rules),
            legacy: Legacy::new(&rules),
        }
    }
}

/// Something of ours or of a peer for rules without `!`, for those with it, and for all of them.
struct Parts<T> {
    listing: T,
    unlisting: T,
    all: T,
}

impl<T> Parts<T> {
    /// `make` gets the rules of a part, and how far each of them is to reach.
    fn new<'l>(rules: &[Rule<'l>], reach: Reach, make: impl Fn(&[&Rule<'l>], Reach) -> T) -> Self {
        let (unlisting, listing): (Vec<&Rule<'l>>, Vec<_>) =
            rules.iter().partition(|rule| rule.negated);
        Self {
            listing: make(&listing, reach),
            unlisting: make(&unlisting, reach),
            all: make(&rules.iter().collect::<Vec<_>>(), Reach::Itself),
        }
    }
}

fn negated(rules: &[Rule<'_>]) -> Vec<bool> {
    rules.iter().map(|rule| rule.negated).collect()
}

fn regexes(rules: &[&Rule<'_>], reach: Reach) -> Vec<String> {
    rules.iter().map(|rule| rule.regex(reach)).collect()
}

/// The crate globset: a set for files and one for directories.
pub(crate) struct Globset {
    sets: Parts<ByKind>,
}

struct ByKind {
    sets: [GlobSet; 2],
    /// By kind and by index in its set, whether the glob's rule has a `!`.
    negated: [Vec<bool>; 2],
}

impl ByKind {
    fn new(rules: &[&Rule<'_>], reach: Reach) -> Self {
        let mut negated = [Vec::new(), Vec::new()];
        let mut kinds = [PathKind::File, PathKind::Directory].into_iter().zip(&mut negated);
        let sets = [(); 2].map(|()| {
            let (kind, negated) = kinds.next().unwrap();
            let mut set = GlobSetBuilder::new();
            for rule in rules {
                for glob in rule.globs(reach, kind) {
                    set.add(GlobBuilder::new(&glob).literal_separator(true).build().unwrap());
                    negated.push(rule.negated);
                }
            }
            set.build().unwrap()
        });
        Self { sets, negated }
    }

    fn matches(&self, entry: &Entry<'_>) -> bool {
        self.sets[index(entry.kind)].is_match(entry.path)
    }
}

fn index(kind: EntryKind) -> usize {
    match kind {
        EntryKind::File => 0,
        EntryKind::Directory => 1,
    }
}

impl Globset {
    fn new(rules: &[Rule<'_>], reach: Reach) -> Self {
        Self { sets: Parts::new(rules, reach, ByKind::new) }
    }

    /// Whether an entry is excluded, if no directory above it is.
    pub(crate) fn excludes_in_a_walk(&self, entry: &Entry<'_>) -> bool {
        self.lists(entry) && (!self.unlists(entry) || self.last_lists(entry))
    }
}

impl Engine for Globset {
    fn lists(&self, entry: &Entry<'_>) -> bool {
        self.sets.listing.matches(entry)
    }

    fn unlists(&self, entry: &Entry<'_>) -> bool {
        self.sets.unlisting.matches(entry)
    }

    fn last_lists(&self, entry: &Entry<'_>) -> bool {
        let kind = index(entry.kind);
        let matches = self.sets.all.sets[kind].matches(entry.path);
        matches.last().is_some_and(|&last| !self.sets.all.negated[kind][last])
    }
}

/// The crate ignore, which ripgrep walks with.
pub(crate) struct Ignore(Gitignore);

impl Ignore {
    fn new(list: &List) -> Self {
        let mut builder = GitignoreBuilder::new("");
        for line in list.lines() {
            builder.add_line(None, str::from_utf8(line).unwrap()).unwrap();
        }
        Self(builder.build().unwrap())
    }

    pub(crate) fn excludes(&self, entry: &Entry<'_>) -> bool {
        let is_directory = entry.kind == EntryKind::Directory;
        self.0.matched_path_or_any_parents(entry.path, is_directory).is_ignore()
    }
}

/// Room for lazily built automata, so that none starts anew again and again.
const CACHE: usize = 64 << 20;

/// regex's `RegexSet`.
pub(crate) struct Set {
    sets: Parts<RegexSet>,
    negated: Vec<bool>,
}

impl Set {
    fn new(rules: &[Rule<'_>]) -> Self {
        let sets = Parts::new(rules, Reach::Below, |rules, reach| {
            RegexSetBuilder::new(regexes(rules, reach))
                .unicode(false)
                .dot_matches_new_line(true)
                .size_limit(CACHE)
                .dfa_size_limit(CACHE)
                .build()
                .unwrap()
        });
        Self { sets, negated: negated(rules) }
    }
}

impl Engine for Set {
    fn lists(&self, entry: &Entry<'_>) -> bool {
        self.sets.listing.is_match(entry.marked.as_bytes())
    }

    fn unlists(&self, entry: &Entry<'_>) -> bool {
        self.sets.unlisting.is_match(entry.marked.as_bytes())
    }

    fn last_lists(&self, entry: &Entry<'_>) -> bool {
        let matches = self.sets.all.matches(entry.marked.as_bytes());
        matches.iter().next_back().is_some_and(|last| !self.negated[last])
    }
}

/// regex-automata's lazy DFA.
pub(crate) struct LazyDfa {
    dfas: Parts<(DFA, RefCell<Cache>)>,
    negated: Vec<bool>,
}

impl LazyDfa {
    fn new(rules: &[Rule<'_>]) -> Self {
        let dfas = Parts::new(rules, Reach::Below, |rules, reach| {
            let syntax =
                syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true);
            let dfa = DFA::builder()
                .syntax(syntax)
                .configure(DFA::config().cache_capacity(CACHE).match_kind(MatchKind::All))
                .build_many(&regexes(rules, reach))
                .unwrap();
            let cache = RefCell::new(dfa.create_cache());
            (dfa, cache)
        });
        Self { dfas, negated: negated(rules) }
    }
}

fn matches((dfa, cache): &(DFA, RefCell<Cache>), entry: &Entry<'_>) -> bool {
    let input = Input::new(entry.marked).earliest(true);
    dfa.try_search_fwd(&mut cache.borrow_mut(), &input).unwrap().is_some()
}

impl Engine for LazyDfa {
    fn lists(&self, entry: &Entry<'_>) -> bool {
        matches(&self.dfas.listing, entry)
    }

    fn unlists(&self, entry: &Entry<'_>) -> bool {
        matches(&self.dfas.unlisting, entry)
    }

    fn last_lists(&self, entry: &Entry<'_>) -> bool {
        let (dfa, cache) = &self.dfas.all;
        let mut set = PatternSet::new(dfa.pattern_len());
        let input = Input::new(entry.marked);
        dfa.try_which_overlapping_matches(&mut cache.borrow_mut(), &input, &mut set).unwrap();
        set.iter().next_back().is_some_and(|last| !self.negated[last.as_usize()])
    }
}

fn compile(regex: &str) -> Regex {
    RegexBuilder::new(regex).unicode(false).dot_matches_new_line(true).build().unwrap()
}

/// Compiled regular expressions, tried one by one.
pub(crate) struct Loop {
    regexes: Parts<Vec<Regex>>,
    negated: Vec<bool>,
}

impl Loop {
    fn new(rules: &[Rule<'_>]) -> Self {
        let regexes = Parts::new(rules, Reach::Below, |rules, reach| {
            regexes(rules, reach).iter().map(|regex| compile(regex)).collect()
        });
        Self { regexes, negated: negated(rules) }
    }
}

impl Engine for Loop {
    fn lists(&self, entry: &Entry<'_>) -> bool {
        self.regexes.listing.iter().any(|regex| regex.is_match(entry.marked.as_bytes()))
    }

    fn unlists(&self, entry: &Entry<'_>) -> bool {
        self.regexes.unlisting.iter().any(|regex| regex.is_match(entry.marked.as_bytes()))
    }

    fn last_lists(&self, entry: &Entry<'_>) -> bool {
        let marked = entry.marked.as_bytes();
        let last = self.regexes.all.iter().rposition(|regex| regex.is_match(marked));
        last.is_some_and(|last| !self.negated[last])
    }
}

/// Patterns that are translated, compiled and tried one by one, for each path anew.
pub(crate) struct Legacy<'l> {
    rules: Parts<Vec<Rule<'l>>>,
    reach: Reach,
}

impl<'l> Legacy<'l> {
    fn new(rules: &[Rule<'l>]) -> Self {
        let reach = Reach::Below;
        let owned = |rules: &[&Rule<'l>], _| rules.iter().map(|&rule| rule.clone()).collect();
        Self { rules: Parts::new(rules, reach, owned), reach }
    }
}

fn matches_anew(rule: &Rule<'_>, reach: Reach, entry: &Entry<'_>) -> bool {
    compile(&rule.regex(reach)).is_match(entry.marked.as_bytes())
}

impl Engine for Legacy<'_> {
    fn lists(&self, entry: &Entry<'_>) -> bool {
        self.rules.listing.iter().any(|rule| matches_anew(rule, self.reach, entry))
    }

    fn unlists(&self, entry: &Entry<'_>) -> bool {
        self.rules.unlisting.iter().any(|rule| matches_anew(rule, self.reach, entry))
    }

    fn last_lists(&self, entry: &Entry<'_>) -> bool {
        let mut rules = self.rules.all.iter().rev();
        let last = rules.find(|rule| matches_anew(rule, Reach::Itself, entry));
        last.is_some_and(|last| !last.negated)
    }
}
