//! Who reaches many keys in the same way is written once (`docs/adr/0110`): what is the same of two keys is found here.
//!
//! Somebody is in a `joined/common-reach` with all that they do, or not at all: of nobody a part is there and another among a key's own entries.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam_policy::access::{Answer, Does, Entry, Shared, Who, WhoKind};

use super::facts::ITS_KEY;

pub const KEY: &str = "aws-kms/key";

/// So many have to be the same: of fewer a list of their own is shorter than what stands in its place.
pub const LEAST: usize = 20;

/// Of one account so many lists are tried. A key that is like none of them lists everybody itself.
const MOST_GROUPS: usize = 16;

/// One way in which somebody reaches keys, whichever these are: all of their entries at one key, with [`ITS_KEY`] in its place.
type Ways = Rc<[Entry]>;

/// Who reaches which key, with what is alike kept once.
#[derive(Debug, Default)]
pub struct Reaching {
    known: HashMap<Ways, usize>,
    ways: Vec<(Ways, bool)>,
    keys: Vec<Reached>,
    shared: HashMap<usize, (Rc<Shared>, Rc<Known>)>,
    /// Names that somebody wrote into the declaration: who is named is judged by name, at each key.
    named: BTreeSet<String>,
}

/// The ways of those whom many keys share.
#[derive(Debug)]
struct Known {
    ways: Vec<(Who, usize)>,
    /// Entries that are other ones at each key.
    of_each: Vec<Entry>,
}

/// A key.
#[derive(Debug)]
pub struct Reached {
    pub arn: String,
    account: String,
    /// Places in the ways, ascending.
    ways: Vec<usize>,
}

/// A key, for what it has in common with others.
struct Like<'k> {
    key: &'k Reached,
    /// Those of its ways that may be common, ascending.
    alike: Vec<usize>,
}

/// Those who reach several keys in one way.
#[derive(Debug)]
pub struct Group {
    pub id: String,
    pub account: String,
    /// ARNs of the keys that refer to it, with whom each excepts.
    pub keys: BTreeMap<String, Vec<Who>>,
    /// By who they are.
    pub entries: Vec<Entry>,
    /// Places in the ways, ascending.
    ways: Vec<usize>,
}

impl Reaching {
    pub fn new(named: BTreeSet<String>) -> Self {
        Self { named, ..Self::default() }
    }

    /// Takes who reaches a key.
    pub fn take(&mut self, arn: &str, account: &str, answer: &Answer) {
        let mut ways = Vec::new();
        if let Some((shared, without)) = answer.shared() {
            let known = self.shared(shared);
            let here = |who: &Who| !without.contains(who);
            ways.extend(known.ways.iter().filter(|(who, _)| here(who)).map(|(_, way)| *way));
            let of_this = known.of_each.iter().filter(|entry| here(&entry.who));
            let of_this: Vec<Entry> = of_this.map(|entry| entry.clone().moved(shared.key(), arn)).collect();
            self.intern(arn, of_this, |_, way| ways.push(way));
        }
        self.intern(arn, answer.own().to_vec(), |_, way| ways.push(way));
        ways.sort_unstable();
        self.keys.push(Reached { arn: arn.to_owned(), account: account.to_owned(), ways });
    }

    /// The ways of those whom many keys share, found once.
    fn shared(&mut self, shared: &Rc<Shared>) -> Rc<Known> {
        let at = Rc::as_ptr(shared).addr();
        if let Some((_, known)) = self.shared.get(&at) {
            return Rc::clone(known);
        }
        // Words that speak of one key are other words at each.
        let of_one = |entry: &Entry| entry.conditions.iter().any(|one| one.words.contains(shared.key()));
        let apart: BTreeSet<&Who> = shared.entries().iter().filter(|one| of_one(one)).map(|one| &one.who).collect();
        let (of_each, others): (Vec<Entry>, Vec<Entry>) =
            shared.entries().iter().cloned().partition(|entry| apart.contains(&entry.who));
        let mut ways = Vec::new();
        self.intern(shared.key(), others, |who, way| ways.push((who.clone(), way)));
        let known = Rc::new(Known { ways, of_each });
        // Kept beside it, so that its address is nobody else's.
        self.shared.insert(at, (Rc::clone(shared), Rc::clone(&known)));
        known
    }

