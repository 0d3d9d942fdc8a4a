//! From findings to one word per control and one exit code per run.

use std::collections::HashMap;

use model::ExitStatus;
use model::record::{Control, Counts, Finding, Gap};

/// Counts findings as they come, so that none has to be kept: one count per control, one for the run.
#[derive(Clone, Debug)]
pub struct Tally {
    total: Counts,
    controls: Vec<Control>,
    /// Where a control is in the list.
    places: HashMap<String, usize>,
}

impl Tally {
    /// The records of the controls before any finding: of a control with checks the outcome is `undetermined`, of one without
    /// it is absent.
    #[must_use]
    pub fn new(controls: Vec<Control>) -> Self {
        let places = controls.iter().enumerate().map(|(place, control)| (control.id.clone(), place)).collect();
        Self { total: Counts::default(), controls, places }
    }

    /// Counts one finding; its acceptance has been decided.
    pub fn add(&mut self, finding: &Finding) {
        self.total.add(finding);
        let place = self.places.get(&finding.control);
        if let Some(control) = place.and_then(|place| self.controls.get_mut(*place)) {
            control.counts.add(finding);
            control.outcome = control.outcome.map(|_| control.counts.outcome());
        }
    }

    /// All findings so far.
    #[must_use]
    pub const fn total(&self) -> Counts {
        self.total
    }

    /// The roll-up of every control so far, in the order declared.
    #[must_use]
    pub fn controls(&self) -> &[Control] {
        &self.controls
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

/// What came of a run that was sealed; its exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every finding conforms, is not applicable or is an accepted deviation; every gap is accepted.
    Clean,
    /// Gaps, not accepted, that no finding depends on; or accepted ones that findings do depend on.
    Gaps,
    /// At least one deviation that is not accepted.
    Deviates,
    /// None of those, and at least one finding is undetermined for another reason than accepted gaps, or there is no finding at all.
    Undetermined,
    /// Both.
    DeviatesAndUndetermined,
}

impl Verdict {
    #[must_use]
    pub const fn exit_status(self) -> ExitStatus {
        match self {
            Self::Clean => ExitStatus::Success,
            Self::Gaps => ExitStatus::NotAllRead,
            Self::Deviates => ExitStatus::Deviates,
            Self::Undetermined => ExitStatus::Undetermined,
            Self::DeviatesAndUndetermined => ExitStatus::DeviatesAndUndetermined,
        }
    }
}
