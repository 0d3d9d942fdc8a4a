//! From a key back to everybody who reaches it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::acting::{Acting, CommonOf, Parts, move_to, not_read};
use super::answer::{Does, Entry, Reach, Step, Who, WhoKind};
use super::asks::KEY_ACTIONS;
use super::becoming::{Becoming, Edge};
use super::direct::{Act, Acts, actions};
use super::expand::expand;
use super::facts::{Key, World};
use super::graph::{Found, Graph, Through};
use super::outside::administrators;
use super::powers::Powers;
use crate::permissions::{May, To};

/// A step that another target knows of: whom an access entry of EKS makes a user of a cluster, which of those may become a service account,
/// who may push to a repository whose workflows take a role on.
#[derive(Clone, Debug)]
pub struct Link {
    pub to: Who,
    /// `who` of it is from whom.
    pub step: Step,
}

/// Answers for any number of keys of a world.
#[derive(Debug)]
pub struct Walker<'w> {
    world: &'w World,
    powers: Powers<'w>,
    /// Accounts and places of principals, by ARN.
    arns: HashMap<&'w str, (&'w str, usize)>,
    /// Places of keys, by ARN.
    keys: HashMap<&'w str, usize>,
    acting: Acting<'w>,
    graph: Graph,
    /// Federated users whose makers are among the steps.
    made: Vec<Who>,
    /// By what keys have in common. `None`: of one key so far.
    shared: HashMap<usize, Option<Rc<Shared>>>,
    /// Entries in these.
    kept: usize,
}

/// Who begins, by node, and how surely: for each thing that is done.
type Begin = [BTreeMap<usize, May>; 3];

/// How somebody was found, for each thing that is done.
type Ways = [Option<Found>; 3];

/// What somebody does, in the order of entries.
const DOES: [Does; 3] = [Does::Use, Does::Administer, Does::Destroy];

/// So many shared entries are kept: where most keys are a case of their own they would only take room.
const MOST_KEPT: usize = 40_000;

/// Who reaches a key, where many keys are reached by the same people in the same way: what all of these have in common is there once.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    shared: Option<Rc<Shared>>,
    own: Vec<Entry>,
    without: BTreeSet<Who>,
}

/// What is the same of several keys: who would reach them if nobody acted on one of them otherwise than on the others.
#[derive(Debug)]
pub struct Shared {
    key: String,
    entries: Vec<Entry>,
    begin: Begin,
    found: BTreeMap<usize, Ways>,
}

impl Shared {
    /// By who they are; of the key of [`Self::key`].
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The ARN of the key of which it was found out.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Nothing of it is shared.
impl From<Vec<Entry>> for Answer {
    fn from(own: Vec<Entry>) -> Self {
        Self { shared: None, own, without: BTreeSet::new() }
    }
}

impl Answer {
    /// What is the same of other keys, with everybody of whom that is not so at this one.
    #[must_use]
    pub fn shared(&self) -> Option<(&Rc<Shared>, &BTreeSet<Who>)> {
        self.shared.as_ref().map(|shared| (shared, &self.without))
    }

    /// The entries of the others, by who they are.
    #[must_use]
    pub fn own(&self) -> &[Entry] {
        &self.own
    }

    /// All entries; those that are shared as they stand there, of another key.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        let shared = self.shared.iter().flat_map(|shared| &shared.entries);
        shared.filter(|entry| !self.without.contains(&entry.who)).chain(&self.own)
    }

    /// All entries of this key, by who they are.
    #[must_use]
    pub fn entries(&self, arn: &str) -> Vec<Entry> {
        let from = self.shared.as_ref().map(|shared| shared.key.as_str()).unwrap_or_default();
        let shared = self.shared.iter().flat_map(|shared| &shared.entries);
        let shared = shared.filter(|entry| !self.without.contains(&entry.who));
        let mut all: Vec<Entry> = shared.map(|entry| entry.clone().moved(from, arn)).collect();
        all.extend(self.own.iter().cloned());
        sort(&mut all);
        all
    }
}

fn starts<'k>(acts: Acts) -> Vec<Start<'k>> {
    acts.into_iter().map(|act| Start { copy: None, act }).collect()
}

/// Lets somebody begin with what they do to a key, and with nothing else.
fn start(begin: &mut Begin, node: usize, acts: &[Act]) {
    for (does, begin) in DOES.into_iter().zip(begin) {
        match acts.iter().filter(|act| act.mask & does.mask() != 0).map(|act| act.may).max() {
            Some(may) => begin.insert(node, may),
            None => begin.remove(&node),
        };
    }
}

fn sort(entries: &mut [Entry]) {
    entries.sort_by(|a, b| (&a.who, &a.does).cmp(&(&b.who, &b.does)));
}

