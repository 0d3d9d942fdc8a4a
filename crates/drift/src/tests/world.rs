//! A small world, told as a bundle tells it: keys with facts, one check of them, and what can change.

use std::collections::{BTreeMap, BTreeSet};

use model::record::{Acceptance, Control, Counts, Covers, Evidence, Finding, Gap, GapReason, Subject};
use model::{Digest, Outcome, RecordRef, RecordType, Severity};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::found::{Alike, BasisDrift, ControlDrift, CoverageDrift, FindingDrift, GapDrift, ObjectDrift, Sink};
use crate::item::{Item, Seen, SeenCheck, SeenCoverage, SeenFile, SeenObject, SeenRoute, SeenRun, SeenUse};

pub(super) const TARGET: &str = "prod";
pub(super) const COLLECTOR: &str = "aws-kms";
pub(super) const POPULATION: &str = "aws-kms/key@eu-west-1";
pub(super) const KIND: &str = "aws-kms/key";
pub(super) const CHECK: &str = "aws-kms/small";

/// What one bundle says.
#[derive(Clone, Debug)]
pub(super) struct World {
    /// Day of November 2026.
    pub(super) day: u32,
    /// Doubles what it reads if it is 2.
    pub(super) program: u8,
    pub(super) file: &'static str,
    /// Largest `n` that conforms.
    pub(super) max: u64,
    /// What conforms by `1` does not conform by `2`: it judges by one less.
    pub(super) check: u8,
    pub(super) asks_time: bool,
    pub(super) controls: Vec<&'static str>,
    pub(super) keys: BTreeMap<String, Value>,
    /// By id and part.
    pub(super) gaps: BTreeSet<(Option<String>, Option<String>)>,
    pub(super) listed: Option<bool>,
    pub(super) withheld: BTreeSet<String>,
    pub(super) accepted: BTreeSet<String>,
    pub(super) identity: &'static str,
    pub(super) rehearsal: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            day: 1,
            program: 1,
            file: "system: hot",
            max: 5,
            check: 1,
            asks_time: false,
            controls: vec!["C"],
            keys: BTreeMap::new(),
            gaps: BTreeSet::new(),
            listed: Some(true),
            withheld: BTreeSet::new(),
            accepted: BTreeSet::new(),
            identity: "111122223333",
            rehearsal: false,
        }
    }
}

pub(super) fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).unwrap()
}

impl World {
    pub(super) fn with(mut self, id: &str, facts: Value) -> Self {
        self.keys.insert(id.to_owned(), facts);
        self
    }

    pub(super) fn unread(mut self, id: Option<&str>, part: Option<&str>) -> Self {
        self.gaps.insert((id.map(str::to_owned), part.map(str::to_owned)));
        if let (Some(id), Some(part)) = (id, part)
            && let Some(facts) = self.keys.get_mut(id).and_then(Value::as_object_mut)
        {
            facts.remove(part);
        }
        self
    }

