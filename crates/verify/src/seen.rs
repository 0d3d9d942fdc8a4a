//! What was proven of a ledger before: its heads, the statement of each index, whose bundles it holds. `docs/spec/ledger.md` §8.
//!
//! A verifier has no other memory, and no witness: that a ledger goes on as it began can be said only against what was seen of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ledger::Checkpoint;
use model::Digest;

use crate::continuity::{Continuity, Owner};
use crate::problem::Problem;

/// First line of the file.
const FORM: &str = "witnessmark-seen/1";
/// Of an audited ledger so many of the newest entries are kept one by one.
pub(crate) const KEPT: u64 = 200_000;

/// What is kept from one verification to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    origin: String,
    of: Option<Owner>,
    /// By size, from 1 on: heads of which every entry was proven to be the one that the ledger says. All of one chain.
    heads: BTreeMap<u64, Proven>,
    /// By size: heads that the ledger key signed, whose entries nobody showed. Two of one size are a contradiction; nothing is
    /// demanded to continue them, or whoever signs a head over nothing would end all comparing.
    shown: BTreeMap<u64, Digest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Proven {
    root: Digest,
    /// SHA-256 of the statement of the last entry. Unknown of a head that an earlier version kept.
    statement: Option<Digest>,
}

/// A head of which everything is proven, and the statement of its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub size: u64,
    pub root: Digest,
    pub statement: Option<Digest>,
}

/// What one bundle shows of its ledger. All of these are proven to be one chain.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Before its entry.
    pub prior: Entry,
    /// With its entry as the last one.
    pub own: Entry,
    /// The newest head beside it; the own one where there is none.
    pub newest: (u64, Digest),
    /// A head that the newest one continues, as `ledger/since` says.
    pub since: Option<(u64, Digest)>,
}

/// Why a file is not the memory of a verifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeenError {
    #[error("it is of a later version: its first line is not `{FORM}`")]
    Version,
    #[error("line {line} {problem}")]
    Line { line: usize, problem: &'static str },
}