fn is_federated(who: &Who) -> bool {
    who.name.contains(":federated-user/")
}

/// The ids of keys that have copies begin so:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>
fn is_multi_region(key: &Key) -> bool {
    key.arn.contains(":key/mrk-")
}

/// A way to act on a key, or on a copy of it.
struct Start<'k> {
    copy: Option<&'k str>,
    act: Act,
}

impl<'w> Walker<'w> {
    /// `links`: steps that are not read from policies.
    #[must_use]
    pub fn new(world: &'w World, links: Vec<Link>) -> Self {
        let mut arns = HashMap::new();
        for (number, account) in &world.accounts {
            let places = account.principals.iter().enumerate();
            arns.extend(places.map(|(at, one)| (one.who.name.as_str(), (number.as_str(), at))));
        }
        let mut powers = Powers::of(world);
        let mut graph = Graph::default();
        let mut take = |Edge { to, step }: Edge| graph.add(&to, step);
        Becoming::new(world, &mut powers, &arns, &mut take).run();
        for Link { to, step } in links {
            graph.add(&to, step);
        }
        graph.settle();
        let acting = Acting::new(world, &powers);
        let keys = world.keys.iter().enumerate().map(|(at, key)| (key.arn.as_str(), at)).collect();
        Self { world, powers, arns, keys, acting, graph, made: Vec::new(), shared: HashMap::new(), kept: 0 }
    }

    /// Who reaches this key, everybody by name.
    #[must_use]
    pub fn reach(&mut self, key: &Key) -> Reach {
        let entries = self.entries(key);
        let all = self.world.accounts.keys().map(|number| (number.clone(), self.administrators(number))).collect();
        Reach { key: key.arn.clone(), reachers: expand(&key.arn, &entries, &all) }
    }

    /// Who comes to be an administrator of an account: gives themselves every permission of it. By who they are.
    #[must_use]
    pub fn administrators(&self, account: &str) -> Vec<Entry> {
        let found = self.graph.administrators(&administrators(account));
        let mut entries: Vec<Entry> = found.into_iter().filter_map(|one| self.step(one)).collect();
        entries.sort_by(|a, b| (&a.who, &a.becomes).cmp(&(&b.who, &b.becomes)));
        entries
    }

    /// Who reaches this key: whoever acts on it, and everybody who becomes one of those. Of copies in other regions, which have the same material,
    /// use alone counts. By who they are.
    pub fn entries(&mut self, key: &Key) -> Vec<Entry> {
        let acts = self.acting.on(key, &self.powers, &self.arns);
        self.by_acts(key, acts)
    }

    /// The same, where it is known who acts on it.
    fn by_acts(&mut self, key: &Key, acts: BTreeMap<Who, Acts>) -> Vec<Entry> {
        let starts = self.starts(key, acts);
        let mut begin = Begin::default();
        for (who, starts) in &starts {
            let node = self.graph.node(who);
            for (does, begin) in DOES.into_iter().zip(&mut begin) {
                let may = starts.iter().filter(|start| start.does(does)).map(|start| start.act.may).max();
                begin.extend(may.map(|may| (node, may)));
            }
        }
        let mut entries: Vec<Entry> = Vec::new();
        for (node, found) in self.found(&begin) {
            let of = self.graph.who(node).and_then(|who| starts.get(who));
            entries.extend(self.of_one(found, of.map(Vec::as_slice).unwrap_or_default()));
        }
        sort(&mut entries);
        entries
    }

    /// The same, apart from what is the same of other keys.
    pub fn answer(&mut self, key: &Key) -> Answer {
        // Whoever uses a copy reaches it too: of such a key all is found out by itself.
        let alone = match &key.copies {
            Some(copies) => !copies.is_empty(),
            None => is_multi_region(key),
        };
        let parts = self.acting.parts(key, &self.powers, &self.arns);
        let Parts { own, common: Some(common) } = &parts else { return Answer::from(self.by_acts(key, parts.own)) };
        if alone {
            return Answer::from(self.by_acts(key, parts.whole(&key.arn)));
        }
        let federated: Vec<Who> = own.keys().filter(|who| is_federated(who)).cloned().collect();
        for who in federated {
            self.make(who);
        }
        let Some(shared) = self.shared(key, common) else {
            return Answer::from(self.by_acts(key, parts.whole(&key.arn)));
        };
        // Of whom this key says something itself: those begin here as it says, or not at all.
        let mut begin = shared.begin.clone();
        let mut apart: BTreeMap<usize, &[Act]> = BTreeMap::new();
        for who in common.named() {
            apart.insert(self.graph.node(who), &[]);
        }
        for (who, acts) in own {
            apart.insert(self.graph.node(who), acts);
        }
        for (node, acts) in &apart {
            start(&mut begin, *node, acts);
        }
        let found = match begin == shared.begin {
            true => Cow::Borrowed(&shared.found),
            false => Cow::Owned(self.found(&begin)),
        };
        let is_same = |node: &usize| !apart.contains_key(node) && found.get(node) == shared.found.get(node);
        let (mut entries, mut without) = (Vec::new(), BTreeSet::new());
        for (node, ways) in found.iter().filter(|(node, _)| !is_same(node)) {
            let Some(who) = self.graph.who(*node) else { continue };
            let acts = match apart.get(node) {
                Some(acts) => acts.to_vec(),
                None => common.of(who, &key.arn).unwrap_or_default(),
            };
            entries.extend(self.of_one(*ways, &starts(acts)));
        }
        for node in shared.found.keys().filter(|node| !is_same(node)) {
            without.extend(self.graph.who(*node).cloned());
        }
        sort(&mut entries);
        Answer { shared: Some(shared), own: entries, without }
    }

