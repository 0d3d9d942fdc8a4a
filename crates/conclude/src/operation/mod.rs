//! Controls over a period: which observations of each were due by its own interval, which were made, and what they saw.
//!
//! What is due and what meets a slot is what [`Schedule`] says of runs, asked of the runs in which a control has an outcome. Of a run whose
//! contents nobody has, nothing is said of any control: it is an observation that cannot be read, and never one without a deviation.

mod form;
mod reset;
mod slots;
mod tasks;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::record::{Control, JOINED, Recorded};
use model::{Outcome, Timestamp};

pub use form::{CheckTexts, Uses};
pub use reset::{Reset, Why};
pub use tasks::{ByPerson, DoneDay, DueDay, DueIs, RuleChange, TaskOperation};
pub use told::{ControlOperation, Entries, InForce, Observations, Operated};

use crate::rehearsal::Rehearsals;
use crate::schedule::{Began, Schedule, Worth, observed};
use form::Form;
use slots::{Seen, Slot, slots};
use tasks::Tasks;

/// So many irregularities of a kind are named; the rest are counted.
const NAMED: usize = 1000;

/// What a run says of its controls.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    pub controls: &'a [Control],
    pub uses: &'a Arc<Uses>,
    pub texts: &'a Arc<CheckTexts>,
    pub rehearsals: &'a Rehearsals,
}

/// The runs of a ledger in the order of their indices, with what they say of their controls.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    schedule: Schedule,
    runs: Vec<Run>,
    controls: BTreeMap<String, Known>,
    tasks: Tasks,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    began: Began,
    /// Whether its controls are known.
    read: bool,
}

#[derive(Clone, Debug, Default)]
struct Known {
    /// Those of the newest run.
    title: String,
    requirements: Vec<String>,
    sightings: Vec<Sighting>,
}

/// A control in one run.
#[derive(Clone, Debug)]
struct Sighting {
    /// Which of the runs.
    run: usize,
    outcome: Option<Outcome>,
    /// It deviates, and all of that is accepted.
    accepted: bool,
    /// Its own interval.
    every_seconds: Option<u64>,
    grace_seconds: Option<u64>,
    /// Some of what it is put to was answered by something else than its source.
    rehearsed: bool,
    uses: Arc<Uses>,
    texts: Arc<CheckTexts>,
}

/// What a run is to one control.
#[derive(Clone, Copy, Debug)]
enum Look<'k> {
    /// It failed, or was a rehearsal.
    Not(Worth),
    /// It was a rehearsal of this control, and not of all.
    Rehearsed(&'k Sighting),
    /// It observed, and nobody knows what.
    Unread,
    /// It observed, and this control is not in it.
    Without,
    With(&'k Sighting),
}

/// What an observation saw, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Saw {
    NotApplicable,
    Conforms,
    Undetermined,
    Accepted,
    Unread,
    Deviates,
}

impl Operation {
    /// Takes up the next run. `judged` is `None` where its contents are not at hand, and where it judged nothing.
    pub fn run(&mut self, began: Began, judged: Option<Judged<'_>>) {
        let run = self.runs.len();
        self.schedule.run(began);
        self.runs.push(Run { began, read: judged.is_some() });
        if observed(&began) {
            self.tasks.run(began.started, judged.is_some());
        }
        let Some(judged) = judged else { return };
        for control in judged.controls {
            if let Some(task) = &control.task {
                self.tasks.task((began.index, began.started), &control.id, &control.title, task);
            }
        }
        self.tasks.ended(began.started);
        // What is joined is joined from all of them.
        let some = !judged.rehearsals.targets().is_empty() || judged.rehearsals.is_whole();
        for control in judged.controls {
            let mut targets = judged.uses.targets(&control.id);
            let known = self.controls.entry(control.id.clone()).or_default();
            // A bundle has each once.
            if known.sightings.last().is_some_and(|seen| seen.run == run) {
                continue;
            }
            known.title.clone_from(&control.title);
            known.requirements.clone_from(&control.requirements);
            known.sightings.push(Sighting {
                run,
                outcome: control.outcome,
                accepted: control.counts.accepted == control.counts.deviates,
                every_seconds: control.observe.as_ref().map(|observe| observe.every_seconds),
                grace_seconds: control.observe.as_ref().and_then(|observe| observe.grace_seconds),
                rehearsed: targets.any(|target| judged.rehearsals.includes(target) || (some && target == JOINED)),
                uses: Arc::clone(judged.uses),
                texts: Arc::clone(judged.texts),
            });
        }
    }