impl Seen {
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), of: None, heads: BTreeMap::new(), shown: BTreeMap::new() }
    }

    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// One head, all of which is proven.
    #[must_use]
    pub fn with_head(mut self, size: u64, root: Digest) -> Self {
        if size > 0 {
            self.heads.insert(size, Proven { root, statement: None });
        }
        self
    }

    /// The largest head that is proven.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.heads.last_key_value().map(|(size, _)| *size)
    }

    /// How many statements are known by their index.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.heads.values().filter(|head| head.statement.is_some()).count()
    }

    /// The sizes of heads that the ledger key signed and of which nothing is proven, ascending. That something larger was proven since
    /// does not show that it continues them.
    #[must_use]
    pub fn unproven(&self) -> Vec<u64> {
        self.shown.keys().copied().collect()
    }

    /// Reads the file. The text of one checkpoint, which earlier versions kept, is one head.
    pub fn parse(text: &str) -> Result<Self, SeenError> {
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        if lines.next().is_none_or(|(_, first)| first != FORM) {
            let head = Checkpoint::parse_body(text).map_err(|_| SeenError::Version)?;
            return Ok(Self::new(&head.origin).with_head(head.size, head.root));
        }
        let mut seen = Self::new("");
        let (mut entity, mut system) = (None, None);
        for (line, text) in lines {
            let wrong = |problem| SeenError::Line { line, problem };
            let (word, rest) = text.split_once(' ').ok_or(wrong("has no value"))?;
            match word {
                "origin" => rest.clone_into(&mut seen.origin),
                "entity" => entity = Some(rest.to_owned()),
                "system" => system = Some(rest.to_owned()),
                "head" | "shown" => {
                    let mut parts = rest.split(' ');
                    let size = parts.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0);
                    let root = parts.next().and_then(|root| root.parse().ok());
                    let (Some(size), Some(root)) = (size, root) else { return Err(wrong("has no size and root")) };
                    let twice = if word == "shown" {
                        seen.shown.insert(size, root).is_some()
                    } else {
                        let statement = match parts.next() {
                            None => None,
                            Some(digest) => Some(digest.parse().map_err(|_| wrong("has no digest of a statement"))?),
                        };
                        seen.heads.insert(size, Proven { root, statement }).is_some()
                    };
                    if twice || parts.next().is_some() {
                        return Err(wrong("has a size twice, or more than it may"));
                    }
                }
                _ => return Err(wrong("begins with a word that is not known")),
            }
        }
        if seen.origin.is_empty() {
            return Err(SeenError::Line { line: 2, problem: "does not name the ledger" });
        }
        seen.of = entity.zip(system).map(|(entity, system)| Owner { entity, system });
        Ok(seen)
    }

    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("{FORM}\norigin {}\n", self.origin);
        // Writing to a string cannot fail.
        if let Some(of) = &self.of {
            let _ = write!(text, "entity {}\nsystem {}\n", of.entity, of.system);
        }
        for (size, head) in &self.heads {
            let _ = write!(text, "head {size} {}", head.root);
            if let Some(statement) = head.statement {
                let _ = write!(text, " {statement}");
            }
            text.push('\n');
        }
        for (size, root) in &self.shown {
            let _ = writeln!(text, "shown {size} {root}");
        }
        text
    }

    /// Holds a head against what is known of its size: the same root, and the same last statement.
    pub(crate) fn hold(&self, size: u64, root: &Digest, statement: Option<&Digest>) -> Result<(), Problem> {
        if let Some(known) = self.heads.get(&size) {
            if let (Some(known), Some(found)) = (&known.statement, statement)
                && known != found
            {
                return Err(Problem::OtherEntry { index: size.saturating_sub(1) });
            }
            if known.root != *root {
                return Err(Problem::Rewritten { size });
            }
        }
        match self.shown.get(&size) {
            Some(known) if known != root => Err(Problem::Rewritten { size }),
            _ => Ok(()),
        }
    }

    /// That a ledger is the one that was seen, and of the same system.
    pub(crate) fn same(&self, origin: &str, owner: &Owner) -> Result<(), Problem> {
        if self.origin != origin {
            return Err(Problem::OtherLedger { expected: self.origin.clone(), found: origin.to_owned() });
        }
        match &self.of {
            Some(of) if of != owner => Err(Problem::OtherSystem { expected: of.clone(), found: owner.clone() }),
            _ => Ok(()),
        }
    }

    /// Compares what a bundle shows with what was proven. It is of one chain with it, it is not, or neither is shown; the last is no
    /// better than the second.
    pub(crate) fn compare(&self, shown: &Shown) -> Result<Continuity, Problem> {
        let Shown { prior, own, newest, since } = shown;
        for entry in [prior, own] {
            self.hold(entry.size, &entry.root, entry.statement.as_ref())?;
        }
        for (size, root) in [Some(newest), since.as_ref()].into_iter().flatten() {
            self.hold(*size, root, None)?;
        }
        let Some(last) = self.newest() else {
            return Ok(Continuity::NothingSeen);
        };
        // Each of them is a beginning of the newest one; what agrees with one of them in size agrees in its root.
        if newest.0 == last {
            return Ok(Continuity::Same);
        }
        if [prior.size, own.size].contains(&last) || since.as_ref().is_some_and(|(size, _)| *size == last) {
            return Ok(Continuity::Continues);
        }
        if self.heads.contains_key(&own.size) {
            return Ok(Continuity::Known);
        }
        Err(Problem::NotComparable { index: own.size.saturating_sub(1), seen: last, newest: newest.0 })
    }

    /// Takes up what a bundle that was accepted proves.
    pub(crate) fn learn(&mut self, owner: Owner, shown: &Shown) {
        self.of = Some(owner);
        self.learn_entries([shown.prior, shown.own]);
        // What a proven head continues is proven.
        if let Some((size, root)) = shown.since
            && (size <= shown.own.size || self.heads.contains_key(&shown.newest.0))
        {
            self.learn_entries([Entry { size, root, statement: None }]);
        }
        if shown.newest.0 > shown.own.size && !self.heads.contains_key(&shown.newest.0) {
            self.shown.insert(shown.newest.0, shown.newest.1);
        }
    }

    /// Takes up the newest heads of a ledger that was read entry by entry: each of its heads has been held against what is known.
    pub(crate) fn learn_ledger(&mut self, entries: impl IntoIterator<Item = Entry>) {
        self.learn_entries(entries);
        let read = self.newest().unwrap_or(0);
        self.shown.retain(|size, _| *size > read);
    }

    /// Takes up proven heads. No more than the newest ones are kept, or the file could one day not be read again.
    fn learn_entries(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for Entry { size, root, statement } in entries {
            if size > 0 {
                let known = self.heads.entry(size).or_insert(Proven { root, statement });
                known.statement = known.statement.or(statement);
                self.shown.remove(&size);
            }
        }
        while self.heads.len() as u64 > KEPT {
            self.heads.pop_first();
        }
    }

    pub(crate) fn learn_owner(&mut self, owner: Owner) {
        self.of = Some(owner);
    }

    /// The largest proven head, where it is larger than this.
    pub(crate) fn proven_beyond(&self, size: u64) -> Option<u64> {
        self.newest().filter(|newest| *newest > size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    fn entry(size: u64, name: &str) -> Entry {
        let statement = (size > 0).then(|| root(&format!("{name} statement {size}")));
        Entry { size, root: root(&format!("{name} {size}")), statement }
    }

    fn shown(index: u64, newest: u64, name: &str) -> Shown {
        Shown {
            prior: entry(index, name),
            own: entry(index + 1, name),
            newest: (newest, entry(newest, name).root),
            since: None,
        }
    }

    fn owner() -> Owner {
        Owner { entity: "Northbank".into(), system: "hot wallet".into() }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let mut seen = Seen::new("x.example/l");
        seen.learn(owner(), &shown(3, 9, "a"));
        assert_eq!((seen.newest(), seen.statements(), seen.unproven()), (Some(4), 2, vec![9]));
        assert_eq!(Seen::parse(&seen.render()), Ok(seen.clone()));
        seen.learn_entries((1..=9).map(|size| entry(size, "a")));
        assert_eq!((seen.newest(), seen.unproven()), (Some(9), vec![]));
        assert_eq!(Seen::parse(&seen.render()), Ok(seen));
        let head = Checkpoint { origin: "x.example/l".into(), size: 7, root: root("r") };
        assert_eq!(Seen::parse(&head.body()), Ok(Seen::new("x.example/l").with_head(7, root("r"))));
        let good = format!("{FORM}\norigin x\nhead 1 {}\n", root("r"));
        assert!(Seen::parse(&good).is_ok());
        let again = format!("head 1 {}\n", root("r"));
        for bad in [
            good.replacen("/1", "/2", 1),
            good.replacen("head 1", "head 0", 1),
            good.replacen("head", "tail", 1),
            good.replacen("origin x\n", "", 1),
            good.clone() + &again,
            good + "shown 3\n",
            String::new(),
        ] {
            assert!(Seen::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_what_agrees_with_the_largest_proven_head_is_the_same_chain() {
        let mut seen = Seen::new("x");
        assert_eq!(seen.compare(&shown(3, 4, "a")).unwrap(), Continuity::NothingSeen);
        seen.learn(owner(), &shown(3, 4, "a"));
        for (index, newest, expected) in [
            (3, 4, Continuity::Same),
            (4, 5, Continuity::Continues),
            (2, 4, Continuity::Same),
            (3, 9, Continuity::Continues),
        ] {
            assert_eq!(seen.compare(&shown(index, newest, "a")).unwrap(), expected, "{index} {newest}");
        }
        for (index, newest) in [(5, 6), (7, 9), (0, 1), (1, 2), (0, 9)] {
            let problem = seen.compare(&shown(index, newest, "a")).unwrap_err();
            assert!(matches!(problem, Problem::NotComparable { seen: 4, .. }), "{index} {newest}: {problem}");
        }
        let since = Shown { since: Some((4, entry(4, "a").root)), ..shown(7, 9, "a") };
        assert_eq!(seen.compare(&since).unwrap(), Continuity::Continues);
        let since = Shown { since: Some((4, entry(4, "b").root)), ..shown(7, 9, "b") };
        assert!(matches!(seen.compare(&since).unwrap_err(), Problem::Rewritten { size: 4 }));
        assert!(matches!(seen.compare(&shown(3, 4, "b")).unwrap_err(), Problem::OtherEntry { .. }));
    }

    #[test]
    fn a_head_over_nothing_ends_no_comparing() {
        let mut seen = Seen::new("x");
        seen.learn(owner(), &Shown { newest: (1 << 20, root("junk")), ..shown(3, 4, "a") });
        assert_eq!(seen.unproven(), [1u64 << 20]);
        assert_eq!(seen.compare(&shown(4, 5, "a")).unwrap(), Continuity::Continues);
        assert!(seen.compare(&shown(4, 5, "b")).is_err());
        let other = Shown { newest: (1 << 20, root("another")), ..shown(4, 5, "a") };
        assert!(matches!(seen.compare(&other).unwrap_err(), Problem::Rewritten { size: 1_048_576 }));
    }

    /// A larger head that is proven later may be of another history than one that was only shown.
    #[test]
    fn a_head_that_was_shown_is_named_until_it_is_proven() {
        let mut seen = Seen::new("x");
        seen.learn(owner(), &shown(3, 10, "a"));
        let later = Shown { since: Some((4, entry(4, "a").root)), ..shown(11, 12, "a") };
        seen.learn(owner(), &later);
        assert_eq!((seen.newest(), seen.unproven()), (Some(12), vec![10]));
        let mut read = seen.clone();
        read.learn_ledger([entry(13, "a")]);
        assert!(read.unproven().is_empty());
        // That only another head that was shown continues it proves nothing.
        let beyond = Shown { since: Some((10, entry(10, "a").root)), ..shown(3, 20, "a") };
        seen.learn(owner(), &beyond);
        assert_eq!(seen.unproven(), [10, 20]);
        seen.learn(owner(), &Shown { since: Some((10, entry(10, "a").root)), ..shown(3, 12, "a") });
        assert_eq!(seen.unproven(), [20]);
    }

    #[test]
    fn the_newest_heads_are_kept_and_no_more() {
        let (mut seen, same) = (Seen::new("x"), root("r"));
        let heads = |from: u64, until: u64| (from..=until).map(move |size| Entry { size, root: same, statement: None });
        seen.learn_ledger(heads(1, KEPT));
        seen.learn_ledger(heads(KEPT + 1, KEPT + 2));
        assert_eq!(seen.heads.len() as u64, KEPT);
        assert_eq!((seen.heads.first_key_value().map(|(size, _)| *size), seen.newest()), (Some(3), Some(KEPT + 2)));
    }

    /// Two histories that part at every size up to 300. Whatever a bundle of the other one shows beside itself, it is never taken for
    /// the one that was seen.
    #[test]
    fn a_fork_at_any_size_is_never_the_same_chain() {
        const SIZE: u64 = 300;
        let roots = |history: &str, from: u64, base: &[ledger::CompactRange]| -> Vec<ledger::CompactRange> {
            let mut trees = base.to_vec();
            let mut tree = trees.last().cloned().unwrap_or_default();
            for index in from..SIZE {
                tree.append(ledger::leaf_hash(format!("{history} {index}").as_bytes()));
                trees.push(tree.clone());
            }
            trees
        };
        let true_history = roots("true", 0, &[ledger::CompactRange::new()]);
        let entry = |trees: &[ledger::CompactRange], history: &str, fork: u64, size: u64| Entry {
            size,
            root: trees[size as usize].root(),
            statement: (size > 0).then(|| root(&format!("{} {size}", if size <= fork { "true" } else { history }))),
        };
        let shown =
            |trees: &[ledger::CompactRange], history: &str, fork: u64, index: u64, newest: u64, since: Option<u64>| {
                Shown {
                    prior: entry(trees, history, fork, index),
                    own: entry(trees, history, fork, index + 1),
                    newest: (newest, trees[newest as usize].root()),
                    since: since.map(|size| (size, trees[size as usize].root())),
                }
            };
        for last in [1, 2, 3, 4, 7, 8, 100, 255, 256, 257, SIZE] {
            let mut seen = Seen::new("x");
            seen.learn(owner(), &shown(&true_history, "true", SIZE, last - 1, last, None));
            for fork in 0..last {
                let other = roots("other", fork, &true_history[..=fork as usize]);
                // The bundles around the fork, around what was seen, and the newest.
                for index in [fork, fork + 1, last - 1, last, last + 1, SIZE - 1]
                    .into_iter()
                    .filter(|index| (fork..SIZE).contains(index))
                {
                    for newest in [index + 1, SIZE] {
                        for since in [None, Some(last), Some(fork)] {
                            let since = since.filter(|size| *size > 0 && *size < newest);
                            let found = seen.compare(&shown(&other, "other", fork, index, newest, since));
                            assert!(found.is_err(), "{last} {fork} {index} {newest} {since:?}: {found:?}");
                        }
                    }
                }
            }
            for index in [last, last + 1, SIZE - 1].into_iter().filter(|index| *index < SIZE) {
                let since = shown(&true_history, "true", SIZE, index, SIZE, Some(last).filter(|size| *size < SIZE));
                let expected = if last == SIZE { Continuity::Same } else { Continuity::Continues };
                assert_eq!(seen.compare(&since).unwrap(), expected, "{last} {index}");
            }
        }
    }
}
