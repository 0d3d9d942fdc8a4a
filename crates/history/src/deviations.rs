//! Which subjects deviated when they were last read: a gap that may hide one of them is not accepted.
//!
//! Only what the gaps of this run leave open is looked for, and only back to the newest bundles that answer it. In a store
//! where the same accepted gap is in every run that is the newest bundle alone.

use std::collections::HashSet;

use bundle::read::{Line, Record};
use conclude::LastDeviation;
use model::record::{Assignment, Finding, Gap, Subject};
use model::{Outcome, RecordRef};
use verify::Observer;

use crate::past::{HistoryError, Past};

/// Subjects behind `open` whose newest definite finding is a deviation.
///
/// `open`: the gaps of this run that an acceptance would cover. `assigned`: the uses of checks of this run.
///
/// # Errors
/// When an earlier bundle is there and cannot be relied on: an acceptance that rests on it cannot be decided.
pub fn last_deviations(
    past: &Past<'_>,
    open: &[Gap],
    assigned: &[Assignment],
) -> Result<Vec<LastDeviation>, HistoryError> {
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let earlier = past.newest_first(None, || Seen::behind(open))?;
    gather(earlier.map(|earlier| earlier.map(|earlier| earlier.seen)), open, assigned)
}

fn gather<'g>(
    earlier: impl Iterator<Item = Result<Seen<'g>, HistoryError>>,
    open: &'g [Gap],
    assigned: &[Assignment],
) -> Result<Vec<LastDeviation>, HistoryError> {
    let mut settled = HashSet::new();
    let mut found = Vec::new();
    let mut unanswered: Vec<&Gap> = open.iter().collect();
    for seen in earlier {
        let mut seen = seen?;
        for (key, deviation) in seen.definite.drain(..) {
            if settled.insert(key) {
                found.extend(deviation);
            }
        }
        unanswered.retain(|gap| !seen.answers(gap, assigned));
        if unanswered.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// What one bundle says of the subjects behind the open gaps.
#[derive(Debug)]
struct Seen<'g> {
    open: &'g [Gap],
    /// Keys of definite findings, with the deviation where it is one.
    definite: Vec<(String, Option<LastDeviation>)>,
    /// Of which subjects it says nothing definite, by target.
    unknown: Vec<(String, Subject)>,
    /// Its own gaps at those targets.
    gaps: Vec<Gap>,
    /// Control, check and target of every use of a check.
    assigned: HashSet<(String, String, String)>,
    /// Targets and collectors of its lists.
    listed: HashSet<(String, String)>,
}

impl<'g> Seen<'g> {
    fn behind(open: &'g [Gap]) -> Self {
        Self {
            open,
            definite: Vec::new(),
            unknown: Vec::new(),
            gaps: Vec::new(),
            assigned: HashSet::new(),
            listed: HashSet::new(),
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let Some(subject) = &finding.subject else { return };
        if !self.open.iter().any(|gap| conclude::may_hide(gap, &finding.target, subject)) {
            return;
        }
        match finding.outcome {
            Outcome::Undetermined => self.unknown.push((finding.target.clone(), subject.clone())),
            outcome => {
                let deviation = (outcome == Outcome::Deviates).then(|| LastDeviation {
                    control: finding.control.clone(),
                    check: finding.check.clone(),
                    target: finding.target.clone(),
                    subject: subject.clone(),
                });
                self.definite.push((finding.key(), deviation));
            }
        }
    }

    /// Whether no older bundle can say more of what is behind this gap: either its run accepted the same gap, and so had
    /// looked further back itself, or it read everything that the gap hides now and put every check of today to it.
    fn answers(&self, gap: &Gap, assigned: &[Assignment]) -> bool {
        let accepted = self.gaps.iter().any(|known| known.acceptance.is_some() && same_place(known, gap));
        accepted
            || (self.listed.contains(&(gap.target.clone(), gap.collector.clone()))
                && !self.gaps.iter().any(|known| overlap(known, gap))
                && !self.unknown.iter().any(|(target, subject)| conclude::may_hide(gap, target, subject))
                && assigned.iter().filter(|use_| use_.targets.contains(&gap.target)).all(|use_| {
                    self.assigned.contains(&(use_.control.clone(), use_.check.clone(), gap.target.clone()))
                }))
    }
}

fn same_place(one: &Gap, other: &Gap) -> bool {
    one.target == other.target
        && one.collector == other.collector
        && one.population == other.population
        && one.subject == other.subject
        && one.part == other.part
}

/// Whether two gaps may hide the same subject.
fn overlap(one: &Gap, other: &Gap) -> bool {
    if one.target != other.target || one.collector != other.collector {
        return false;
    }
    let kind = |gap: &Gap| match (&gap.subject, &gap.population) {
        (Some(subject), _) => Some(subject.kind.clone()),
        (None, Some(population)) => population.split('@').next().map(str::to_owned),
        (None, None) => None,
    };
    match (&one.subject, &other.subject) {
        (Some(one), Some(other)) => one == other,
        _ => match (kind(one), kind(other)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        },
    }
}

impl Observer for Seen<'_> {
    fn record(&mut self, _at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Finding(finding) => self.finding(finding),
            Record::Gap(gap) if self.open.iter().any(|open| overlap(open, gap)) => self.gaps.push(gap.clone()),
            Record::Assignment(use_) => self
                .assigned
                .extend(use_.targets.iter().map(|target| (use_.control.clone(), use_.check.clone(), target.clone()))),
            Record::Coverage(coverage) => {
                self.listed.insert((coverage.target.clone(), coverage.collector.clone()));
            }
            _ => {}
        }
    }
}
