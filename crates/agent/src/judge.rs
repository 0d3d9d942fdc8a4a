//! Judging what was recorded: every subject and every population, with the acceptances that cover them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use assess::{AssessError, Assessor, Case, CheckSet, Limits, WorkerCommand};
use conclude::{Acceptances, LastDeviation, Tally};
use declaration::Plan;
use model::record::{Assignment, Coverage, Finding, Gap};
use model::{RecordRef, RecordType};

use crate::findings::{Findings, SortedFindings};
use crate::spool::Recorded;

/// Why nothing could be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    #[error("the run's scratch folder cannot be used")]
    Scratch(#[source] io::Error),
    #[error(transparent)]
    Assess(#[from] AssessError),
}

/// What is judged.
pub(crate) struct Judging<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) checks: &'a CheckSet,
    pub(crate) assignments: &'a [Assignment],
    pub(crate) recorded: &'a Recorded,
    /// The file that findings are written to.
    pub(crate) findings: &'a Path,
    pub(crate) last: &'a [LastDeviation],
}

/// What came of it.
pub(crate) struct Judged {
    pub(crate) tally: Tally,
    pub(crate) acceptances: Acceptances,
    pub(crate) findings: SortedFindings,
    /// Findings about subjects that deviated when they were last read.
    pub(crate) definite: Vec<Finding>,
    pub(crate) broken: BTreeMap<String, String>,
}

/// Judges every resource, every derived object and every population. Findings go to a file.
pub(crate) fn judge(
    judging: &Judging<'_>,
    mut acceptances: Acceptances,
    worker: WorkerCommand,
) -> Result<Judged, JudgeError> {
    let recorded = judging.recorded;
    let mut tally = Tally::new(judging.plan.unjudged_controls());
    let mut definite = Vec::new();
    let mut findings = Findings::create(judging.findings).map_err(JudgeError::Scratch)?;
    let mut take = |mut finding: Finding| -> io::Result<()> {
        acceptances.cover_findings(std::slice::from_mut(&mut finding));
        tally.add(&finding);
        findings.push(&finding)?;
        if judging.last.iter().any(|l| Some(&l.subject) == finding.subject.as_ref()) {
            definite.push(finding);
        }
        Ok(())
    };
    let case = Case {
        checks: judging.checks.clone(),
        assignments: numbered(RecordType::Assignment, judging.assignments),
        coverage: numbered::<Coverage>(RecordType::Coverage, recorded.coverage()),
        gaps: numbered::<Gap>(RecordType::Gap, recorded.gaps()),
    };
    let mut assessor = Assessor::new(worker, Limits::default(), case)?;
    for (ordinal, resource) in recorded.resources().enumerate() {
        let resource = resource.map_err(JudgeError::Scratch)?;
        let reference = RecordRef::new(RecordType::Resource, ordinal as u64);
        assessor.feed(reference, (&resource).into(), &mut take)?;
    }
    for (ordinal, derived) in recorded.derived().enumerate() {
        let derived = derived.map_err(JudgeError::Scratch)?;
        let reference = RecordRef::new(RecordType::Derived, ordinal as u64);
        assessor.feed(reference, (&derived).into(), &mut take)?;
    }
    let summary = assessor.finish(&mut take)?;
    let findings = findings.sorted().map_err(JudgeError::Scratch)?;
    Ok(Judged { tally, acceptances, findings, definite, broken: summary.broken })
}

/// Counts the findings that are undetermined because of accepted gaps alone. Which gaps are accepted is known only after all
/// has been judged, so the findings are looked through again, and only if some gap is.
pub(crate) fn excused(findings: &SortedFindings, gaps: &[Gap]) -> io::Result<u64> {
    #[derive(serde::Deserialize)]
    struct Concluded {
        outcome: model::Outcome,
        rests_on: Vec<RecordRef>,
    }
    if gaps.iter().all(|gap| gap.acceptance.is_none()) {
        return Ok(0);
    }
    let mut excused = 0;
    for text in findings.texts() {
        let finding: Concluded = serde_json::from_slice(&text?)?;
        excused += u64::from(conclude::excused(finding.outcome, &finding.rests_on, gaps));
    }
    Ok(excused)
}

pub(crate) fn numbered<T: Clone>(kind: RecordType, records: &[T]) -> Vec<(RecordRef, T)> {
    records.iter().enumerate().map(|(n, record)| (RecordRef::new(kind, n as u64), record.clone())).collect()
}
