//! Which of the actions that count each policy speaks of: asked once, and not for every two of all.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::asks::{KEY_ACTIONS, LET_IN};
use super::facts::{Principal, World};
use crate::document::Effect;
use crate::permissions::{BECOME, CHANGE_PEOPLE, Digest, RAISE};

/// All actions that count: those on keys first, in the order of their table.
fn actions() -> impl Iterator<Item = &'static str> {
    let of_iam = BECOME.iter().chain(&RAISE).chain(&CHANGE_PEOPLE).map(|ask| ask.action);
    KEY_ACTIONS.iter().map(|action| action.name).chain(of_iam).chain(LET_IN)
}

/// The bit of an action; 0: it does not count.
pub fn bit(action: &str) -> u64 {
    actions().position(|one| one == action).map_or(0, |at| 1 << at)
}

/// The bits of all actions on keys.
pub const OF_KEYS: u64 = (1 << KEY_ACTIONS.len()) - 1;

/// Of each statement of a policy, in its order, the actions that it speaks of.
pub fn masks(policy: &Digest) -> Vec<(Effect, u64)> {
    let mask = |statement: &crate::document::Statement| {
        let covered = actions().enumerate().filter(|(_, action)| statement.covers_action(action));
        covered.fold(0, |mask, (at, _)| mask | 1 << at)
    };
    policy.all().map(|(_, statement)| (statement.effect, mask(statement))).collect()
}

/// What a principal's policies speak of.
#[derive(Clone, Debug, Default)]
pub struct Power {
    /// What some statement allows on something; everything, where a policy was not read.
    pub allows: u64,
    /// What single statements speak of, allowing or denying, of actions on keys.
    pub of_keys: Vec<u64>,
    /// Whether any statement speaks of actions on keys.
    pub of_any: bool,
    /// They surely can give themselves every permission of their account.
    pub raises: bool,
}

impl Power {
    pub fn may(&self, action: &str) -> bool {
        self.allows & bit(action) != 0
    }
}

/// What all principals' policies speak of, by account and place.
#[derive(Debug, Default)]
pub struct Powers<'w> {
    pub of: BTreeMap<&'w str, Vec<Power>>,
}

impl<'w> Powers<'w> {
    pub fn of(world: &'w World) -> Self {
        let mut known: HashMap<usize, Arc<[(Effect, u64)]>> = HashMap::new();
        let mut of = BTreeMap::new();
        for (number, account) in &world.accounts {
            let powers = account.principals.iter().map(|one| power(one, &mut known)).collect();
            of.insert(number.as_str(), powers);
        }
        Self { of }
    }

    pub fn get(&self, account: &str, at: usize) -> Option<&Power> {
        self.of.get(account)?.get(at)
    }

    /// The places of those of an account whose policies may allow an action, and who are not surely administrators: what those reach, they reach
    /// as administrators.
    pub fn others(&self, account: &str, action: &str) -> Vec<usize> {
        let bit = bit(action);
        let of = self.of.get(account).into_iter().flatten().enumerate();
        of.filter(|(_, one)| one.allows & bit != 0 && !one.raises).map(|(at, _)| at).collect()
    }
}

fn power(one: &Principal, known: &mut HashMap<usize, Arc<[(Effect, u64)]>>) -> Power {
    let mut power = Power::default();
    let mut speaks = |digest: &Arc<Digest>| {
        // Policies are shared: each has one place as long as the world is there.
        let at = Arc::as_ptr(digest).addr();
        Arc::clone(known.entry(at).or_insert_with(|| masks(digest).into()))
    };
    for held in &one.holder.policies {
        let Some(digest) = &held.digest else {
            power.allows = u64::MAX;
            continue;
        };
        for (effect, mask) in speaks(digest).iter() {
            if *effect == Effect::Allow {
                power.allows |= mask;
            }
            power.of_keys.push(mask & OF_KEYS);
        }
    }
    if let Some(digest) = one.holder.boundary.as_ref().and_then(|held| held.digest.as_ref()) {
        power.of_keys.extend(speaks(digest).iter().map(|(_, mask)| mask & OF_KEYS));
    }
    power.of_keys.sort_unstable();
    power.of_keys.dedup();
    power.of_any = power.of_keys.iter().any(|mask| *mask != 0);
    power.of_keys.retain(|mask| *mask != 0 && *mask != OF_KEYS);
    power
}

/// Parts a set of actions so that no statement tells two of one part from each other: what one of them is answered, all of them are.
pub fn parts(of: u64, masks: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut parts = if of == 0 { Vec::new() } else { vec![of] };
    for mask in masks {
        for at in 0..parts.len() {
            let Some(part) = parts.get_mut(at) else { continue };
            let (inside, outside) = (*part & mask, *part & !mask);
            if inside != 0 && outside != 0 {
                *part = inside;
                parts.push(outside);
            }
        }
    }
    parts
}
