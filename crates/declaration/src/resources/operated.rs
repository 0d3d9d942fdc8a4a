//! What the ledger saw of the operation of controls and tasks: whether each run came as soon after the one before as a control declares, and which
//! due days of a task are met by days that were declared in time. Carried on from one bundle to the next, as what the ledger saw of dates.

use std::collections::BTreeMap;

use diagnose::{Cadence, Form};
use model::Date;
use model::due::{Every, due_days, met};
use serde_json::Value;

use super::DeclaredThing;
use super::before::Before;
use super::facts::{Day, DueFacts, GapFacts, ObservedFacts, OperatedFacts};

/// The part of a control that says it.
pub(super) const OBSERVED: &str = "observed";
/// The part of a task that says it.
pub(super) const OPERATED: &str = "operated";

/// Longer ago nothing is kept: what checks can be asked to look back at most.
const KEPT_DAYS: i64 = 3660;
/// Newest gaps and due days that are kept of one control.
const KEPT: usize = 4096;
const DAY: i64 = 86_400;

/// Of a control with an interval of its own: when it was due between two runs and not observed. `None`: it has no such interval.
pub(super) fn observed(thing: &DeclaredThing, before: Option<&dyn Before>, now: i64) -> Option<ObservedFacts> {
    thing.facts.get("every_seconds")?.as_i64()?;
    let earlier = before.and_then(|before| Some((before.facts(thing.kind, &thing.id)?, before.started())));
    let said = earlier.and_then(|(earlier, _)| earlier.get(OBSERVED));
    // Together or not at all: where gaps cannot be read, nobody may say that there were none.
    let kept = said.and_then(|said| {
        let gaps: Vec<GapFacts> = serde_json::from_value(said.get("gaps")?.clone()).ok()?;
        Some((said.get("since")?.as_i64()?, gaps))
    });
    let (since, gaps) = kept.unzip();
    let mut gaps = gaps.unwrap_or_default();
    // By the interval that was declared then.
    let interval = earlier.and_then(|(facts, started)| Some((facts.get("every_seconds")?.as_i64()?, facts, started)));
    if let Some((every, facts, after)) = interval.filter(|(every, ..)| *every > 0) {
        let grace = facts.get("grace_seconds").and_then(Value::as_i64).unwrap_or(every / 2);
        let missed = now.saturating_sub(after).saturating_sub(grace).saturating_sub(1).div_euclid(every);
        if missed > 0 {
            gaps.push(GapFacts { after, until: now, every_seconds: every, missed });
        }
    }
    gaps.retain(|gap| gap.until > now.saturating_sub(KEPT_DAYS * DAY));
    let gaps = gaps.split_off(gaps.len().saturating_sub(KEPT));
    let since = since.or_else(|| interval.map(|(.., started)| started)).unwrap_or(now);
    Some(ObservedFacts { since, gaps })
}

/// Of a task that is due by the calendar: its due days until now. `None`: it is not declared how often.
pub(super) fn operated(thing: &DeclaredThing, before: Option<&dyn Before>, now: i64) -> Option<OperatedFacts> {
    let cadence = |name: &str| thing.facts.get(name).and_then(Value::as_str).and_then(Cadence::read);
    let every: Every = cadence("every")?.every()?;
    let grace = cadence("grace").and_then(|grace| grace.whole_days());
    let earlier = before.and_then(|before| Some((before.facts(thing.kind, &thing.id)?, before.started())));
    let said = earlier.and_then(|(earlier, _)| earlier.get(OPERATED)).filter(|said| said.is_object());
    let done = declared(&thing.facts);
    let today = date_of(now)?;
    // The first time: what is declared then. Later nothing moves it.
    let from = said
        .and_then(|said| said.pointer("/from/date")?.as_str()?.parse().ok())
        .or_else(|| earlier.and_then(|(facts, started)| first(&declared(facts), date_of(started)?)))
        .or_else(|| first(&done, today))?;
    let was = earlier.map(|(facts, started)| (declared(facts), started));
    let seen = |day: &Date| {
        let carried = said.and_then(|said| said.get("seen")?.get(day.to_string())?.as_i64());
        let then = was.as_ref().filter(|(was, _)| was.contains_key(day)).map(|(_, started)| *started);
        carried.or(then).unwrap_or(now)
    };
    let seen: BTreeMap<Date, i64> = done.keys().map(|day| (*day, seen(day))).collect();
    // A day that has begun nowhere is a plan. One without a record stands behind those that have one.
    let come: Vec<(Date, Option<String>)> = done.into_iter().filter(|(day, _)| day.epoch() <= now + 50_400).collect();
    let due = due_days(from, every, grace, today);
    let days: Vec<Date> = come.iter().filter(|(_, record)| record.is_some()).map(|(day, _)| *day).collect();
    let with_record = met(&due, &days);
    let rest: Vec<Date> = come.iter().filter(|(_, record)| record.is_none()).map(|(day, _)| *day).collect();
    let facts = due.iter().zip(with_record).map(|(due, place)| {
        let found = place.and_then(|place| days.get(place)).or_else(|| rest.iter().find(|day| due.is_met_by(**day)));
        DueFacts {
            due: day(due.on),
            until: day(due.until),
            done: found.copied().map(day),
            record: found.and_then(|found| come.iter().find(|(day, _)| day == found)).and_then(|(_, r)| r.clone()),
            late: found.is_some_and(|found| *found > due.on),
            seen: found.and_then(|found| seen.get(found)).copied(),
        }
    });
    let mut days: Vec<DueFacts> = facts.filter(|due| due.due.epoch > now.saturating_sub(KEPT_DAYS * DAY)).collect();
    let days = days.split_off(days.len().saturating_sub(KEPT));
    let seen = seen.into_iter().map(|(day, when)| (day.to_string(), when)).collect();
    Some(OperatedFacts { from: day(from), days, seen })
}

fn first(done: &BTreeMap<Date, Option<String>>, today: Date) -> Option<Date> {
    let earliest = done.keys().next().copied();
    Some(earliest.map_or(today, |day| day.min(today)))
}

/// The days that a task is declared to have been done on, with a record where one is named.
fn declared(facts: &Value) -> BTreeMap<Date, Option<String>> {
    let mut found: BTreeMap<Date, Option<String>> = BTreeMap::new();
    for one in facts.get("done").and_then(Value::as_array).into_iter().flatten() {
        let Some(day) = one.pointer("/on/date").and_then(Value::as_str).and_then(|day| day.parse().ok()) else {
            continue;
        };
        let record = one.get("record").and_then(Value::as_str).map(ToOwned::to_owned);
        let known = found.entry(day).or_default();
        *known = known.take().or(record);
    }
    found
}

fn date_of(seconds: i64) -> Option<Date> {
    model::Timestamp::from_millis(seconds.checked_mul(1000)?).ok().map(Date::of)
}

fn day(date: Date) -> Day {
    Day { date, epoch: date.epoch() }
}
