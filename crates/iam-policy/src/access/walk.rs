//! From a key back to everybody who reaches it.

use std::collections::{BTreeMap, HashMap};

use super::acting::{Acting, not_read};
use super::answer::{Does, Entry, Reach, Step, Who, WhoKind};
use super::asks::KEY_ACTIONS;
use super::becoming::{Becoming, Edge};
use super::direct::{Act, actions};
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
        Self { world, powers, arns, keys, acting, graph, made: Vec::new() }
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
        let starts = self.starts(key);
        let mut nodes: Vec<(usize, &Who)> = starts.keys().map(|who| (self.graph.node(who), who)).collect();
        nodes.sort_unstable();
        let mut entries: Vec<Entry> = Vec::new();
        let mut known: HashMap<Found, Vec<usize>> = HashMap::new();
        for does in [Does::Use, Does::Administer, Does::Destroy] {
            let of = |who: &Who| starts.get(who).into_iter().flatten().filter(|start| start.does(does));
            let may = |who: &Who| of(who).map(|start| start.act.may).max();
            let begin: Vec<(usize, May)> = nodes.iter().filter_map(|(node, who)| Some((*node, may(who)?))).collect();
            for one in self.graph.walk(&begin, Through::None) {
                let entry = match (one.via, self.graph.who(one.node)) {
                    (Some(_), _) => self.step(one),
                    (None, Some(who)) => direct(who, one.may, of(who), does),
                    (None, None) => None,
                };
                let Some(mut entry) = entry else { continue };
                let same = known.entry(one).or_default();
                let alike = |at: &&usize| entries.get(**at).is_some_and(|other| other.is_like(&entry));
                match same.iter().find(alike).copied().and_then(|at| entries.get_mut(at)) {
                    Some(other) => other.and_does(does, entry.actions),
                    None => {
                        entry.does = vec![does];
                        same.push(entries.len());
                        entries.push(entry);
                    }
                }
            }
        }
        for entry in &mut entries {
            entry.shorten();
        }
        entries.sort_by(|a, b| (&a.who, &a.does).cmp(&(&b.who, &b.does)));
        entries
    }

    /// Who acts on the key, or uses a copy of it.
    fn starts<'k>(&mut self, key: &'k Key) -> BTreeMap<Who, Vec<Start<'k>>> {
        let mut starts: BTreeMap<Who, Vec<Start<'k>>> = BTreeMap::new();
        for (who, acts) in self.acting.on(key, &self.powers, &self.arns) {
            starts.entry(who).or_default().extend(acts.into_iter().map(|act| Start { copy: None, act }));
        }
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
        // The ids of keys that have copies begin so:
        // <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>
        if key.copies.is_none() && key.arn.contains(":key/mrk-") {
            let act = not_read(key, "multi_region", uses);
            starts.entry(anyone).or_default().push(Start { copy: None, act });
        }
        let federated: Vec<Who> = starts.keys().filter(|who| who.name.contains(":federated-user/")).cloned().collect();
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

    fn shorten(&mut self) {
        if self.actions.len() == KEY_ACTIONS.len() {
            self.actions = vec![Self::EVERYTHING.to_owned()];
        }
    }
}