    /// Finds the ways of these entries of a key, by who they are.
    fn intern(&mut self, arn: &str, entries: Vec<Entry>, mut found: impl FnMut(&Who, usize)) {
        let mut of: Vec<Entry> = Vec::new();
        let mut entries = entries.into_iter().peekable();
        while let Some(mut entry) = entries.next() {
            for place in entry.by.iter_mut().filter(|place| place.kind == KEY && place.id == arn) {
                ITS_KEY.clone_into(&mut place.id);
            }
            let last = entries.peek().is_none_or(|next| next.who != entry.who);
            let who = last.then(|| entry.who.clone());
            of.push(entry);
            let Some(who) = who else { continue };
            let at = match self.known.get(of.as_slice()) {
                Some(at) => *at,
                None => {
                    let may_be = may_be_common(&of, arn, &self.named);
                    let one: Ways = std::mem::take(&mut of).into();
                    self.ways.push((Rc::clone(&one), may_be));
                    self.known.insert(one, self.ways.len() - 1);
                    self.ways.len() - 1
                }
            };
            of.clear();
            found(&who, at);
        }
    }

    /// The keys, in the order in which they were taken.
    pub fn keys(&self) -> &[Reached] {
        &self.keys
    }

    /// What is the same of several keys. `least`: of how many people.
    pub fn groups(&self, least: usize) -> Vec<Group> {
        let mut accounts: BTreeMap<&str, Vec<Vec<Like<'_>>>> = BTreeMap::new();
        let may_be = |way: &usize| self.ways.get(*way).is_some_and(|(_, may_be)| *may_be);
        let like = |key| Like { key, alike: Vec::new() };
        for mut key in self.keys.iter().map(like) {
            key.alike = key.key.ways.iter().copied().filter(may_be).collect();
            if key.alike.len() < least {
                continue;
            }
            let groups = accounts.entry(&key.key.account).or_default();
            // Like the first of them: more than half of each are the same.
            let is_like = |group: &&mut Vec<Like<'_>>| {
                group.first().is_some_and(|first| {
                    let most = first.alike.len().max(key.alike.len());
                    first.alike == key.alike || 2 * shared(&first.alike, &key.alike) > most
                })
            };
            let full = groups.len() >= MOST_GROUPS;
            match groups.iter_mut().find(is_like) {
                Some(group) => group.push(key),
                None if full => {}
                None => groups.push(vec![key]),
            }
        }
        let mut found = Vec::new();
        for (account, groups) in accounts {
            let mut of: Vec<Group> = groups.iter().filter_map(|keys| self.group(account, keys, least)).collect();
            // The one with most keys has the name that stays.
            of.sort_by_key(|group| std::cmp::Reverse(group.keys.len()));
            for (at, group) in of.iter_mut().enumerate().skip(1) {
                group.id = format!("{account} {}", at + 1);
            }
            found.extend(of);
        }
        found
    }

    /// What more than half of these keys have, and the keys that have most of it.
    fn group(&self, account: &str, keys: &[Like<'_>], least: usize) -> Option<Group> {
        fn refer<'l, 'k>(keys: &[&'l Like<'k>], ways: &[usize], least: usize) -> Vec<&'l Like<'k>> {
            let refers = |key: &&&Like<'_>| {
                let same = shared(&key.alike, ways);
                same >= least && ways.len() - same <= same / 2
            };
            keys.iter().filter(refers).copied().collect()
        }
        let all: Vec<&Like<'_>> = keys.iter().collect();
        let first = refer(&all, &most(&all), least);
        let ways = most(&first);
        let keys = refer(&first, &ways, least);
        if keys.len() < 2 {
            return None;
        }
        // Whom every one of these excepts reaches none of them.
        let somewhere: BTreeSet<usize> = keys.iter().flat_map(|key| key.alike.iter().copied()).collect();
        let ways: Vec<usize> = ways.into_iter().filter(|one| somewhere.contains(one)).collect();
        let who = |way: &usize| self.ways.get(*way)?.0.first().map(|entry| entry.who.clone());
        let except = |key: &Like<'_>| {
            let mut without: Vec<Who> =
                ways.iter().filter(|way| key.alike.binary_search(way).is_err()).filter_map(who).collect();
            without.sort_unstable();
            without
        };
        let keys = keys.into_iter().map(|key| (key.key.arn.clone(), except(key))).collect();
        let mut entries: Vec<Entry> =
            ways.iter().filter_map(|way| self.ways.get(*way)).flat_map(|(of, _)| of.iter().cloned()).collect();
        entries.sort_by(|a, b| (&a.who, &a.does).cmp(&(&b.who, &b.does)));
        Some(Group { id: account.to_owned(), account: account.to_owned(), keys, entries, ways })
    }

    /// The entries of a key that are in no list that it refers to, with its ARN in its place.
    pub fn own(&self, key: &Reached, group: Option<&Group>) -> Vec<Entry> {
        let common = |way: &&usize| group.is_some_and(|group| group.ways.binary_search(way).is_ok());
        let own = key.ways.iter().filter(|way| !common(way)).filter_map(|way| self.ways.get(*way));
        let mut own: Vec<Entry> = own.flat_map(|(of, _)| of.iter()).map(|entry| of_key(entry, &key.arn)).collect();
        own.sort_by(|a, b| (&a.who, &a.does).cmp(&(&b.who, &b.does)));
        own
    }
}

