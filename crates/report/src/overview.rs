//! The overview of a bundle: outcomes, what deviates, what is not known, what was not read.

use std::collections::{BTreeMap, BTreeSet};

use bundle::read::{Line, Record};
use links::{AliasReader, Aliases};
use model::record::{Control, Counts, Coverage, Finding, Gap, GapReason, Host, Recorded, Run};
use model::{Outcome, RecordRef, RecordType};
use schemars::JsonSchema;
use serde::Serialize;
use verify::{MarkCount, Marked, Observer, VerifiedBundle};

use crate::room::Room;

/// How many findings are kept for showing. The rest is counted.
pub const MOST_SHOWN: usize = 2_000;
/// How many groups of gaps are kept. The rest is counted.
const MOST_GROUPS: usize = 500;
/// How many kinds of resources are named. The others are counted together.
const MOST_KINDS: usize = 1_000;
/// Bytes of the records that are kept: of the run with its host, what people saw, findings and gaps together; of controls; of coverage.
const MOST_BYTES: usize = 32 * 1024 * 1024;

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
    /// Controls that do not fit.
    #[serde(skip_serializing_if = "is_zero")]
    pub controls_not_shown: u64,
    pub counts: Counts,
    pub findings: Vec<MarkedFinding>,
    /// Findings that would be shown were they not too many.
    pub findings_not_shown: u64,
    pub gaps: Vec<GapGroup>,
    pub gaps_in_all: u64,
    pub gap_groups_not_shown: u64,
    pub coverage: Vec<Coverage>,
    /// Lists that do not fit.
    #[serde(skip_serializing_if = "is_zero")]
    pub coverage_not_shown: u64,
    pub exchanges: u64,
    /// Resources by kind.
    pub resources: BTreeMap<String, u64>,
    /// Resources of further kinds, where there are too many to name.
    #[serde(skip_serializing_if = "is_zero")]
    pub resources_of_more_kinds: u64,
    /// Withheld records by type.
    pub withheld: BTreeMap<String, u64>,
    /// The aliases of KMS keys that are named here, by the key's id.
    #[serde(skip_serializing_if = "Aliases::is_empty")]
    pub key_aliases: Aliases,
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
    aliases: AliasReader,
    all: bool,
    room: Room,
    for_controls: Room,
    for_coverage: Room,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

type GroupKey = (String, String, GapReason, Option<String>, Option<String>, Option<String>);

impl OverviewReader {
    /// `all`: also findings that conform or do not apply.
    #[must_use]
    pub fn new(all: bool) -> Self {
        let room = Room::of(MOST_BYTES);
        Self {
            overview: Overview::default(),
            groups: BTreeMap::new(),
            aliases: AliasReader::default(),
            all,
            room,
            for_controls: room,
            for_coverage: room,
        }
    }

    /// What was gathered of this bundle.
    #[must_use]
    pub fn finish(self, bundle: &VerifiedBundle) -> Overview {
        let mut overview = self.gathered();
        overview.findings.iter_mut().for_each(|finding| finding.mark(bundle));
        for control in &mut overview.controls {
            control.marks = bundle.marks().map(|marks| marks.of_control(&control.value.id)).unwrap_or_default();
        }
        overview
    }

    fn gathered(mut self) -> Overview {
        self.overview.gaps = self.groups.into_values().collect();
        let findings = self.overview.findings.iter().filter_map(|one| one.value.subject.as_ref());
        let gaps = self.overview.gaps.iter().filter_map(|group| group.example.value.subject.as_ref());
        let named: BTreeSet<&str> = findings.chain(gaps).map(|subject| subject.id.as_str()).collect();
        self.overview.key_aliases = self.aliases.finish().only(|id| named.contains(id));
        self.overview
    }

    fn finding(&mut self, at: RecordRef, finding: &Finding, bytes: usize) {
        self.overview.counts.add(finding);
        if !self.all && !matches!(finding.outcome, Outcome::Deviates | Outcome::Undetermined) {
            return;
        }
        if self.overview.findings.len() < MOST_SHOWN && self.room.take(bytes) {
            let (record, value) = (at.to_string(), finding.clone());
            self.overview.findings.push(MarkedFinding { record, value, marks: Vec::new() });
        } else {
            self.overview.findings_not_shown += 1;
        }
    }

