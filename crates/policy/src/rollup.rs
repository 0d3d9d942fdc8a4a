//! From findings to one word per control and one exit code per run.

use model::Outcome;
use model::record::{Control, Counts, Finding, Gap, Observation};

use crate::plan::{Plan, PlannedControl};

/// How many findings of each outcome.
pub fn count<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        match finding.outcome {
            Outcome::Conforms => counts.conforms += 1,
            Outcome::Deviates => {
                counts.deviates += 1;
                counts.accepted += u64::from(finding.acceptance.is_some());
            }
            Outcome::Undetermined => counts.undetermined += 1,
            Outcome::NotApplicable => counts.not_applicable += 1,
        }
    }
    counts
}

/// One outcome for many findings. An accepted deviation still deviates; no finding at all is undetermined.
#[must_use]
pub const fn outcome(counts: &Counts) -> Outcome {
    if counts.deviates > 0 {
        Outcome::Deviates
    } else if counts.undetermined > 0 {
        Outcome::Undetermined
    } else if counts.conforms > 0 {
        Outcome::Conforms
    } else if counts.not_applicable > 0 {
        Outcome::NotApplicable
    } else {
        Outcome::Undetermined
    }
}

/// The roll-up of every control of the plan, in the order declared.
#[must_use]
pub fn roll_up(plan: &Plan, findings: &[Finding]) -> Vec<Control> {
    plan.controls.iter().map(|control| roll_up_control(plan, control, findings)).collect()
}

fn roll_up_control(plan: &Plan, control: &PlannedControl, findings: &[Finding]) -> Control {
    let counts = count(findings.iter().filter(|f| f.control == control.id));
    let has_checks = plan.assignments_of(&control.id).next().is_some();
    Control {
        id: control.id.clone(),
        title: control.title.clone(),
        requirements: control.requirements.clone(),
        outcome: has_checks.then(|| outcome(&counts)),
        counts,
        observe: control.observe_seconds.map(|every_seconds| Observation { every_seconds }),
    }
}

/// The exit code of a run that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Verdict {
    /// Every finding conforms, is not applicable or is an accepted deviation; every gap is accepted.
    Clean = 0,
    /// Gaps, not accepted, that no finding depends on.
    Gaps = 3,
    /// At least one deviation that is not accepted.
    Deviates = 10,
    /// None of those, and at least one finding is undetermined, or there is no finding at all.
    Undetermined = 11,
    /// Both.
    DeviatesAndUndetermined = 12,
}

impl Verdict {
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// What the run's exit code says. `undetermined` never exits 0, whether or not the gap behind it is accepted.
#[must_use]
pub fn verdict(findings: &[Finding], gaps: &[Gap]) -> Verdict {
    let counts = count(findings);
    let deviates = counts.deviates > counts.accepted;
    let undetermined = counts.undetermined > 0 || findings.is_empty();
    match (deviates, undetermined) {
        (true, true) => Verdict::DeviatesAndUndetermined,
        (true, false) => Verdict::Deviates,
        (false, true) => Verdict::Undetermined,
        (false, false) if gaps.iter().any(|g| g.acceptance.is_none()) => Verdict::Gaps,
        (false, false) => Verdict::Clean,
    }
}