    /// Everything that it read.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.keys.iter().filter(|(id, _)| !self.withheld.contains(*id))
    }

    fn judged(&self, facts: &Value) -> (Outcome, Option<u64>) {
        let Some(n) = facts["n"].as_u64() else { return (Outcome::Undetermined, None) };
        let max = (self.max + 1).saturating_sub(u64::from(self.check));
        let seen = n * u64::from(self.program) + if self.asks_time { u64::from(self.day) } else { 0 };
        (if seen > max { Outcome::Deviates } else { Outcome::Conforms }, Some(n))
    }

    pub(super) fn items(&self) -> Vec<Item> {
        let mut items: Vec<(RecordType, Seen)> = Vec::new();
        let started = format!("2026-11-{:02}T08:00:00.000Z", self.day).parse().unwrap();
        items.push((
            RecordType::Run,
            Seen::Run(SeenRun {
                started,
                program: "witnessmark 0.1.0".to_owned(),
                program_sha256: Digest::of(&[self.program]),
                rehearsal: self.rehearsal,
            }),
        ));
        items.push((RecordType::Host, Seen::Host(vec![(TARGET.to_owned(), self.identity.to_owned())])));
        let sha256 = Digest::of(self.file.as_bytes());
        items.push((RecordType::Declaration, Seen::File(SeenFile { path: "witnessmark.yaml".to_owned(), sha256 })));
        items.push((
            RecordType::Check,
            Seen::Check(SeenCheck {
                id: CHECK.to_owned(),
                sha256: Digest::of(b"check"),
                libraries: vec!["lib/one".to_owned()],
                asks_time: self.asks_time,
            }),
        ));
        items.push((
            RecordType::Check,
            Seen::Check(SeenCheck {
                id: "lib/one".to_owned(),
                sha256: Digest::of(&[self.check]),
                libraries: Vec::new(),
                asks_time: false,
            }),
        ));
        for id in &self.accepted {
            items.push((
                RecordType::Acceptance,
                Seen::Acceptance(Box::new(Acceptance {
                    id: format!("A-{id}"),
                    covers: Covers::Deviation {
                        control: "C".to_owned(),
                        check: CHECK.to_owned(),
                        subject: id.clone(),
                        target: None,
                    },
                    reason: "known".to_owned(),
                    approved_by: "CISO".to_owned(),
                    approved: "2026-11-01".parse().unwrap(),
                    expires: "2026-11-03".parse().unwrap(),
                    payload: None,
                })),
            ));
        }
        for control in &self.controls {
            items.push((
                RecordType::Assignment,
                Seen::Assignment(SeenUse {
                    control: (*control).to_owned(),
                    check: CHECK.to_owned(),
                    targets: vec![TARGET.to_owned()],
                    parameters: format!("{{\"max\":{}}}", self.max),
                    rest: Digest::of(b""),
                }),
            ));
        }
        items.push((
            RecordType::Route,
            Seen::Route(SeenRoute {
                target: TARGET.to_owned(),
                collector: COLLECTOR.to_owned(),
                digest: Digest::of(b"way"),
                rehearsal: false,
            }),
        ));
        if let Some(complete) = self.listed {
            items.push((
                RecordType::Coverage,
                Seen::Coverage(SeenCoverage {
                    target: TARGET.to_owned(),
                    collector: COLLECTOR.to_owned(),
                    population: POPULATION.to_owned(),
                    complete,
                }),
            ));
        }
        for (id, part) in &self.gaps {
            items.push((
                RecordType::Gap,
                Seen::Gap(Box::new(Gap {
                    target: TARGET.to_owned(),
                    collector: COLLECTOR.to_owned(),
                    population: Some(POPULATION.to_owned()),
                    subject: id.clone().map(|id| Subject { kind: KIND.to_owned(), id }),
                    part: part.clone(),
                    right: None,
                    reason: GapReason::Denied,
                    detail: String::new(),
                    exchange: None,
                    acceptance: None,
                })),
            ));
        }
        for (id, facts) in &self.keys {
            let object = SeenObject {
                target: TARGET.to_owned(),
                collector: COLLECTOR.to_owned(),
                population: POPULATION.to_owned(),
                kind: KIND.to_owned(),
                id: id.clone(),
                facts: raw(facts),
                inputs: Vec::new(),
                answers: None,
            };
            let seen = if self.withheld.contains(id) { Seen::Withheld } else { Seen::Object(Box::new(object)) };
            items.push((RecordType::Resource, seen));
        }
        for control in &self.controls {
            for finding in self.findings(control) {
                items.push((RecordType::Finding, Seen::Finding(Box::new(finding))));
            }
        }
        for control in &self.controls {
            let mut counts = Counts::default();
            self.findings(control).iter().for_each(|finding| counts.add(finding));
            let control = Control {
                id: (*control).to_owned(),
                title: "small".to_owned(),
                requirements: Vec::new(),
                outcome: Some(counts.outcome()),
                counts,
                observe: None,
                task: None,
            };
            items.push((RecordType::Control, Seen::Control(Box::new(control))));
        }
        let mut ordinals: BTreeMap<RecordType, u64> = BTreeMap::new();
        let numbered = items.into_iter().map(|(kind, what)| {
            let ordinal = ordinals.entry(kind).or_default();
            *ordinal += 1;
            Item { at: RecordRef::new(kind, *ordinal - 1), what }
        });
        numbered.collect()
    }

    fn findings(&self, control: &str) -> Vec<Finding> {
        (0..)
            .zip(&self.keys)
            .map(|(ordinal, (id, facts))| {
                let (outcome, n) = self.judged(facts);
                let gaps = (0..).zip(&self.gaps).filter(|(_, (of, _))| of.as_ref().is_none_or(|of| of == id));
                let mut rests_on = vec![RecordRef::new(RecordType::Assignment, 0)];
                rests_on.extend(gaps.map(|(at, _)| RecordRef::new(RecordType::Gap, at)));
                rests_on.push(RecordRef::new(RecordType::Resource, ordinal));
                let evidence = Evidence {
                    path: Some("/n".to_owned()),
                    actual: n.map(|n| raw(&n.into())),
                    expected: None,
                    because: None,
                };
                let accepted = outcome == Outcome::Deviates && self.accepted.contains(id);
                Finding {
                    control: control.to_owned(),
                    check: CHECK.to_owned(),
                    target: TARGET.to_owned(),
                    population: None,
                    subject: Some(Subject { kind: KIND.to_owned(), id: id.clone() }),
                    outcome,
                    severity: Severity::High,
                    evidence: n.map(|_| evidence).into_iter().collect(),
                    reason: n.is_none().then(|| "n was not read".to_owned()),
                    rests_on,
                    acceptance: accepted.then(|| RecordRef::new(RecordType::Acceptance, 0)),
                }
            })
            .collect()
    }
}

/// Everything that is found.
#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) basis: Vec<BasisDrift>,
    pub(super) coverage: Vec<CoverageDrift>,
    pub(super) gaps: Vec<GapDrift>,
    pub(super) objects: Vec<ObjectDrift>,
    pub(super) findings: Vec<FindingDrift>,
    pub(super) controls: Vec<ControlDrift>,
    pub(super) alike: Alike,
}

impl All {
    pub(super) fn is_empty(&self) -> bool {
        self.basis.is_empty()
            && self.coverage.is_empty()
            && self.gaps.is_empty()
            && self.objects.is_empty()
            && self.findings.is_empty()
            && self.controls.is_empty()
    }
}

impl Sink for All {
    fn basis(&mut self, found: BasisDrift) {
        self.basis.push(found);
    }
    fn coverage(&mut self, found: CoverageDrift) {
        self.coverage.push(found);
    }
    fn gap(&mut self, found: GapDrift) {
        self.gaps.push(found);
    }
    fn object(&mut self, found: ObjectDrift) {
        self.objects.push(found);
    }
    fn finding(&mut self, found: FindingDrift) {
        self.findings.push(found);
    }
    fn control(&mut self, found: ControlDrift) {
        self.controls.push(found);
    }
}

pub(super) fn drift(before: &World, after: &World) -> All {
    let mut all = All::default();
    all.alike = crate::compare(&mut before.items().into_iter(), &mut after.items().into_iter(), &mut all);
    all
}
