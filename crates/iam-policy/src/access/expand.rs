//! From entries back to everybody by name, with whole paths.

use std::collections::BTreeMap;

use super::answer::{Does, Entry, Reacher, Step, Who, WhoKind};
use super::asks::KEY_ACTIONS;
use crate::permissions::May;

/// A way, before it is told.
#[derive(Clone, Debug)]
struct Way {
    may: May,
    actions: Vec<String>,
    path: Vec<Step>,
}

/// Everybody who reaches a key, by what they do: the entries of the key, and of administrators those of their accounts. Accounts whose
/// administrators are not told stay as they are.
#[must_use]
pub fn expand(key: &str, entries: &[Entry], administrators: &BTreeMap<String, Vec<Entry>>) -> Vec<Reacher> {
    let mut reachers = Vec::new();
    for does in [Does::Use, Does::Administer, Does::Destroy] {
        let here: BTreeMap<&Who, &Entry> =
            entries.iter().filter(|one| one.does.contains(&does)).map(|one| (&one.who, one)).collect();
        let mut ways: BTreeMap<Who, Way> = BTreeMap::new();
        let mut open: Vec<Who> = Vec::new();
        for one in here.values() {
            let (path, actions) = path(one, &here, key, does);
            ways.insert(one.who.clone(), Way { may: one.may, actions, path });
            open.push(one.who.clone());
        }
        while let Some(who) = open.pop() {
            let Some(base) = ways.get(&who).filter(|_| who.kind == WhoKind::Administrators).cloned() else { continue };
            let of: BTreeMap<&Who, &Entry> =
                administrators.get(&who.name).into_iter().flatten().map(|one| (&one.who, one)).collect();
            for one in of.values() {
                let may = one.may.min(base.may);
                if ways.get(&one.who).is_some_and(|known| known.may >= may) {
                    continue;
                }
                let (mut whole, _) = path(one, &of, key, does);
                whole.extend(base.path.iter().cloned());
                ways.insert(one.who.clone(), Way { may, actions: base.actions.clone(), path: whole });
                open.push(one.who.clone());
            }
        }
        let told = |(who, way): (Who, Way)| Reacher { who, does, may: way.may, actions: way.actions, path: way.path };
        reachers.extend(ways.into_iter().map(told));
    }
    reachers.sort_by(|a, b| (&a.who, a.does).cmp(&(&b.who, b.does)));
    reachers
}

/// Everybody who does this to a key, and whether they surely can: [`expand`] without the paths.
#[must_use]
pub fn all_who<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    administrators: &'e BTreeMap<String, Vec<Entry>>,
    does: Does,
) -> BTreeMap<&'e Who, May> {
    let here = entries.filter(|one| one.does.contains(&does));
    let mut ways: BTreeMap<&Who, May> = here.map(|one| (&one.who, one.may)).collect();
    let mut open: Vec<&Who> = ways.keys().copied().collect();
    while let Some(who) = open.pop() {
        let Some(base) = ways.get(who).filter(|_| who.kind == WhoKind::Administrators).copied() else { continue };
        for one in administrators.get(&who.name).into_iter().flatten() {
            let may = one.may.min(base);
            if ways.get(&one.who).is_none_or(|known| *known < may) {
                ways.insert(&one.who, may);
                open.push(&one.who);
            }
        }
    }
    ways
}

/// The steps from one of these entries to the end, and the actions at it.
fn path(from: &Entry, all: &BTreeMap<&Who, &Entry>, key: &str, does: Does) -> (Vec<Step>, Vec<String>) {
    let mut path = Vec::new();
    let mut at = from;
    // A way has no more steps than there are entries: more would lead in a circle.
    for _ in 0..all.len().max(1) {
        path.push(Step {
            who: at.who.clone(),
            action: at.action.clone(),
            to: at
                .becomes
                .as_ref()
                .map_or_else(|| at.copy.as_deref().unwrap_or(key).to_owned(), |who| who.name.clone()),
            by: at.by.clone(),
            may: at.step,
            conditions: at.conditions.clone(),
        });
        match at.becomes.as_ref().and_then(|who| all.get(who)) {
            Some(next) => at = next,
            None => break,
        }
    }
    let every = at.actions.iter().any(|one| one == Entry::EVERYTHING);
    let actions = KEY_ACTIONS.iter().filter(|action| action.does.contains(&does));
    let actions = actions.map(|action| action.name).filter(|name| every || at.actions.iter().any(|one| one == name));
    (path, actions.map(str::to_owned).collect())
}

impl Entry {
    /// In place of all actions that count.
    pub const EVERYTHING: &str = "kms:*";
}
