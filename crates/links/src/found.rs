//! What a bundle found, by control and check.

use std::collections::{BTreeMap, BTreeSet};

use declaration::DECLARATION;
use model::record::{Counts, Finding};
use model::{Outcome, Severity, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::links::Place;

/// Different controls, checks and targets that are counted, and the bytes of their names.
const MOST: usize = 200_000;
const MOST_OF_NAMES: usize = 32 * 1024 * 1024;

/// How many findings of each outcome a bundle has, for each control, check and target.
#[derive(Clone, Debug, Default)]
pub struct Found {
    by_use: BTreeMap<String, BTreeMap<String, BTreeMap<String, Counts>>>,
    uses: usize,
    names: usize,
    left_out: u64,
    rehearsals: BTreeSet<String>,
    /// Findings that are withheld in this copy: they are in no count.
    pub withheld: u64,
}

impl Found {
    /// Counts one finding.
    pub fn count(&mut self, finding: &Finding) {
        let Finding { control, check, target, .. } = finding;
        let known = self.by_use.get_mut(control).and_then(|of| of.get_mut(check)).and_then(|of| of.get_mut(target));
        if let Some(counts) = known {
            counts.add(finding);
            return;
        }
        let names = [control, check, target].iter().fold(self.names, |all, name| all.saturating_add(name.len()));
        if self.uses >= MOST || names > MOST_OF_NAMES {
            self.left_out += 1;
            return;
        }
        self.uses += 1;
        self.names = names;
        let of_control = self.by_use.entry(finding.control.clone()).or_default();
        let of_check = of_control.entry(finding.check.clone()).or_default();
        of_check.entry(finding.target.clone()).or_default().add(finding);
    }

    /// Findings that are in no count, because they are of too many controls, checks and targets. Where there are some, the counts say nothing.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Says which targets were a rehearsal: what was found there is no evidence.
    pub fn rehearse(&mut self, is_one: impl Fn(&str) -> bool) {
        let targets = self.by_use.values().flat_map(BTreeMap::values).flat_map(BTreeMap::keys);
        self.rehearsals = targets.filter(|target| is_one(target)).cloned().collect();
    }

    /// The findings of one use of a check; `None` where there is none.
    #[must_use]
    pub fn of_use(&self, control: &str, check: &str) -> Option<Counts> {
        let targets = self.by_use.get(control)?.get(check)?;
        Some(targets.values().fold(Counts::default(), |all, more| sum(all, *more)))
    }

    /// Those of one use of a check that is put to these targets only; `None`: to all. `None` where there is no finding.
    #[must_use]
    pub fn of_use_on(&self, control: &str, check: &str, on: Option<&[String]>) -> Option<Counts> {
        let targets = self.by_use.get(control)?.get(check)?;
        let here = targets.iter().filter(|(target, _)| on.is_none_or(|on| on.contains(target)));
        here.map(|(_, counts)| *counts).reduce(sum)
    }

    /// The checks of a control that gave findings, with these.
    pub fn of_control(&self, control: &str) -> impl Iterator<Item = (&str, Counts)> {
        let checks = self.by_use.get(control).into_iter().flatten();
        checks.map(|(check, targets)| (check.as_str(), targets.values().fold(Counts::default(), |all, n| sum(all, *n))))
    }

    /// Findings of one use of a check that say something, conforming or not, of a target that was no rehearsal. What is said of the declaration
    /// is not among them: nothing was inspected for it.
    #[must_use]
    pub fn definite(&self, control: &str, check: &str) -> u64 {
        let counts = self.inspected(control, check);
        counts.conforms + counts.deviates
    }

    /// The findings of one use of a check of targets that were no rehearsal, without what is said of the declaration.
    #[must_use]
    pub fn inspected(&self, control: &str, check: &str) -> Counts {
        let targets = self.by_use.get(control).and_then(|checks| checks.get(check));
        let real = targets
            .into_iter()
            .flatten()
            .filter(|(target, _)| *target != DECLARATION && !self.rehearsals.contains(*target));
        real.fold(Counts::default(), |all, (_, more)| sum(all, *more))
    }
}

/// Two counts in one.
pub const fn sum(one: Counts, other: Counts) -> Counts {
    Counts {
        conforms: one.conforms + other.conforms,
        deviates: one.deviates + other.deviates,
        undetermined: one.undetermined + other.undetermined,
        not_applicable: one.not_applicable + other.not_applicable,
        accepted: one.accepted + other.accepted,
    }
}

/// The findings of one use of a check, some of them one by one.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct UseFound {
    pub counts: Counts,
    /// Those that need a look first.
    pub findings: Vec<FindingNode>,
    /// How many more there are.
    pub not_shown: u64,
}

/// One finding of a bundle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingNode {
    /// Its record, `finding:12`.
    pub record: String,
    pub target: String,
    /// Kind and id of the subject, or the population; absent: the target as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub outcome: Outcome,
    pub severity: Severity,
    /// What proves it, or why it is undetermined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// Nothing that was said of this target is evidence.
    pub rehearsal: bool,
    /// What has to be known beside it, in words: with what it was judged, how its target was read.
    pub marks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<AcceptedBy>,
    /// What was asked of the source, and answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeNode>,
    /// Exchanges that are not shown.
    pub exchanges_not_shown: usize,
    /// Where in the declaration the facts stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<Place>,
    /// What was not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<GapNode>,
    /// Records it rests on that are withheld in this copy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// The acceptance that covers a finding. It changes no outcome.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AcceptedBy {
    pub id: String,
    /// A signature of someone who may is shown; otherwise the approver is the custodian's word.
    pub approver_shown: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// One exchange behind a finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExchangeNode {
    /// Its record, `exchange:3`.
    pub record: String,
    pub operation: String,
    pub endpoint: String,
    pub started: Timestamp,
    /// The status of the answer, or what went wrong before there was one.
    pub answer: String,
    /// The source's own id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// One gap that a finding rests on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GapNode {
    pub record: String,
    pub reason: String,
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use model::{Outcome, Severity};

    use super::*;

    #[test]
    fn what_is_counted_is_bounded() {
        let finding = |control: &str, target: usize| Finding {
            control: control.to_owned(),
            check: "a/b".to_owned(),
            target: target.to_string(),
            population: None,
            subject: None,
            outcome: Outcome::Deviates,
            severity: Severity::High,
            evidence: Vec::new(),
            reason: None,
            rests_on: Vec::new(),
            acceptance: None,
        };
        let mut found = Found::default();
        (0..MOST).for_each(|target| found.count(&finding("C", target)));
        assert_eq!((found.left_out(), found.of_use("C", "a/b").map(|counts| counts.deviates)), (0, Some(MOST as u64)));
        found.count(&finding("C", 7));
        assert_eq!(found.left_out(), 0, "it is known");
        found.count(&finding("C", MOST));
        found.count(&finding("D", 0));
        assert_eq!((found.left_out(), found.of_use("D", "a/b")), (2, None));
        let mut found = Found::default();
        found.count(&finding(&"x".repeat(MOST_OF_NAMES), 0));
        assert_eq!(found.left_out(), 1);
    }
}