/// The same entry, of one key.
pub fn of_key(entry: &Entry, arn: &str) -> Entry {
    let mut entry = entry.clone();
    for place in entry.by.iter_mut().filter(|place| place.kind == KEY && place.id == ITS_KEY) {
        arn.clone_into(&mut place.id);
    }
    entry
}

/// How many two ascending lists have in common.
fn shared(a: &[usize], b: &[usize]) -> usize {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut count = 0;
    while let (Some(one), Some(other)) = (a.peek(), b.peek()) {
        match one.cmp(other) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                count += 1;
                a.next();
                b.next();
            }
        }
    }
    count
}

/// What more than half of the keys have: of each person one way at most. Ascending.
fn most(keys: &[&Like<'_>]) -> Vec<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for way in keys.iter().flat_map(|key| &key.alike) {
        *counts.entry(*way).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| 2 * count > keys.len()).map(|(way, _)| way).collect()
}

/// Whether these entries of one person may be said of several keys at once. Not of whoever stands for an account, or for somebody unknown, whom
/// checks judge by what they are; nor of whoever a control names, or uses a key and administers it by single actions: they are judged by name, at each
/// key.
fn may_be_common(entries: &[Entry], arn: &str, named: &BTreeSet<String>) -> bool {
    let many = |kind: WhoKind| {
        matches!(
            kind,
            WhoKind::User
                | WhoKind::Group
                | WhoKind::Role
                | WhoKind::Service
                | WhoKind::ServiceAccount
                | WhoKind::People
                | WhoKind::Tenant
                | WhoKind::Subject
                | WhoKind::ClusterSubject
                | WhoKind::Contributor
        )
    };
    let of_one_key = |entry: &Entry| {
        entry.copy.is_some()
            || entry.conditions.iter().any(|one| one.words.contains(arn))
            || entry.by.iter().any(|place| place.kind == KEY && place.id != ITS_KEY)
    };
    let acts = |does: &[Does]| {
        let mut direct = entries.iter().filter(|entry| entry.becomes.is_none());
        direct.any(|entry| entry.does.iter().any(|one| does.contains(one)))
    };
    let Some(first) = entries.first() else { return false };
    let by_name = matches!(first.who.kind, WhoKind::User | WhoKind::Role)
        && acts(&[Does::Use])
        && acts(&[Does::Administer, Does::Destroy])
        && !(entries.len() == 1 && does_everything(first));
    many(first.who.kind) && !named.contains(&first.who.name) && !by_name && !entries.iter().any(of_one_key)
}

/// Whether a user or role does everything to the key by acting on it.
pub fn does_everything(entry: &Entry) -> bool {
    matches!(entry.who.kind, WhoKind::User | WhoKind::Role)
        && entry.becomes.is_none()
        && entry.copy.is_none()
        && entry.actions.iter().any(|action| action == Entry::EVERYTHING)
}
