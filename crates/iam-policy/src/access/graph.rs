//! Steps from somebody to somebody else, walked backwards from those who act on something.

use std::collections::{HashMap, VecDeque};

use super::answer::{Given, Place, Step, Who, WhoKind};
use crate::permissions::May;

/// How a step is taken, without from whom and to whom: many steps are alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leg {
    pub action: String,
    pub may: May,
    pub by: Vec<Place>,
    pub conditions: Vec<Given>,
}

/// Somebody in a graph.
pub type Node = usize;

/// A step to somebody.
#[derive(Clone, Copy, Debug)]
struct Arrow {
    from: Node,
    leg: usize,
}

/// Everybody who is known, and the steps between them.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: HashMap<Who, Node>,
    who: Vec<Who>,
    into: Vec<Vec<Arrow>>,
    legs: Vec<Leg>,
    known: HashMap<Leg, usize>,
    /// Of those that are administrators of an account, everybody who comes to be one: surely, and perhaps.
    mighty: HashMap<Node, Members>,
}

/// Sets of nodes.
#[derive(Debug, Default)]
struct Members {
    surely: Vec<u64>,
    perhaps: Vec<u64>,
}

/// Somebody who reaches what was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    pub node: Node,
    /// Whether the whole way can be taken.
    pub may: May,
    /// The step, and whom it leads to; `None`: they begin there.
    pub via: Option<(usize, Node)>,
}

/// Of which accounts those who come to be administrators are named, and not only the administrators as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    None,
    One(Node),
    All,
}

impl Through {
    fn opens(self, node: Node) -> bool {
        match self {
            Self::None => false,
            Self::One(one) => one == node,
            Self::All => true,
        }
    }
}

fn put(set: &mut Vec<u64>, node: Node) {
    let (word, bit) = (node / 64, 1 << (node % 64));
    if set.len() <= word {
        set.resize(word + 1, 0);
    }
    if let Some(word) = set.get_mut(word) {
        *word |= bit;
    }
}

fn has(set: &[u64], node: Node) -> bool {
    set.get(node / 64).is_some_and(|word| word & (1 << (node % 64)) != 0)
}

fn join(set: &mut Vec<u64>, other: &[u64]) {
    if set.len() < other.len() {
        set.resize(other.len(), 0);
    }
    for (word, more) in set.iter_mut().zip(other) {
        *word |= more;
    }
}

impl Graph {
    pub fn node(&mut self, who: &Who) -> Node {
        if let Some(node) = self.nodes.get(who) {
            return *node;
        }
        let node = self.who.len();
        self.who.push(who.clone());
        self.into.push(Vec::new());
        self.nodes.insert(who.clone(), node);
        node
    }

    pub fn who(&self, node: Node) -> Option<&Who> {
        self.who.get(node)
    }

    pub fn leg(&self, leg: usize) -> Option<&Leg> {
        self.legs.get(leg)
    }

    pub fn add(&mut self, to: &Who, step: Step) {
        let (from, to) = (self.node(&step.who), self.node(to));
        let leg = Leg { action: step.action, may: step.may, by: step.by, conditions: step.conditions };
        let leg = match self.known.get(&leg) {
            Some(known) => *known,
            None => {
                self.legs.push(leg.clone());
                self.known.insert(leg, self.legs.len() - 1);
                self.legs.len() - 1
            }
        };
        let mighty = self.is_mighty(from);
        if let Some(into) = self.into.get_mut(to) {
            // Who is named as administrators need not be named once more: they come first.
            into.insert(if mighty { 0 } else { into.len() }, Arrow { from, leg });
        }
    }

    fn is_mighty(&self, node: Node) -> bool {
        self.who(node).is_some_and(|who| who.kind == WhoKind::Administrators)
    }

    /// Call when all steps are there: finds out who comes to be an administrator of which account.
    pub fn settle(&mut self) {
        self.known = HashMap::new();
        let mighty: Vec<Node> = (0..self.who.len()).filter(|node| self.is_mighty(*node)).collect();
        for node in mighty {
            let mut members = Members::default();
            for one in self.walk(&[(node, May::Yes)], Through::All).iter().filter(|one| one.node != node) {
                put(&mut members.perhaps, one.node);
                if one.may == May::Yes {
                    put(&mut members.surely, one.node);
                }
            }
            self.mighty.insert(node, members);
        }
    }

    /// Everybody who comes to be an administrator of this account, without those who do as administrators of another.
    pub fn administrators(&self, mighty: &Who) -> Vec<Found> {
        let Some(node) = self.nodes.get(mighty) else { return Vec::new() };
        let mut found = self.walk(&[(*node, May::Yes)], Through::One(*node));
        found.retain(|one| one.node != *node);
        found
    }

    /// Everybody from whom steps lead to one of these.
    pub fn walk(&self, starts: &[(Node, May)], through: Through) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut seen: Vec<u64> = Vec::new();
        // Those who reach it as administrators, as surely as now.
        let mut covered: Vec<u64> = Vec::new();
        // First by what is sure, then by what may be.
        for certainty in [May::Yes, May::Undetermined] {
            let mut queue: VecDeque<Node> = VecDeque::new();
            for one in &found {
                queue.push_back(one.node);
                self.cover(one.node, certainty, one.may, through, &mut covered);
            }
            for (node, may) in starts.iter().filter(|(_, may)| *may >= certainty) {
                if !has(&seen, *node) && (certainty == May::Yes || !has(&covered, *node)) {
                    put(&mut seen, *node);
                    found.push(Found { node: *node, may: *may, via: None });
                    queue.push_back(*node);
                    self.cover(*node, certainty, *may, through, &mut covered);
                }
            }
            while let Some(to) = queue.pop_front() {
                if self.is_mighty(to) && !through.opens(to) {
                    continue;
                }
                for arrow in self.into.get(to).into_iter().flatten() {
                    let sure = self.leg(arrow.leg).is_some_and(|leg| leg.may >= certainty);
                    if !sure || has(&seen, arrow.from) || has(&covered, arrow.from) {
                        continue;
                    }
                    put(&mut seen, arrow.from);
                    found.push(Found { node: arrow.from, may: certainty, via: Some((arrow.leg, to)) });
                    queue.push_back(arrow.from);
                    self.cover(arrow.from, certainty, certainty, through, &mut covered);
                }
            }
        }
        found
    }

    /// Whoever surely comes to be one of these administrators, or perhaps, where that is what is looked for.
    fn cover(&self, node: Node, certainty: May, may: May, through: Through, covered: &mut Vec<u64>) {
        if may < certainty || through.opens(node) {
            return;
        }
        let Some(members) = self.mighty.get(&node) else { return };
        join(covered, if certainty == May::Yes { &members.surely } else { &members.perhaps });
    }
}
