//! What follows from withholding: what rests on the custodian's word then, and what can be read all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use bundle::read::Record;
use bundle::statement::Records;
use model::record::{Counts, Finding, Locator};
use model::{Outcome, RecordRef, RecordType};
use schemars::JsonSchema;
use serde::Serialize;

use super::choose::Choice;
use super::names::Names;

/// So many records are named; the rest is counted.
const NAMED: usize = 5;
/// Bytes of a line before its type: random, and so no id of anything.
const SALT: usize = r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA""#.len();

/// What a redaction does to a bundle.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Effect {
    /// Of the bundle.
    pub records: u64,
    /// Of them, in the copy.
    pub withheld: u64,
    /// Of these, by an earlier redaction.
    pub withheld_before: u64,
    /// Whole answers that are withheld now, and their bytes.
    pub answers: u64,
    pub answer_bytes: u64,
    /// Declared files that are withheld now, and their bytes.
    pub files: u64,
    pub file_bytes: u64,
    pub word: Word,
    /// What can be read all the same of what is withheld now.
    pub left: Vec<Left>,
    /// Objects that are withheld, for whose ids nothing was searched, because they are too many.
    pub not_searched: u64,
}

/// What rests on the custodian's word, for whoever gets the copy.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Word {
    /// Findings of the bundle.
    pub findings: u64,
    /// Those that are withheld now, by outcome.
    pub withheld: Counts,
    /// Those that an earlier redaction withholds: what they conclude nobody can look at any more.
    pub withheld_before: u64,
    /// Shown, and rest on withheld records.
    pub on_withheld: u64,
    pub on_withheld_first: Vec<RecordRef>,
    /// Shown with their facts, and what these were read from or computed of is withheld.
    pub without_source: u64,
    pub without_source_first: Vec<RecordRef>,
    /// The controls of these four.
    pub controls: Vec<ControlEffect>,
}

/// A control some of whose findings rest on the custodian's word.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ControlEffect {
    pub id: String,
    pub outcome: Option<Outcome>,
    pub requirements: Vec<String>,
    pub findings: u64,
    pub withheld: u64,
    /// As far as the control counts more of them than were still shown.
    pub withheld_before: u64,
    pub on_withheld: u64,
    pub without_source: u64,
}

/// Records that are shown and repeat, name or hold something that is withheld.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Left {
    pub what: LeftKind,
    pub count: u64,
    pub first: Vec<RecordRef>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeftKind {
    /// Exchanges and declared files that are shown whole, and a withheld resource was read from there.
    Answers,
    /// Resources that are shown, and the answer or file that they were read from is withheld.
    Facts,
    /// Objects that are shown, and were computed of withheld ones.
    Derived,
    /// Records that have the id of a withheld object in them, as it is written.
    Named(RecordType),
    /// Answers and declared files that have.
    NamedInside,
}

/// Gathers an [`Effect`] while records are read once more, in order.
pub(super) struct Gatherer<'c> {
    choice: &'c Choice,
    /// The first line of each type.
    firsts: BTreeMap<RecordType, u64>,
    effect: Effect,
    left: BTreeMap<LeftKind, BTreeSet<RecordRef>>,
    /// Objects that are shown, and what they were read from or computed of is not.
    without_source: BTreeSet<RecordRef>,
    controls: BTreeMap<String, OfControl>,
    /// `None` where they are too many.
    names: Option<Names>,
    /// The record of each raw file that is shown.
    raw: BTreeMap<u64, RecordRef>,
}

/// Of the findings of one control that were still shown.
#[derive(Debug, Default)]
struct OfControl {
    all: u64,
    withheld: u64,
    on_withheld: u64,
    without_source: u64,
}

impl<'c> Gatherer<'c> {
    pub(super) fn new(choice: &'c Choice, records: &Records) -> Self {
        let names = Names::of(choice.ids());
        let of_findings = records.segments.iter().filter(|segment| segment.t == RecordType::Finding);
        let withheld_before = of_findings.map(|segment| choice.earlier_of(segment.first, segment.count)).sum();
        Self {
            choice,
            firsts: records.segments.iter().map(|segment| (segment.t, segment.first)).collect(),
            effect: Effect {
                records: records.count,
                withheld_before: choice.earlier(),
                not_searched: if names.is_none() { choice.ids().len() as u64 } else { 0 },
                word: Word { findings: records.count_of(RecordType::Finding), withheld_before, ..Word::default() },
                ..Effect::default()
            },
            left: BTreeMap::new(),
            without_source: BTreeSet::new(),
            controls: BTreeMap::new(),
            names,
            raw: BTreeMap::new(),
        }
    }

    /// Looks for ids of withheld objects in a raw file that is shown.
    pub(super) fn raw(&mut self, ordinal: u64, content: impl Read) -> io::Result<()> {
        let (Some(names), Some(at)) = (&self.names, self.raw.get(&ordinal).copied()) else { return Ok(()) };
        if names.are_in(content)? {
            self.leaves(LeftKind::NamedInside, at);
        }
        Ok(())
    }