    fn recorded(&mut self, at: RecordRef, recorded: &Recorded, bytes: usize) {
        // The format bounds them to one where they are the bundle's matter.
        if self.overview.recorded.len() < MOST_SHOWN && self.room.take(bytes) {
            self.overview.recorded.push(Shown { record: at.to_string(), value: recorded.clone() });
        }
    }

    fn resource(&mut self, kind: &str) {
        if let Some(count) = self.overview.resources.get_mut(kind) {
            *count += 1;
        } else if self.overview.resources.len() < MOST_KINDS && self.room.take(kind.len()) {
            self.overview.resources.insert(kind.to_owned(), 1);
        } else {
            self.overview.resources_of_more_kinds += 1;
        }
    }

    fn gap(&mut self, at: RecordRef, gap: &Gap, bytes: usize) {
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
        } else if self.groups.len() < MOST_GROUPS && self.room.take(bytes) {
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
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        let record = match line {
            Line::Withheld(_) => {
                *self.overview.withheld.entry(at.kind.to_string()).or_default() += 1;
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        let bytes = text.len();
        match record {
            Record::Run(run) => self.overview.run = Some(run.clone()),
            Record::Host(host) => self.overview.host = Some(host.clone()),
            Record::Recorded(recorded) => self.recorded(at, recorded, bytes),
            Record::Exchange(_) => self.overview.exchanges += 1,
            Record::Coverage(coverage) if self.for_coverage.take(bytes) => {
                self.overview.coverage.push(coverage.clone());
            }
            Record::Coverage(_) => self.overview.coverage_not_shown += 1,
            Record::Gap(gap) => self.gap(at, gap, bytes),
            Record::Resource(resource) => {
                self.aliases.take(resource);
                self.resource(&resource.kind);
            }
            Record::Derived(derived) => self.resource(&derived.kind),
            Record::Finding(finding) => self.finding(at, finding, bytes),
            Record::Control(control) if self.for_controls.take(bytes) => {
                self.overview.controls.push(MarkedControl { value: control.clone(), marks: Vec::new() });
            }
            Record::Control(_) => self.overview.controls_not_shown += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Digest, RecordType};

    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let line = |text: &str| bundle::read::LineReader::new().read(text.as_bytes()).unwrap();
        let start = r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t""#;
        let counts = r#""counts":{"conforms":0,"deviates":0,"undetermined":0,"not_applicable":0,"accepted":0}"#;
        let control = line(&format!(r#"{start}:"control","id":"C","title":"t","requirements":[],{counts}}}"#));
        let coverage = line(&format!(
            r#"{start}:"coverage","target":"t","collector":"c","population":"k","calls":0,"pages":0,"items":0,"complete":true}}"#
        ));
        let gap = line(&format!(r#"{start}:"gap","target":"t","collector":"c","reason":"denied","detail":"d"}}"#));
        let other = line(&format!(r#"{start}:"gap","target":"u","collector":"c","reason":"denied","detail":"d"}}"#));
        let mut reader = OverviewReader::new(false);
        let half = vec![b' '; MOST_BYTES / 2];
        let at = |kind| RecordRef::new(kind, 0);
        for _ in 0..3 {
            reader.record(at(RecordType::Control), &control, &half);
            reader.record(at(RecordType::Coverage), &coverage, &half);
            reader.record(at(RecordType::Gap), &gap, &half);
        }
        reader.record(at(RecordType::Gap), &gap, &half);
        reader.record(at(RecordType::Gap), &other, &[half.as_slice(), b" "].concat());
        reader.record(at(RecordType::Finding), &Line::Withheld(Digest::of(b"")), b"");
        let resource = |kind: usize| {
            line(&format!(
                r#"{start}:"resource","target":"t","collector":"c","population":"k","kind":"k{kind}","id":"i","parts":{{}},"facts":{{}}}}"#
            ))
        };
        for kind in 0..MOST_KINDS + 2 {
            reader.record(at(RecordType::Resource), &resource(kind), b"");
        }
        reader.record(at(RecordType::Resource), &resource(0), b"");
        let overview = reader.gathered();
        assert_eq!((overview.controls.len(), overview.controls_not_shown), (2, 1));
        assert_eq!((overview.coverage.len(), overview.coverage_not_shown), (2, 1));
        assert_eq!((overview.gaps_in_all, overview.gaps.len(), overview.gap_groups_not_shown), (5, 1, 1));
        assert_eq!((overview.resources.len(), overview.resources_of_more_kinds), (MOST_KINDS, 2));
        assert_eq!(overview.resources["k0"], 2);
    }
}
