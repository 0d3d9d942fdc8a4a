//! What the ledger saw of declared things: since when it has been there, when it first had a declared date, and when something that others rest on
//! was seen to change. Carried on from one bundle to the next, so that a run reads one earlier bundle and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::before::Before;
use super::facts::SeenFacts;
use super::operated::{OBSERVED, OPERATED, observed, operated};
use super::{DeclaredThing, ThingError, WrittenAt};

/// A kind of things, its parts that are dates or hold one, and those that make up what it says.
type Watched = (&'static str, &'static [&'static str], &'static [&'static str]);

const WATCHED: &[Watched] = &[
    ("declaration/acceptance", &["approved"], &[]),
    ("declaration/document", &["approved", "reviewed"], &[]),
    ("declaration/holder", &["acknowledged", "trained"], &[]),
    ("declaration/reviewed-part", &["last"], &[]),
    ("declaration/risk", &["accepted", "monitored"], &[]),
    ("declaration/system", &[], &["environment"]),
    ("declaration/task", &["last_done"], &[]),
    ("declaration/third-party", &["reviewed"], &[]),
    ("declaration/threat", &[], &["title", "category", "affects"]),
];

/// The part that says it.
pub const SEEN: &str = "seen";

/// Whether bundles keep what the ledger saw of things of this kind.
#[must_use]
pub fn is_watched(kind: &str) -> bool {
    !seen_parts(kind).is_empty()
}

/// The parts of things of this kind that say what the ledger saw.
#[must_use]
pub fn seen_parts(kind: &str) -> &'static [&'static str] {
    match kind {
        "declaration/control" => &[OBSERVED],
        "declaration/task" => &[OPERATED, SEEN],
        _ if WATCHED.iter().any(|(watched, ..)| *watched == kind) => &[SEEN],
        _ => &[],
    }
}

/// Adds to each thing what the ledger saw of it. `before`: the newest earlier bundle, where there is one; `now`: when this run was begun, in seconds
/// since 1970.
///
/// # Errors
/// When facts cannot be written as JSON.
pub fn carry_on(things: &mut [DeclaredThing], before: Option<&dyn Before>, now: i64) -> Result<(), ThingError> {
    let mut changed: BTreeMap<(&'static str, String), i64> = BTreeMap::new();
    let mut threats: BTreeMap<String, i64> = BTreeMap::new();
    let mut ledger_since = before.map_or(now, Before::started);
    for thing in things.iter() {
        let earlier = before.and_then(|before| before.facts(thing.kind, &thing.id));
        if thing.kind == "declaration/system"
            && let Some(since) = earlier.and_then(|facts| facts.pointer("/seen/ledger_since")).and_then(Value::as_i64)
        {
            ledger_since = since;
        }
        if thing.kind == "declaration/threat" {
            threats.insert(thing.id.clone(), first(earlier, before, now));
        }
        let said = WATCHED.iter().find(|(kind, ..)| *kind == thing.kind).map_or([].as_slice(), |(.., said)| *said);
        if let (false, Some(earlier)) = (said.is_empty(), earlier) {
            // A part that an earlier version of this program did not write says nothing of a change.
            let differs = |part: &&str| earlier.get(*part).is_some_and(|then| Some(then) != thing.facts.get(*part));
            let when = if said.iter().any(differs) {
                Some(now)
            } else {
                earlier.pointer("/seen/changed").and_then(Value::as_i64)
            };
            changed.extend(when.map(|when| ((thing.kind, thing.id.clone()), when)));
        }
    }
    // The system is one: whatever its id was.
    let environment = changed.iter().find(|((kind, _), _)| *kind == "declaration/system").map(|(_, when)| *when);
    for thing in things.iter_mut() {
        operation(thing, before, now)?;
        let Some((kind, dated, _)) = WATCHED.iter().find(|(kind, ..)| *kind == thing.kind) else { continue };
        let earlier = before.and_then(|before| before.facts(kind, &thing.id));
        let first_seen = |part: &&str| {
            let value = thing.facts.get(*part).filter(|value| !value.is_null())?;
            let known = earlier.filter(|earlier| earlier.get(*part) == Some(value));
            let since = |earlier: &Value| {
                let carried = earlier.pointer(&format!("/seen/dates/{part}")).and_then(Value::as_i64);
                carried.or_else(|| before.map(Before::started))
            };
            Some(((*part).to_owned(), known.and_then(since).unwrap_or(now)))
        };
        let seen = SeenFacts {
            ledger_since,
            dates: dated.iter().filter_map(first_seen).collect(),
            changed: match *kind {
                "declaration/reviewed-part" => environment,
                "declaration/risk" => {
                    let threat = thing.facts.get("threat").and_then(Value::as_str).unwrap_or_default();
                    changed.get(&("declaration/threat", threat.to_owned())).copied()
                }
                kind => changed.get(&(kind, thing.id.clone())).copied(),
            },
            first: first(earlier, before, now),
            threats: match *kind {
                "declaration/task" => {
                    let its = thing.facts.get("threats").and_then(Value::as_array).into_iter().flatten();
                    its.filter_map(Value::as_str).filter_map(|id| threats.get(id).copied()).min()
                }
                _ => None,
            },
        };
        let mut places: BTreeSet<WrittenAt> =
            dated.iter().filter_map(|part| thing.parts.get(*part)).flatten().cloned().collect();
        if places.is_empty() {
            places.extend(thing.parts.values().next().into_iter().flatten().cloned());
        }
        add(thing, SEEN, places.into_iter().collect(), &seen)?;
    }
    Ok(())
}

/// Adds how a control was observed, and how a task was operated.
fn operation(thing: &mut DeclaredThing, before: Option<&dyn Before>, now: i64) -> Result<(), ThingError> {
    let places = |thing: &DeclaredThing, parts: &[&str]| -> Vec<WrittenAt> {
        let named: BTreeSet<WrittenAt> =
            parts.iter().filter_map(|part| thing.parts.get(*part)).flatten().cloned().collect();
        let any = || thing.parts.values().next().into_iter().flatten().cloned().collect();
        if named.is_empty() { any() } else { named.into_iter().collect() }
    };
    match thing.kind {
        "declaration/control" => {
            let facts = observed(thing, before, now);
            let places = places(thing, &["every_seconds"]);
            add(thing, OBSERVED, places, &facts)
        }
        "declaration/task" => {
            let facts = operated(thing, before, now);
            let places = places(thing, &["every", "done"]);
            add(thing, OPERATED, places, &facts)
        }
        _ => Ok(()),
    }
}

fn add(
    thing: &mut DeclaredThing,
    part: &str,
    places: Vec<WrittenAt>,
    facts: &impl serde::Serialize,
) -> Result<(), ThingError> {
    let facts =
        serde_json::to_value(facts).map_err(|cause| ThingError { kind: thing.kind, id: thing.id.clone(), cause })?;
    if let Some(all) = thing.facts.as_object_mut() {
        all.insert(part.to_owned(), facts);
        thing.parts.insert(part.to_owned(), places);
    }
    Ok(())
}

/// The first bundle that has a thing. Where an earlier bundle has it and does not say since when, it may have been there from the beginning.
fn first(earlier: Option<&Value>, before: Option<&dyn Before>, now: i64) -> i64 {
    let Some((earlier, before)) = earlier.zip(before) else { return now };
    let said = |name: &str| earlier.pointer(&format!("/seen/{name}")).and_then(Value::as_i64);
    said("first").or_else(|| said("ledger_since")).unwrap_or_else(|| before.started())
}
