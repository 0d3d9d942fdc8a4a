//! What a run would find in the declaration alone: its things judged as a run judges them, without sources, keys and ledger.

use std::collections::BTreeMap;
use std::io;

use assess::{AssessError, Assessor, Case, CheckSet, Limits, Member, WorkerCommand};
use conclude::Acceptances;
use declaration::{DECLARATION, DeclaredThing, Loaded, Plan, ThingError, WrittenAt};
use model::record::{Coverage, Finding};
use model::{Outcome, RecordRef, RecordType, Timestamp};
use serde_json::value::to_raw_value;

use crate::judge::numbered;
use crate::run::{acceptances, assignments};

/// Why the declaration could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    #[error(transparent)]
    Assess(#[from] AssessError),
    #[error(transparent)]
    Declared(#[from] ThingError),
    #[error("a part of the declaration cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// What was found. Conforming things are counted only.
#[derive(Debug, Default)]
pub struct Found {
    /// Findings that deviate or are undetermined, by check and in the order declared.
    pub open: Vec<Open>,
    /// Deviations that an acceptance of the declaration covers: they are not among `open`.
    pub accepted: usize,
    /// Checks that could not be evaluated, with the reason.
    pub broken: BTreeMap<String, String>,
}

/// One finding, and where what it is about stands.
#[derive(Debug)]
pub struct Open {
    pub finding: Finding,
    /// The part that its evidence names; the thing where that is not written. Absent: it is about no one thing.
    pub at: Option<WrittenAt>,
}

/// Judges what is declared by every check that is put to the declaration, the program's own rules and those that controls use. What the ledger
/// saw of it is taken to be what a first run sees: everything for the first time. `attached`: path and bytes of the documents that are sealed with
/// it.
///
/// # Errors
/// When the process that evaluates cannot be started, or facts cannot be written as JSON.
pub fn judge(
    plan: &Plan,
    loaded: &Loaded,
    attached: &[(String, Vec<u8>)],
    checks: &CheckSet,
    now: Timestamp,
    worker: WorkerCommand,
) -> Result<Found, RulesError> {
    let of_declaration = plan.assignments.iter().filter(|used| used.targets == [DECLARATION]);
    let uses = assignments(of_declaration, loaded, checks, now)?;
    if uses.is_empty() {
        return Ok(Found::default());
    }
    let mut things = loaded.things(attached)?;
    declaration::carry_on(&mut things, None, now.as_seconds())?;
    let case = Case {
        checks: checks.clone(),
        assignments: numbered(RecordType::Assignment, &uses),
        coverage: numbered(RecordType::Coverage, &coverage(&things)),
        gaps: Vec::new(),
    };
    let mut acceptances = Acceptances::new(acceptances(plan), now);
    let mut found = Found::default();
    let mut open: Vec<(usize, Finding)> = Vec::new();
    let mut places = Vec::with_capacity(things.len());
    let mut take = |mut finding: Finding| -> io::Result<()> {
        if matches!(finding.outcome, Outcome::Deviates | Outcome::Undetermined) {
            acceptances.cover_findings(std::slice::from_mut(&mut finding));
            match finding.acceptance {
                Some(_) => found.accepted += 1,
                None => {
                    let number = open.len();
                    open.push((number, finding));
                }
            }
        }
        Ok(())
    };
    let mut assessor = Assessor::new(worker, Limits::default(), case)?;
    for (fed, DeclaredThing { kind, id, facts, parts }) in (0_u64..).zip(things) {
        let facts = to_raw_value(&facts)?;
        let member =
            Member { target: DECLARATION, collector: DECLARATION, population: kind, kind, id: &id, facts: &facts };
        assessor.feed(RecordRef::new(RecordType::Resource, fed), member, &mut take)?;
        places.push((kind, id, parts));
    }
    found.broken = assessor.finish(&mut take)?.broken;
    open.sort_by(|(a, one), (b, other)| one.check.cmp(&other.check).then(a.cmp(b)));
    let by_id: BTreeMap<(&str, &str), &BTreeMap<String, Vec<WrittenAt>>> =
        places.iter().map(|(kind, id, parts)| ((*kind, id.as_str()), parts)).collect();
    found.open = open
        .into_iter()
        .map(|(_, finding)| {
            let subject = finding.subject.as_ref();
            let parts = subject.and_then(|subject| by_id.get(&(subject.kind.as_str(), subject.id.as_str())));
            Open { at: parts.and_then(|parts| place(&finding, parts)), finding }
        })
        .collect();
    Ok(found)
}

/// Where the part stands that the first piece of evidence names; else where the thing begins.
fn place(finding: &Finding, parts: &BTreeMap<String, Vec<WrittenAt>>) -> Option<WrittenAt> {
    let mut named = finding.evidence.iter().filter_map(|evidence| evidence.path.as_deref()?.split('/').nth(1));
    let first = named.find_map(|part| parts.get(part)?.first());
    first.or_else(|| parts.values().flatten().min()).cloned()
}

/// Of each kind there is how many were declared: all of them.
fn coverage(things: &[DeclaredThing]) -> Vec<Coverage> {
    let mut counts: BTreeMap<&str, u64> = declaration::kinds().iter().map(|kind| (kind.kind, 0)).collect();
    for thing in things {
        *counts.entry(thing.kind).or_default() += 1;
    }
    let all = counts.into_iter().map(|(kind, items)| Coverage {
        target: DECLARATION.to_owned(),
        collector: DECLARATION.to_owned(),
        population: kind.to_owned(),
        calls: 0,
        pages: 0,
        items,
        repeated: 0,
        complete: true,
        total: None,
    });
    all.collect()
}