    /// What is the same of all keys at which as much is common. `None`: it is the first of these.
    fn shared(&mut self, key: &Key, common: &CommonOf<'w>) -> Option<Rc<Shared>> {
        match self.shared.get(&common.number()) {
            Some(Some(known)) => return Some(Rc::clone(known)),
            Some(None) if self.kept < MOST_KEPT => {}
            Some(None) => return None,
            None => {
                self.shared.insert(common.number(), None);
                return None;
            }
        }
        let mut begin = Begin::default();
        let mut acts: BTreeMap<usize, Acts> = BTreeMap::new();
        for (who, of) in common.everybody(&key.arn) {
            let node = self.graph.node(who);
            start(&mut begin, node, &of);
            acts.insert(node, of);
        }
        let found = self.found(&begin);
        let mut entries = Vec::new();
        for (node, found) in &found {
            entries.extend(self.of_one(*found, &starts(acts.remove(node).unwrap_or_default())));
        }
        sort(&mut entries);
        self.kept = self.kept.saturating_add(entries.len());
        let shared = Rc::new(Shared { key: key.arn.clone(), entries, begin, found });
        self.shared.insert(common.number(), Some(Rc::clone(&shared)));
        Some(shared)
    }

    /// Everybody from whom steps lead to those who begin: by node, for each thing that they do.
    fn found(&self, begin: &Begin) -> BTreeMap<usize, Ways> {
        let mut all: BTreeMap<usize, Ways> = BTreeMap::new();
        for (at, begin) in begin.iter().enumerate() {
            let begin: Vec<(usize, May)> = begin.iter().map(|(node, may)| (*node, *may)).collect();
            for one in self.graph.walk(&begin, Through::None) {
                if let Some(known) = all.entry(one.node).or_default().get_mut(at) {
                    *known = Some(one);
                }
            }
        }
        all
    }