    /// `withheld`: of the copy, with those of before.
    pub(super) fn finish(self, withheld: u64) -> Effect {
        let left = self.left.into_iter().map(|(what, all)| Left {
            what,
            count: all.len() as u64,
            first: all.into_iter().take(NAMED).collect(),
        });
        Effect { withheld, left: left.collect(), ..self.effect }
    }

    fn withholds(&self, at: RecordRef) -> bool {
        withholds(&self.firsts, self.choice, at)
    }

    fn leaves(&mut self, what: LeftKind, at: RecordRef) {
        self.left.entry(what).or_default().insert(at);
    }

    /// A line that was not withheld before.
    pub(super) fn record(&mut self, line: u64, kind: RecordType, text: &[u8], record: &Record) {
        let at = RecordRef::new(kind, line.saturating_sub(self.firsts.get(&kind).copied().unwrap_or_default()));
        let withheld = self.choice.is_withheld(line);
        if !withheld
            && self.names.as_ref().is_some_and(|names| names.are_written_in(text.get(SALT..).unwrap_or_default()))
        {
            self.leaves(LeftKind::Named(kind), at);
        }
        match record {
            Record::Declaration(file) if withheld => {
                self.effect.files += 1;
                self.effect.file_bytes += file.size;
            }
            Record::Body(body) if withheld => {
                // Of an answer that was not kept nothing is left out.
                self.effect.answers += u64::from(body.raw.is_some());
                self.effect.answer_bytes += if body.raw.is_some() { body.size } else { 0 };
            }
            Record::Declaration(file) => {
                self.raw.insert(file.raw, at);
            }
            Record::Body(body) => {
                self.raw.extend(body.raw.map(|raw| (raw, at)));
            }
            Record::Resource(resource) => self.resource(at, withheld, resource.parts.values().flatten()),
            Record::Derived(derived) => {
                let inputs = || derived.inputs.iter().copied();
                if !withheld && inputs().any(|to| self.withholds(to) || self.without_source.contains(&to)) {
                    self.without_source.insert(at);
                }
                let of_objects = |to: RecordRef| matches!(to.kind, RecordType::Resource | RecordType::Derived);
                if !withheld && inputs().any(|to| of_objects(to) && self.withholds(to)) {
                    self.leaves(LeftKind::Derived, at);
                }
            }
            Record::Finding(finding) => self.finding(at, withheld, finding),
            Record::Control(control) => {
                let of = self.controls.remove(&control.id).unwrap_or_default();
                let findings = control.counts.findings();
                let withheld_before = findings.saturating_sub(of.all);
                if [of.withheld, of.on_withheld, of.without_source, withheld_before] != [0; 4] {
                    self.effect.word.controls.push(ControlEffect {
                        id: control.id.clone(),
                        outcome: control.outcome,
                        requirements: control.requirements.clone(),
                        findings,
                        withheld: of.withheld,
                        withheld_before,
                        on_withheld: of.on_withheld,
                        without_source: of.without_source,
                    });
                }
            }
            _ => {}
        }
    }

    fn resource<'l>(&mut self, at: RecordRef, withheld: bool, locators: impl Iterator<Item = &'l Locator>) {
        for locator in locators {
            let shown = match locator {
                Locator::Answer(place) => self.choice.shows_answer(place.exchange),
                Locator::Declared(place) => !self.withholds(place.declaration),
            };
            match (withheld, shown) {
                (true, true) => self.leaves(LeftKind::Answers, locator.record()),
                (false, false) => {
                    self.leaves(LeftKind::Facts, at);
                    self.without_source.insert(at);
                }
                _ => {}
            }
        }
    }

    fn finding(&mut self, at: RecordRef, withheld: bool, finding: &Finding) {
        let word = &mut self.effect.word;
        let of_control = self.controls.entry(finding.control.clone()).or_default();
        of_control.all += 1;
        if withheld {
            word.withheld.add(finding);
            of_control.withheld += 1;
        } else if finding.rests_on.iter().any(|to| withholds(&self.firsts, self.choice, *to)) {
            word.on_withheld += 1;
            of_control.on_withheld += 1;
            first_of(&mut word.on_withheld_first, at);
        } else if finding.rests_on.iter().any(|to| self.without_source.contains(to)) {
            word.without_source += 1;
            of_control.without_source += 1;
            first_of(&mut word.without_source_first, at);
        }
    }
}

fn withholds(firsts: &BTreeMap<RecordType, u64>, choice: &Choice, at: RecordRef) -> bool {
    firsts.get(&at.kind).is_some_and(|first| choice.is_withheld(first + at.ordinal))
}

fn first_of(named: &mut Vec<RecordRef>, at: RecordRef) {
    if named.len() < NAMED {
        named.push(at);
    }
}
