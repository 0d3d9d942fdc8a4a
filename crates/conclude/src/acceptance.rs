//! Which deviations and gaps an acceptance covers on a given date. Nothing here changes an outcome.

use model::record::{self, Finding, Gap, Subject};
use model::{Date, Outcome, RecordRef, RecordType, Timestamp};
use serde::Serialize;

/// Declared acceptances on one date.
#[derive(Clone, Debug)]
pub struct Acceptances {
    entries: Vec<AcceptanceUse>,
    declared: Vec<record::Acceptance>,
    /// The ids of those that count on the date, ascending: the order of their records.
    valid: Vec<String>,
}

/// Whether an acceptance counts on the date of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptanceState {
    Valid,
    /// Approved on a later date.
    NotYetValid,
    /// Its last date has passed (UTC).
    Expired,
}

/// What an acceptance did in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcceptanceUse {
    pub id: String,
    pub state: AcceptanceState,
    /// Findings or gaps that it covers. 0 and valid: unused.
    pub covered: u64,
    /// Gaps that it would cover, were it not for a subject that deviated when it was last read.
    pub refused: Vec<Subject>,
}

impl AcceptanceUse {
    /// Valid, and there was nothing for it.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.state == AcceptanceState::Valid && self.covered == 0 && self.refused.is_empty()
    }
}

/// A subject that deviated in an earlier bundle, in the newest one in which this finding was not `undetermined`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDeviation {
    pub control: String,
    pub check: String,
    pub target: String,
    pub subject: Subject,
}

impl LastDeviation {
    /// Whether a finding of this run says something definite about what deviated before.
    #[must_use]
    pub fn settled_by(&self, finding: &Finding) -> bool {
        finding.outcome != Outcome::Undetermined
            && finding.control == self.control
            && finding.check == self.check
            && finding.target == self.target
            && finding.subject.as_ref() == Some(&self.subject)
    }
}

impl Acceptances {
    /// Acceptances in the order declared, judged by the UTC date of `now`.
    #[must_use]
    pub fn new(declared: Vec<record::Acceptance>, now: Timestamp) -> Self {
        let today = Date::of(now);
        let state = |a: &record::Acceptance| {
            if a.expires < today {
                AcceptanceState::Expired
            } else if a.approved > today {
                AcceptanceState::NotYetValid
            } else {
                AcceptanceState::Valid
            }
        };
        let entries: Vec<AcceptanceUse> = declared
            .iter()
            .map(|a| AcceptanceUse { id: a.id.clone(), state: state(a), covered: 0, refused: Vec::new() })
            .collect();
        let of_the_date = entries.iter().filter(|entry| entry.state == AcceptanceState::Valid);
        let mut valid: Vec<String> = of_the_date.map(|entry| entry.id.clone()).collect();
        valid.sort_unstable();
        valid.dedup();
        Self { entries, declared, valid }
    }

    /// The `acceptance` records: those that count on the date, whether they cover anything or not.
    #[must_use]
    pub fn records(&self) -> Vec<record::Acceptance> {
        let declared = |id: &String| self.declared.iter().find(|declared| declared.id == *id);
        self.valid.iter().filter_map(declared).cloned().collect()
    }

    /// Whether a valid acceptance is about this gap, so that it must be known what the gap may hide.
    #[must_use]
    pub fn ask_about(&self, gap: &Gap) -> bool {
        let mut valid = self.declared.iter().zip(&self.entries).filter(|(_, e)| e.state == AcceptanceState::Valid);
        valid.any(|(declared, _)| declared.covers.gap(gap))
    }

    /// Sets `acceptance` of every deviation that a valid acceptance covers, and clears it everywhere else.
    pub fn cover_findings(&mut self, findings: &mut [Finding]) {
        for finding in findings {
            finding.acceptance = None;
            if finding.outcome != Outcome::Deviates {
                continue;
            }
            for (reference, declared, entry) in self.valid() {
                if declared.covers.finding(finding) {
                    entry.covered += 1;
                    finding.acceptance = Some(reference);
                    break;
                }
            }
        }
    }

    /// Sets `acceptance` of every gap that a valid acceptance covers, and clears it everywhere else.
    ///
    /// A gap is not covered while it may hide a deviation: when it touches a subject of `last` for which this run's
    /// `findings` say nothing definite. Who streams findings takes out of `last`
    /// what is [`LastDeviation::settled_by`] one of them, and gives no findings here.
    pub fn cover_gaps(&mut self, gaps: &mut [Gap], findings: &[Finding], last: &[LastDeviation]) {
        let hidden: Vec<&LastDeviation> = last.iter().filter(|l| !findings.iter().any(|f| l.settled_by(f))).collect();
        for gap in gaps {
            gap.acceptance = None;
            let behind: Vec<&Subject> =
                hidden.iter().filter(|l| may_hide(gap, &l.target, &l.subject)).map(|l| &l.subject).collect();
            for (reference, declared, entry) in self.valid() {
                if !declared.covers.gap(gap) {
                    continue;
                }
                if behind.is_empty() {
                    entry.covered += 1;
                    gap.acceptance = Some(reference);
                    break;
                }
                for subject in &behind {
                    if !entry.refused.contains(subject) {
                        entry.refused.push((*subject).clone());
                    }
                }
            }
        }
    }

    /// What each acceptance did, in the order declared.
    #[must_use]
    pub fn uses(&self) -> &[AcceptanceUse] {
        &self.entries
    }

    /// Those that count on the date, in the order declared, with the references to their records.
    fn valid(&mut self) -> impl Iterator<Item = (RecordRef, &record::Acceptance, &mut AcceptanceUse)> {
        let Self { entries, declared, valid } = self;
        declared.iter().zip(entries).filter(|(_, entry)| entry.state == AcceptanceState::Valid).filter_map(
            |(declared, entry)| {
                let ordinal = valid.binary_search(&entry.id).ok()?;
                Some((RecordRef::new(RecordType::Acceptance, ordinal as u64), declared, entry))
            },
        )
    }
}

/// Whether a finding is undetermined because of accepted gaps and of nothing else: it rests on gaps, and on none that is not
/// accepted. What could not be evaluated, or was proven by nothing, rests on no gap.
#[must_use]
pub fn excused(outcome: Outcome, rests_on: &[RecordRef], gaps: &[Gap]) -> bool {
    let mut behind = rests_on.iter().filter(|record| record.kind == RecordType::Gap).peekable();
    let accepted = |record: &RecordRef| {
        let ordinal = usize::try_from(record.ordinal).ok();
        ordinal.and_then(|ordinal| gaps.get(ordinal)).is_some_and(|gap| gap.acceptance.is_some())
    };
    outcome == Outcome::Undetermined && behind.peek().is_some() && behind.all(accepted)
}

/// Whether the gap may be why nothing is known of this subject of a target.
#[must_use]
pub fn may_hide(gap: &Gap, target: &str, subject: &Subject) -> bool {
    if gap.target != target {
        return false;
    }
    match (&gap.subject, &gap.population) {
        (Some(hidden), _) => hidden == subject,
        (None, Some(population)) => population.split('@').next() == Some(subject.kind.as_str()),
        (None, None) => subject.kind.split('/').next() == Some(gap.collector.as_str()),
    }
}