    /// The entries of somebody who was found, and acts on the key by these.
    fn of_one(&self, found: Ways, starts: &[Start<'_>]) -> Vec<Entry> {
        let mut entries: Vec<(Found, Entry)> = Vec::new();
        for (does, one) in DOES.into_iter().zip(found) {
            let Some(one) = one else { continue };
            let entry = match (one.via, self.graph.who(one.node)) {
                (Some(_), _) => self.step(one),
                (None, Some(who)) => direct(who, one.may, starts.iter().filter(|start| start.does(does)), does),
                (None, None) => None,
            };
            let Some(mut entry) = entry else { continue };
            match entries.iter_mut().find(|(known, other)| *known == one && other.is_like(&entry)) {
                Some((_, other)) => other.and_does(does, entry.actions),
                None => {
                    entry.does = vec![does];
                    entries.push((one, entry));
                }
            }
        }
        entries.into_iter().map(|(_, entry)| entry.shortened()).collect()
    }

    /// Who acts on the key, or uses a copy of it.
    fn starts<'k>(&mut self, key: &'k Key, acts: BTreeMap<Who, Acts>) -> BTreeMap<Who, Vec<Start<'k>>> {
        let mut starts: BTreeMap<Who, Vec<Start<'k>>> =
            acts.into_iter().map(|(who, acts)| (who, self::starts(acts))).collect();
        let anyone = Who::new(WhoKind::Anyone, "anyone");
        let uses = Does::Use.mask();
        for copy in key.copies.iter().flatten() {
            let Some(found) = self.keys.get(copy.as_str()).and_then(|at| self.world.keys.get(*at)) else {
                let unread = Key { arn: copy.clone(), ..Key::default() };
                let act = not_read(&unread, "policy", uses);
                starts.entry(anyone.clone()).or_default().push(Start { copy: Some(copy), act });
                continue;
            };
            for (who, acts) in self.acting.on(found, &self.powers, &self.arns) {
                let acts = acts.into_iter().map(|act| Act { mask: act.mask & uses, ..act }).filter(|act| act.mask != 0);
                starts.entry(who).or_default().extend(acts.map(|act| Start { copy: Some(copy), act }));
            }
        }
        if key.copies.is_none() && is_multi_region(key) {
            let act = not_read(key, "multi_region", uses);
            starts.entry(anyone).or_default().push(Start { copy: None, act });
        }
        let federated: Vec<Who> = starts.keys().filter(|who| is_federated(who)).cloned().collect();
        for who in federated {
            self.make(who);
        }
        starts
    }

    /// The steps to a federated user, whom users make: their names stand in policies alone.
    fn make(&mut self, who: Who) {
        const ACTION: &str = "sts:GetFederationToken";
        if self.made.contains(&who) {
            return;
        }
        let account = crate::arn::account(&who.name).and_then(|number| self.world.accounts.get(number));
        let users = account.into_iter().flat_map(|account| &account.principals);
        for one in users.filter(|one| one.who.kind == WhoKind::User) {
            let Some((terms, by)) = one.own(ACTION, To::One(&who.name), Default::default()) else { continue };
            self.graph.add(&who, terms.step(&one.who, ACTION, &who.name, by));
        }
        self.made.push(who);
    }

    /// An entry of somebody who becomes somebody.
    fn step(&self, found: Found) -> Option<Entry> {
        let (leg, to) = found.via?;
        let leg = self.graph.leg(leg)?;
        Some(Entry {
            who: self.graph.who(found.node)?.clone(),
            does: Vec::new(),
            may: found.may,
            becomes: Some(self.graph.who(to)?.clone()),
            copy: None,
            action: leg.action.clone(),
            actions: Vec::new(),
            step: leg.may,
            by: leg.by.clone(),
            conditions: leg.conditions.clone(),
        })
    }
}

impl Start<'_> {
    /// Whoever changes the policy of a copy uses the material by it; what else they do by it, they do to the copy alone.
    fn does(&self, does: Does) -> bool {
        self.act.mask & does.mask() != 0 && (self.copy.is_none() || does == Does::Use)
    }
}

impl Does {
    /// The actions by which somebody does it, as bits of their table.
    pub(crate) fn mask(self) -> u64 {
        let of = KEY_ACTIONS.iter().enumerate().filter(|(_, action)| action.does.contains(&self));
        of.fold(0, |mask, (at, _)| mask | 1 << at)
    }
}

/// An entry of somebody who acts on the key. In the order of the table: of the surest actions the one with the widest effect names the way.
fn direct<'s, 'k: 's>(who: &Who, may: May, starts: impl Iterator<Item = &'s Start<'k>>, does: Does) -> Option<Entry> {
    let starts: Vec<&Start<'_>> = starts.collect();
    let mut best: Option<(&str, &Start<'_>)> = None;
    let mut all = Vec::new();
    for (bit, action) in actions(does.mask()) {
        // Of several that are as sure, the first.
        let of = starts.iter().filter(|start| start.act.mask & bit != 0);
        let Some(surest) = of.reduce(|best, one| if one.act.may > best.act.may { one } else { best }) else { continue };
        all.push(action.name.to_owned());
        if best.is_none_or(|(_, best)| best.act.may < surest.act.may) {
            best = Some((action.name, surest));
        }
    }
    let (action, start) = best?;
    Some(Entry {
        who: who.clone(),
        does: Vec::new(),
        may,
        becomes: None,
        copy: start.copy.map(str::to_owned),
        action: action.to_owned(),
        actions: all,
        step: start.act.may,
        by: start.act.by.clone(),
        conditions: start.act.conditions.clone(),
    })
}

impl Entry {
    /// Whether it is the same way, whatever is done by it.
    fn is_like(&self, other: &Self) -> bool {
        (&self.action, &self.copy, &self.by, &self.conditions)
            == (&other.action, &other.copy, &other.by, &other.conditions)
    }

    fn and_does(&mut self, does: Does, actions: Vec<String>) {
        self.does.push(does);
        for action in actions {
            if !self.actions.contains(&action) {
                self.actions.push(action);
            }
        }
    }

    fn shortened(mut self) -> Self {
        if self.actions.len() == KEY_ACTIONS.len() {
            self.actions = vec![Self::EVERYTHING.to_owned()];
        }
        self
    }

    /// The same of another key, by their ARNs.
    #[must_use]
    pub fn moved(mut self, from: &str, to: &str) -> Self {
        move_to(&mut self.by, &mut self.conditions, from, to);
        self
    }
}
