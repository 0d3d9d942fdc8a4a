//! A comparison as it is shown: all of it counted, and so much of it named that no bundle makes it endless.

use std::collections::BTreeMap;

use model::ExitStatus;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cause::{Cause, Causes};
use crate::found::{
    Alike, BasisDrift, ControlDrift, CoverageDrift, FieldDrift, FindingDrift, FindingWhat, GapDrift, ObjectDrift, Sink,
    Unclear, What,
};
use crate::tree::{FieldWhat, Tree};

/// So many differences of each sort are named.
const NAMED: usize = 1000;
/// Of one object.
const FIELDS: usize = 50;
/// Longest value that is shown, in bytes.
const VALUE: usize = 1024;
/// Longest text of a basis that is shown, in bytes.
const TEXT: usize = 2048;
/// Bytes of texts and values that are kept in all.
const ROOM: usize = 24 << 20;

/// Differences of one sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Section<T> {
    pub in_all: u64,
    /// How many of them say that something cannot be compared.
    pub incomparable: u64,
    /// In the order of the bundles, at most a thousand.
    pub named: Vec<T>,
}

impl<T> Default for Section<T> {
    fn default() -> Self {
        Self { in_all: 0, incomparable: 0, named: Vec::new() }
    }
}

impl<T> Section<T> {
    /// How many of them say that something is another.
    #[must_use]
    pub const fn changed(&self) -> u64 {
        self.in_all - self.incomparable
    }
}

/// An object that differs, with values of a bounded length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectEntry {
    pub target: String,
    pub kind: String,
    pub id: String,
    /// Computed from others, not read.
    pub derived: bool,
    pub what: What,
    /// In what it differs, where both have it; at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldEntry>,
    pub fields_in_all: u64,
    pub causes: Causes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unclear: Option<Unclear>,
}

/// One place in which an object differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldEntry {
    /// RFC 6901 pointer into the facts; of an element of a list that of the list.
    pub path: String,
    pub what: FieldWhat,
    /// Absent where there is none, and where it is longer than 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Tree>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Tree>,
    /// A value was too long to be shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub too_long: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unclear: Option<Unclear>,
}

/// In what two bundles differ, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drift {
    /// With what was read and judged: program, declared files, checks, acceptances, uses of checks, ways, identities.
    pub basis: Section<BasisDrift>,
    /// Populations listed in one of them alone, or not to their end.
    pub coverage: Section<CoverageDrift>,
    /// What was not read in one of them, or for another reason.
    pub gaps: Section<GapDrift>,
    pub objects: Section<ObjectEntry>,
    pub findings: Section<FindingDrift>,
    /// Of all differences in findings those that deviate now, are not accepted, and were not so before.
    pub deviating_anew: u64,
    pub controls: Section<ControlDrift>,
    /// How many differences of objects and findings each cause can be behind.
    pub by_cause: BTreeMap<Cause, u64>,
    /// Of how many of them no cause was found.
    pub without_cause: u64,
    pub alike: Alike,
}

impl Drift {
    /// How many differences there are that can be compared.
    #[must_use]
    pub const fn changed(&self) -> u64 {
        self.basis.changed() + self.objects.changed() + self.findings.changed() + self.controls.changed()
    }

    /// How much cannot be compared: what one of them did not read, or withholds.
    #[must_use]
    pub const fn incomparable(&self) -> u64 {
        self.basis.incomparable
            + self.objects.incomparable
            + self.findings.incomparable
            + self.controls.incomparable
            + self.coverage.in_all
            + self.gaps.in_all
    }

    /// Whether there is anything that neither of them shows.
    #[must_use]
    pub const fn unseen(&self) -> bool {
        self.alike.gaps > 0 || self.alike.withheld_before > 0 || self.alike.withheld_after > 0
    }

    #[must_use]
    pub const fn exit_status(&self) -> ExitStatus {
        if self.changed() > 0 {
            ExitStatus::Changed
        } else if self.incomparable() > 0 {
            ExitStatus::Undecided
        } else if self.unseen() {
            ExitStatus::NotAllRead
        } else {
            ExitStatus::Success
        }
    }
}

/// Counts everything and keeps what is named.
#[derive(Debug, Default)]
pub struct Keeper {
    drift: Drift,
    used: usize,
}

impl Keeper {
    /// What was found, with what was the same.
    #[must_use]
    pub fn finish(self, alike: Alike) -> Drift {
        Drift { alike, ..self.drift }
    }

