//! The overview of a bundle: outcomes, what deviates, what is not known, what was not read.

use std::collections::BTreeMap;

use bundle::read::{Line, Record};
use model::record::{Control, Counts, Coverage, Finding, Gap, GapReason, Host, Recorded, Run};
use model::{Outcome, RecordRef, RecordType};
use schemars::JsonSchema;
use serde::Serialize;
use verify::{MarkCount, Marked, Observer, VerifiedBundle};

/// How many findings are kept for showing. The rest is counted.
const MOST_SHOWN: usize = 2_000;
/// How many groups of gaps are kept. The rest is counted.
const MOST_GROUPS: usize = 500;

/// A record with its reference.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Shown<T> {
    pub record: String,
    #[serde(flatten)]
    pub value: T,
}

/// A finding, and what has to be known beside it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MarkedFinding {
    pub record: String,
    #[serde(flatten)]
    pub value: Finding,
    pub marks: Vec<Marked>,
}

/// A control, and what has to be known beside its findings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MarkedControl {
    #[serde(flatten)]
    pub value: Control,
    pub marks: Vec<MarkCount>,
}

impl MarkedFinding {
    /// The marks are those of an accepted bundle: `bundle` is the one that it stands in.
    pub(crate) fn mark(&mut self, bundle: &VerifiedBundle) {
        let at = self.record.parse::<RecordRef>();
        if let (Ok(at), Some(marks)) = (at, bundle.marks()) {
            self.marks = marks.of(at.ordinal, &self.value);
        }
    }
}

/// Gaps that differ only in the subject.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GapGroup {
    pub target: String,
    pub collector: String,
    pub reason: GapReason,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The kind of the subjects, or the population.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    pub count: u64,
    pub accepted: u64,
    /// The first of them.
    pub example: Shown<Gap>,
}

/// What a bundle says, in short.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Overview {
    pub run: Option<Run>,
    pub host: Option<Host>,
    /// What a person's record says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<Shown<Recorded>>,
    pub controls: Vec<MarkedControl>,
    pub counts: Counts,
    pub findings: Vec<MarkedFinding>,
    /// Findings that would be shown were they not too many.
    pub findings_not_shown: u64,
    pub gaps: Vec<GapGroup>,
    pub gaps_in_all: u64,
    pub gap_groups_not_shown: u64,
    pub coverage: Vec<Coverage>,
    pub exchanges: u64,
    /// Resources by kind.
    pub resources: BTreeMap<String, u64>,
    /// Withheld records by type.
    pub withheld: BTreeMap<String, u64>,
}

impl Overview {
    /// How many findings are withheld in this copy.
    #[must_use]
    pub fn withheld_findings(&self) -> u64 {
        self.withheld.get(RecordType::Finding.as_str()).copied().unwrap_or(0)
    }
}

/// Gathers an [`Overview`] while a bundle is verified.
#[derive(Debug)]
pub struct OverviewReader {
    overview: Overview,
    groups: BTreeMap<GroupKey, GapGroup>,
    all: bool,
}

type GroupKey = (String, String, GapReason, Option<String>, Option<String>, Option<String>);

impl OverviewReader {
    /// `all`: also findings that conform or do not apply.
    #[must_use]
    pub fn new(all: bool) -> Self {
        Self { overview: Overview::default(), groups: BTreeMap::new(), all }
    }

    /// What was gathered of this bundle.
    #[must_use]
    pub fn finish(mut self, bundle: &VerifiedBundle) -> Overview {
        self.overview.findings.iter_mut().for_each(|finding| finding.mark(bundle));
        for control in &mut self.overview.controls {
            control.marks = bundle.marks().map(|marks| marks.of_control(&control.value.id)).unwrap_or_default();
        }
        self.overview.gaps = self.groups.into_values().collect();
        self.overview
    }

    fn finding(&mut self, at: RecordRef, finding: &Finding) {
        self.overview.counts.add(finding);
        if !self.all && !matches!(finding.outcome, Outcome::Deviates | Outcome::Undetermined) {
            return;
        }
        if self.overview.findings.len() < MOST_SHOWN {
            let (record, value) = (at.to_string(), finding.clone());
            self.overview.findings.push(MarkedFinding { record, value, marks: Vec::new() });
        } else {
            self.overview.findings_not_shown += 1;
        }
    }

    fn recorded(&mut self, at: RecordRef, recorded: &Recorded) {
        // The format bounds them to one where they are the bundle's matter.
        if self.overview.recorded.len() < MOST_SHOWN {
            self.overview.recorded.push(Shown { record: at.to_string(), value: recorded.clone() });
        }
    }

    fn gap(&mut self, at: RecordRef, gap: &Gap) {
        self.overview.gaps_in_all += 1;
        let of = match (&gap.subject, &gap.population) {
            (Some(subject), _) => Some(subject.kind.clone()),
            (None, population) => population.clone(),
        };
        let key =
            (gap.target.clone(), gap.collector.clone(), gap.reason, gap.right.clone(), gap.part.clone(), of.clone());
        let accepted = u64::from(gap.acceptance.is_some());
        if let Some(group) = self.groups.get_mut(&key) {
            group.count += 1;
            group.accepted += accepted;
        } else if self.groups.len() < MOST_GROUPS {
            let group = GapGroup {
                target: gap.target.clone(),
                collector: gap.collector.clone(),
                reason: gap.reason,
                right: gap.right.clone(),
                part: gap.part.clone(),
                of,
                count: 1,
                accepted,
                example: Shown { record: at.to_string(), value: gap.clone() },
            };
            self.groups.insert(key, group);
        } else {
            self.overview.gap_groups_not_shown += 1;
        }
    }
}

impl Observer for OverviewReader {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let record = match line {
            Line::Withheld(_) => {
                *self.overview.withheld.entry(at.kind.to_string()).or_default() += 1;
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match record {
            Record::Run(run) => self.overview.run = Some(run.clone()),
            Record::Host(host) => self.overview.host = Some(host.clone()),
            Record::Recorded(recorded) => self.recorded(at, recorded),
            Record::Exchange(_) => self.overview.exchanges += 1,
            Record::Coverage(coverage) => self.overview.coverage.push(coverage.clone()),
            Record::Gap(gap) => self.gap(at, gap),
            Record::Resource(resource) => *self.overview.resources.entry(resource.kind.clone()).or_default() += 1,
            Record::Derived(derived) => *self.overview.resources.entry(derived.kind.clone()).or_default() += 1,
            Record::Finding(finding) => self.finding(at, finding),
            Record::Control(control) => {
                self.overview.controls.push(MarkedControl { value: control.clone(), marks: Vec::new() });
            }
            _ => {}
        }
    }
}
