//! From findings to one word per control and one exit code per run.

use std::collections::HashMap;

use model::record::{Control, Counts, Finding, Gap, Observation};

use crate::plan::{Plan, PlannedControl};

/// Counts findings as they come, so that none has to be kept: one count per control, one for the run.
#[derive(Clone, Debug)]
pub struct Tally<'p> {
    plan: &'p Plan,
    total: Counts,
    by_control: HashMap<&'p str, Counts>,
}

impl<'p> Tally<'p> {
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        let by_control = plan.controls.iter().map(|control| (control.id.as_str(), Counts::default())).collect();
        Self { plan, total: Counts::default(), by_control }
    }

    /// Counts one finding; its acceptance has been decided.
    pub fn add(&mut self, finding: &Finding) {
        self.total.add(finding);
        if let Some(counts) = self.by_control.get_mut(finding.control.as_str()) {
            counts.add(finding);
        }
    }

    /// All findings so far.
    #[must_use]
    pub const fn total(&self) -> Counts {
        self.total
    }

    /// The roll-up of every control of the plan, in the order declared.
    #[must_use]
    pub fn controls(&self) -> Vec<Control> {
        self.plan.controls.iter().map(|control| self.control(control)).collect()
    }

    fn control(&self, control: &PlannedControl) -> Control {
        let counts = self.by_control.get(control.id.as_str()).copied().unwrap_or_default();
        let has_checks = self.plan.assignments_of(&control.id).next().is_some();
        Control {
            id: control.id.clone(),
            title: control.title.clone(),
            requirements: control.requirements.clone(),
            outcome: has_checks.then(|| counts.outcome()),
            counts,
            observe: control.observe_seconds.map(|every_seconds| Observation { every_seconds }),
        }
    }

    /// What the run's exit code says. `undetermined` never exits 0, whether or not the gap behind it is accepted.
    /// `excused`: how many findings are undetermined because of accepted gaps alone ([`crate::excused`]).
    #[must_use]
    pub fn verdict(&self, gaps: &[Gap], excused: u64) -> Verdict {
        let counts = self.total;
        let findings = counts.conforms + counts.deviates + counts.undetermined + counts.not_applicable;
        let deviates = counts.deviates > counts.accepted;
        let undetermined = counts.undetermined > excused || findings == 0;
        match (deviates, undetermined) {
            (true, true) => Verdict::DeviatesAndUndetermined,
            (true, false) => Verdict::Deviates,
            (false, true) => Verdict::Undetermined,
            (false, false) if excused > 0 || gaps.iter().any(|g| g.acceptance.is_none()) => Verdict::Gaps,
            (false, false) => Verdict::Clean,
        }
    }
}

/// The exit code of a run that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Verdict {
    /// Every finding conforms, is not applicable or is an accepted deviation; every gap is accepted.
    Clean = 0,
    /// Gaps, not accepted, that no finding depends on; or accepted ones that findings do depend on.
    Gaps = 3,
    /// At least one deviation that is not accepted.
    Deviates = 10,
    /// None of those, and at least one finding is undetermined for another reason than accepted gaps, or there is no finding at all.
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