    /// Whether so much more is kept.
    fn fits(&mut self, bytes: usize) -> bool {
        self.used = self.used.saturating_add(bytes + 256);
        self.used <= ROOM
    }

    fn caused(&mut self, causes: Causes) {
        self.drift.without_cause += u64::from(causes.is_empty());
        for cause in causes.iter() {
            *self.drift.by_cause.entry(cause).or_default() += 1;
        }
    }
}

impl Sink for Keeper {
    fn basis(&mut self, mut found: BasisDrift) {
        for text in [&mut found.from, &mut found.to].into_iter().flatten() {
            shorten(text);
        }
        let fits = self.fits(found.name.len() + length(found.from.as_ref()) + length(found.to.as_ref()));
        let incomparable = found.what == What::Incomparable;
        take(&mut self.drift.basis, found, incomparable, fits);
    }

    fn coverage(&mut self, found: CoverageDrift) {
        let fits = self.fits(found.target.len() + found.collector.len() + found.population.len());
        take(&mut self.drift.coverage, found, true, fits);
    }

    fn gap(&mut self, found: GapDrift) {
        let texts =
            [&found.population, &found.part, &found.right].into_iter().flatten().map(String::len).sum::<usize>();
        let subject = found.subject.as_ref().map_or(0, |subject| subject.kind.len() + subject.id.len());
        let fits = self.fits(found.target.len() + found.collector.len() + texts + subject);
        take(&mut self.drift.gaps, found, true, fits);
    }

    fn object(&mut self, found: ObjectDrift) {
        self.caused(found.causes);
        let incomparable = found.what == What::Incomparable;
        let room = self.drift.objects.named.len() < NAMED;
        let fields_in_all = found.fields.len() as u64;
        let fields: Vec<FieldEntry> =
            found.fields.into_iter().take(if room { FIELDS } else { 0 }).map(FieldEntry::of).collect();
        let values: usize = fields.iter().flat_map(|field| [&field.from, &field.to]).flatten().map(Tree::length).sum();
        let paths: usize = fields.iter().map(|field| field.path.len()).sum();
        let entry = ObjectEntry {
            target: found.target,
            kind: found.kind,
            id: found.id,
            derived: found.derived,
            what: found.what,
            fields,
            fields_in_all,
            causes: found.causes,
            unclear: found.unclear,
        };
        let fits = room && self.fits(entry.target.len() + entry.kind.len() + entry.id.len() + values + paths);
        take(&mut self.drift.objects, entry, incomparable, fits);
    }

    fn finding(&mut self, mut found: FindingDrift) {
        self.caused(found.causes);
        self.drift.deviating_anew += u64::from(found.deviates_anew());
        for judgement in [&mut found.before, &mut found.after].into_iter().flatten() {
            judgement.reason.iter_mut().for_each(shorten);
        }
        let reasons = [&found.before, &found.after].into_iter().flatten();
        let reasons: usize = reasons.map(|judgement| length(judgement.reason.as_ref())).sum();
        let subject = found.subject.as_ref().map_or(0, |subject| subject.kind.len() + subject.id.len());
        let names = found.control.len() + found.check.len() + found.target.len() + length(found.population.as_ref());
        let incomparable = found.what == FindingWhat::Incomparable;
        let room = self.drift.findings.named.len() < NAMED;
        let fits = room && self.fits(names + subject + reasons);
        take(&mut self.drift.findings, found, incomparable, fits);
    }

    fn control(&mut self, found: ControlDrift) {
        let incomparable = found.what == What::Incomparable;
        let fits = self.fits(found.id.len());
        take(&mut self.drift.controls, found, incomparable, fits);
    }
}

impl FieldEntry {
    fn of(FieldDrift { field, unclear }: FieldDrift) -> Self {
        let long = |tree: &Option<Tree>| tree.as_ref().is_some_and(|tree| tree.length() > VALUE);
        let too_long = long(&field.from) || long(&field.to);
        let short = |tree: Option<Tree>| tree.filter(|tree| tree.length() <= VALUE);
        Self { path: field.path, what: field.what, from: short(field.from), to: short(field.to), too_long, unclear }
    }
}

fn take<T>(section: &mut Section<T>, found: T, incomparable: bool, fits: bool) {
    section.in_all += 1;
    section.incomparable += u64::from(incomparable);
    if fits && section.named.len() < NAMED {
        section.named.push(found);
    }
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

/// Cuts a text that is too long to be shown.
fn shorten(text: &mut String) {
    if text.len() > TEXT {
        let end = (0..=TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
}