    /// Takes up a record of a person, sealed as this entry in a session that began then. `None`: its contents are not at hand.
    pub fn recorded(&mut self, entry: u64, sealed: Timestamp, recorded: Option<&Recorded>) {
        match recorded {
            Some(recorded) => self.tasks.recorded(entry, sealed, recorded),
            None => self.tasks.unread_person(),
        }
    }

    /// What is to be said of every control, of what was due from `from` until `until`, both inclusive. Without them: from the first run to the
    /// last one. *In force since* may be earlier than that.
    #[must_use]
    pub fn told(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> Operated {
        let (begin, end) = self.schedule.period(from, until);
        let mut unread = Entries::default();
        let within = |run: &&Run| {
            begin.is_none_or(|begin| run.began.started >= begin) && end.is_none_or(|end| run.began.started <= end)
        };
        self.runs.iter().filter(within).filter(|run| observed(&run.began) && !run.read).for_each(|run| {
            unread.add(run.began.index);
        });
        let controls = self.controls.iter();
        let controls = controls.filter_map(|(id, known)| self.control(id, known, begin, end)).collect();
        Operated { controls, tasks: self.tasks.told(begin, end), unread }
    }

    /// `None`: it was not there yet when the period ended.
    fn control(
        &self,
        id: &str,
        known: &Known,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Option<ControlOperation> {
        let looks = self.looks(known, until);
        let there = |look: &Look<'_>| matches!(look, Look::With(_) | Look::Rehearsed(_));
        let first = looks.iter().position(|(_, look)| there(look))?;
        let last = looks.iter().rposition(|(_, look)| there(look))?;
        // Where a run before shows that it was not declared, nothing of it was due then.
        let introduced = looks.iter().take(first).rposition(|(_, look)| matches!(look, Look::Without));
        let looks = looks.get(introduced.map_or(0, |before| before + 1)..)?;
        let index = |at: usize| looks.get(at).map_or(0, |(began, _)| began.index);
        let skipped = introduced.map_or(0, |before| before + 1);
        let newest = known.sightings.iter().rev().find(|seen| {
            self.runs.get(seen.run).is_some_and(|run| until.is_none_or(|until| run.began.started <= until))
        })?;
        let mut told = ControlOperation {
            control: id.to_owned(),
            title: known.title.clone(),
            requirements: known.requirements.clone(),
            inspected: looks
                .iter()
                .any(|(_, look)| matches!(look, Look::With(seen) | Look::Rehearsed(seen) if seen.outcome.is_some())),
            every_seconds: newest.every_seconds,
            first: index(first - skipped),
            last: index(last - skipped),
            ..ControlOperation::default()
        };
        if !told.inspected {
            return Some(told);
        }
        let begin = match introduced {
            None => from,
            Some(_) => {
                let declared = looks.iter().map(|(began, _)| began.started).min();
                from.max(declared)
            }
        };
        let observations = observations(looks);
        let others: Vec<Began> = looks.iter().filter_map(|(began, look)| not(began, look)).collect();
        count(&slots(&observations), &others, begin, until, &mut told);
        let since = follow(id, looks, from, &mut told);
        told.in_force = since.map(|(entry, since)| {
            // Sorted anew: what a slot saw before then is not asked.
            let after: Vec<Seen<Saw>> = observations.iter().filter(|seen| seen.index >= entry).copied().collect();
            let others: Vec<Began> = others.iter().filter(|began| began.index > entry).copied().collect();
            let mut of_it = ControlOperation::default();
            count(&slots(&after), &others, Some(since), until, &mut of_it);
            InForce { since, entry, observations: of_it.observations }
        });
        Some(told)
    }

    /// What each run of the time until then is to a control.
    fn looks<'k>(&self, known: &'k Known, until: Option<Timestamp>) -> Vec<(Began, Look<'k>)> {
        let mut sightings = known.sightings.iter().peekable();
        let mut looks = Vec::with_capacity(self.runs.len());
        for (at, run) in self.runs.iter().enumerate() {
            let seen = sightings.next_if(|seen| seen.run == at);
            if until.is_some_and(|until| run.began.started > until) {
                continue;
            }
            let look = match (run.began.worth, seen) {
                (worth @ (Worth::Failed | Worth::Rehearsal), _) => Look::Not(worth),
                (_, Some(seen)) if seen.rehearsed => Look::Rehearsed(seen),
                (_, Some(seen)) => Look::With(seen),
                (_, None) if run.read => Look::Without,
                (_, None) => Look::Unread,
            };
            looks.push((run.began, look));
        }
        looks
    }
}

/// What was due, and what came of it.
fn count(
    sorted: &[Slot<Saw>],
    others: &[Began],
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    told: &mut ControlOperation,
) {
    let nearest = |slot: &Slot<Saw>| Began {
        index: slot.nearest.index,
        started: slot.nearest.started,
        every_seconds: slot.nearest.every_seconds,
        grace_seconds: slot.nearest.grace_seconds,
        worth: Worth::Complete,
    };
    let mut all: Vec<Began> = sorted.iter().map(nearest).chain(others.iter().copied()).collect();
    all.sort_by_key(|began| began.index);
    let mut schedule = Schedule::default();
    all.into_iter().for_each(|began| schedule.run(began));
    let mut met = BTreeMap::new();
    let kept = schedule.walked(from, until, &mut |index, late| {
        met.insert(index, late);
    });
    let of = &mut told.observations;
    (of.due, of.missing, of.failed, of.rehearsed) = (kept.due, kept.missing, kept.failed, kept.rehearsed);
    for slot in sorted.iter().filter(|slot| !slot.back) {
        let Some(late) = met.get(&slot.nearest.index) else { continue };
        let worst = slot.all.iter().max_by_key(|seen| seen.what);
        let (index, saw) = worst.map_or((slot.nearest.index, slot.nearest.what), |seen| (seen.index, seen.what));
        if *late {
            of.late += 1;
            told.late.add(slot.nearest.index);
        }
        let (count, named) = match saw {
            Saw::NotApplicable | Saw::Conforms => (&mut of.no_deviation, &mut told.no_deviation),
            Saw::Undetermined => (&mut of.undetermined, &mut told.undetermined),
            Saw::Accepted => (&mut of.accepted, &mut told.accepted),
            Saw::Unread => (&mut of.unread, &mut told.unread),
            Saw::Deviates => (&mut of.deviates, &mut told.deviates),
        };
        *count += 1;
        named.add(index);
        of.not_applicable += u64::from(saw == Saw::NotApplicable);
    }
    told.unsaid = kept.unsaid;
    told.unsaid_in_all = kept.unsaid_in_all;
    told.slots_in_all = kept.slots_in_all;
    told.slots = kept.slots;
}

/// A run that observed nothing of a control, whose slot says so.
fn not(began: &Began, look: &Look<'_>) -> Option<Began> {
    match look {
        Look::Not(worth) => Some(Began { worth: *worth, ..*began }),
        Look::Rehearsed(seen) => {
            let (every_seconds, grace_seconds) = own(began, seen);
            Some(Began { worth: Worth::Rehearsal, every_seconds, grace_seconds, ..*began })
        }
        _ => None,
    }
}

/// A control without an interval of its own is looked at in each run.
fn own(began: &Began, seen: &Sighting) -> (Option<u64>, Option<u64>) {
    match seen.every_seconds {
        Some(every) => (Some(every), seen.grace_seconds),
        None => (began.every_seconds, began.grace_seconds),
    }
}

/// What was observed of a control. Of what cannot be read, the interval is that of the observation before, or of the first one.
fn observations(looks: &[(Began, Look<'_>)]) -> Vec<Seen<Saw>> {
    let first = looks.iter().find_map(|(began, look)| match look {
        Look::With(seen) | Look::Rehearsed(seen) => Some(own(began, seen)).filter(|(every, _)| every.is_some()),
        _ => None,
    });
    let mut every = first.unwrap_or_default();
    let mut found = Vec::new();
    for (began, look) in looks {
        let what = match look {
            Look::With(seen) => {
                every = own(began, seen);
                let Some(outcome) = seen.outcome else { continue };
                match outcome {
                    Outcome::Conforms => Saw::Conforms,
                    Outcome::NotApplicable => Saw::NotApplicable,
                    Outcome::Undetermined => Saw::Undetermined,
                    Outcome::Deviates if seen.accepted => Saw::Accepted,
                    Outcome::Deviates => Saw::Deviates,
                }
            }
            Look::Unread => Saw::Unread,
            Look::Without | Look::Not(_) | Look::Rehearsed(_) => continue,
        };
        found.push(Seen {
            index: began.index,
            started: began.started,
            every_seconds: every.0,
            grace_seconds: every.1,
            what,
        });
    }
    found
}

/// Follows a control from run to run. Gives the entry from which on it is in force, and when that began; notes what ended that before, as far as it
/// is of the period.
fn follow(
    id: &str,
    looks: &[(Began, Look<'_>)],
    from: Option<Timestamp>,
    told: &mut ControlOperation,
) -> Option<(u64, Timestamp)> {
    let mut since: Option<(u64, Timestamp)> = None;
    let mut before: Option<&Sighting> = None;
    let mut resets: Vec<Reset> = Vec::new();
    // Whether the last reset goes on: no observation without a deviation came after it.
    let mut goes_on = false;
    for (began, look) in looks {
        let mut ended: Vec<(Why, Option<String>)> = Vec::new();
        match look {
            Look::Not(_) | Look::Rehearsed(_) | Look::Unread => continue,
            Look::Without if before.is_none() => continue,
            Look::Without => ended.push((Why::Missing, None)),
            Look::With(seen) => {
                if let Some((why, because)) = before.and_then(|before| form(id, seen).differs(form(id, before))) {
                    ended.push((why, Some(because)));
                }
                before = Some(*seen);
                match seen.outcome {
                    None => ended.push((Why::NoOutcome, None)),
                    Some(Outcome::Deviates) if seen.accepted => ended.push((Why::Accepted, None)),
                    Some(Outcome::Deviates) => ended.push((Why::Deviates, None)),
                    Some(_) => {}
                }
            }
        }
        let holds =
            matches!(look, Look::With(Sighting { outcome: Some(Outcome::Conforms | Outcome::NotApplicable), .. }));
        for (why, because) in ended {
            since = None;
            match resets.last_mut() {
                Some(last) if goes_on && last.why == why && because.is_none() => {
                    (last.until_entry, last.until) = (began.index, began.started);
                    last.runs += 1;
                }
                _ => resets.push(Reset {
                    why,
                    entry: began.index,
                    started: began.started,
                    until_entry: began.index,
                    until: began.started,
                    runs: 1,
                    because,
                }),
            }
            goes_on = true;
        }
        if holds {
            goes_on = false;
            since.get_or_insert((began.index, began.started));
        }
    }
    resets.retain(|reset| from.is_none_or(|from| reset.until >= from));
    told.resets_in_all = resets.len() as u64;
    resets.truncate(NAMED);
    told.resets = resets;
    since
}

fn form<'f>(id: &'f str, seen: &'f Sighting) -> Form<'f> {
    Form {
        control: id,
        uses: &seen.uses,
        texts: &seen.texts,
        every_seconds: seen.every_seconds,
        grace_seconds: seen.grace_seconds,
    }
}
