//! One finding with everything it rests on, down to the bytes the source sent.

use std::collections::{BTreeMap, BTreeSet};

use bundle::read::{Line, Record};
use model::record::{
    Assignment, Coverage, Declaration, Derived, Exchange, Gap, InDeclaration, Locator, Masked, NotKept, Params,
    Resource,
};
use model::{RecordRef, RecordType};
use schemars::JsonSchema;
use serde::Serialize;
use verify::{Observer, VerifiedBundle};

use crate::lines::Lines;
use crate::overview::{MarkedFinding, Shown};

/// Bytes of one answer that are kept for showing.
const MOST_BYTES: usize = 256 * 1024;
/// Answers that are kept for showing.
const MOST_ANSWERS: usize = 32;

/// Records that a computed object rests on and that are followed further. The others are named.
const MOST_INPUTS: usize = 100;
/// Places in declared files whose lines are shown.
const MOST_PLACES: usize = 1_000;
/// Characters of such a line.
const MOST_OF_LINE: usize = 160;

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// This finding and all it rests on.
    Finding(u64),
    /// This exchange.
    Exchange(u64),
}

/// One exchange with its parameters and its answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExchangeView {
    #[serde(flatten)]
    pub exchange: Shown<Exchange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Params>,
    /// The raw file with the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Why the answer is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_kept: Option<NotKept>,
    /// Texts of it that seemed to hold a secret, and are masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<Masked>,
    /// The answer, as far as it is text and not too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// One declared file, and what stands at the places in it that facts were read from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeclarationView {
    #[serde(flatten)]
    pub declaration: Shown<Declaration>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceText>,
}

/// A place in a declared file, with its line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlaceText {
    pub line: u64,
    pub column: u64,
    /// The words that stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

/// A finding and what it rests on.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Evidence {
    pub finding: Option<MarkedFinding>,
    pub assignment: Option<Shown<Assignment>>,
    pub derived: Vec<Shown<Derived>>,
    pub resources: Vec<Shown<Resource>>,
    pub coverage: Vec<Shown<Coverage>>,
    pub gaps: Vec<Shown<Gap>>,
    pub declarations: Vec<DeclarationView>,
    pub exchanges: Vec<ExchangeView>,
    /// Records among these that are withheld in this copy.
    pub withheld: Vec<String>,
}

/// Gathers [`Evidence`]. A finding is behind what it rests on, so each step down takes a reading: one to learn what is wanted, one to take it.
#[derive(Debug)]
pub struct EvidenceReader {
    selection: Selection,
    wanted: BTreeSet<RecordRef>,
    /// How many were wanted when the last reading began.
    known: Option<usize>,
    evidence: Evidence,
    exchanges: BTreeMap<u64, ExchangeView>,
    raws: BTreeMap<u64, u64>,
    bytes: BTreeMap<u64, Vec<u8>>,
    /// Declared files by their ordinal, and the places in them.
    declarations: BTreeMap<u64, Shown<Declaration>>,
    places: BTreeMap<u64, BTreeSet<(u64, u64)>>,
    /// By the number of the raw file.
    lines: BTreeMap<u64, Lines>,
}

impl EvidenceReader {
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        let wanted = match selection {
            Selection::Finding(n) => RecordRef::new(RecordType::Finding, n),
            Selection::Exchange(n) => RecordRef::new(RecordType::Exchange, n),
        };
        Self {
            selection,
            wanted: BTreeSet::from([wanted]),
            known: None,
            evidence: Evidence::default(),
            exchanges: BTreeMap::new(),
            raws: BTreeMap::new(),
            bytes: BTreeMap::new(),
            declarations: BTreeMap::new(),
            places: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }

    /// Whether one reading of the bundle is not enough: finding → what it rests on → what that was computed from → the exchanges behind that.
    #[must_use]
    pub const fn reads_again(&self) -> bool {
        matches!(self.selection, Selection::Finding(_))
    }

    /// Call before each reading: what was taken is taken again, with all that is wanted by now. `false`: the last one left nothing to be wanted.
    pub fn begin(&mut self) -> bool {
        if self.known == Some(self.wanted.len()) {
            return false;
        }
        self.known = Some(self.wanted.len());
        self.evidence = Evidence::default();
        self.exchanges.clear();
        self.raws.clear();
        self.bytes.clear();
        self.declarations.clear();
        self.places.clear();
        self.lines.clear();
        true
    }

    /// What was gathered of this bundle.
    #[must_use]
    pub fn finish(mut self, bundle: &VerifiedBundle) -> Evidence {
        self.evidence.finding.iter_mut().for_each(|finding| finding.mark(bundle));
        for (exchange, raw) in &self.raws {
            if let (Some(view), Some(bytes)) = (self.exchanges.get_mut(exchange), self.bytes.get(raw)) {
                view.answer = String::from_utf8(bytes.clone()).ok();
            }
        }
        self.evidence.exchanges = self.exchanges.into_values().collect();
        for (ordinal, declaration) in self.declarations {
            let lines = self.lines.get(&declaration.value.raw);
            let places = self.places.remove(&ordinal).unwrap_or_default().into_iter();
            let places = places.map(|(line, column)| place_text(lines, line, column)).collect();
            self.evidence.declarations.push(DeclarationView { declaration, places });
        }
        self.evidence
    }

    fn take(&mut self, at: RecordRef, record: &Record) {
        match record {
            Record::Finding(finding) => {
                self.wanted.extend(&finding.rests_on);
                let (record, value) = (at.to_string(), finding.clone());
                self.evidence.finding = Some(MarkedFinding { record, value, marks: Vec::new() });
            }
            Record::Assignment(assignment) => {
                self.evidence.assignment = Some(Shown { record: at.to_string(), value: assignment.clone() });
            }
            Record::Derived(derived) => {
                self.wanted.extend(derived.inputs.iter().take(MOST_INPUTS));
                self.evidence.derived.push(Shown { record: at.to_string(), value: derived.clone() });
            }
            Record::Resource(resource) => {
                for locator in resource.parts.values().flatten() {
                    self.wanted.insert(locator.record());
                    if let Locator::Declared(InDeclaration { declaration, line, column }) = locator
                        && self.places.values().map(BTreeSet::len).sum::<usize>() < MOST_PLACES
                    {
                        self.places.entry(declaration.ordinal).or_default().insert((*line, *column));
                    }
                }
                self.evidence.resources.push(Shown { record: at.to_string(), value: resource.clone() });
            }
            Record::Coverage(coverage) => {
                self.wanted.extend(coverage.total.iter().map(|total| total.from.record()));
                self.evidence.coverage.push(Shown { record: at.to_string(), value: coverage.clone() });
            }
            Record::Gap(gap) => {
                self.wanted.extend(gap.exchange);
                self.evidence.gaps.push(Shown { record: at.to_string(), value: gap.clone() });
            }
            Record::Declaration(declaration) => {
                self.declarations.insert(at.ordinal, Shown { record: at.to_string(), value: declaration.clone() });
            }
            Record::Exchange(exchange) => {
                let view = ExchangeView {
                    exchange: Shown { record: at.to_string(), value: exchange.clone() },
                    params: None,
                    raw: None,
                    sha256: None,
                    size: None,
                    not_kept: None,
                    masked: Vec::new(),
                    answer: None,
                };
                self.exchanges.insert(at.ordinal, view);
            }
            _ => {}
        }
    }
}

impl Observer for EvidenceReader {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let record = match line {
            Line::Withheld(_) => {
                if self.wanted.contains(&at) {
                    self.evidence.withheld.push(at.to_string());
                }
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match record {
            Record::Params(params) => {
                if let Some(view) = self.exchanges.get_mut(&params.exchange.ordinal) {
                    view.params = Some(params.clone());
                }
            }
            Record::Body(body) => {
                if let Some(view) = self.exchanges.get_mut(&body.exchange.ordinal) {
                    view.raw = body.raw.map(bundle::layout::raw);
                    view.sha256 = body.sha256.map(|digest| digest.to_string());
                    view.size = Some(body.size);
                    view.not_kept = body.withheld;
                    view.masked.clone_from(&body.masked);
                    if let Some(raw) = body.raw
                        && self.raws.len() < MOST_ANSWERS
                    {
                        self.raws.insert(body.exchange.ordinal, raw);
                    }
                }
            }
            _ if self.wanted.contains(&at) => self.take(at, record),
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        if let Some((number, _)) = self.declarations.iter().find(|(_, declaration)| declaration.value.raw == ordinal)
            && let Some(places) = self.places.get(number)
        {
            self.lines.insert(ordinal, Lines::new(places.iter().map(|(line, _)| *line)));
        }
        self.lines.contains_key(&ordinal) || self.raws.values().any(|raw| *raw == ordinal)
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        if let Some(lines) = self.lines.get_mut(&ordinal) {
            lines.take(piece);
            return;
        }
        let bytes = self.bytes.entry(ordinal).or_default();
        let room = MOST_BYTES.saturating_sub(bytes.len());
        bytes.extend(piece.iter().take(room));
    }
}

fn place_text(lines: Option<&Lines>, line: u64, column: u64) -> PlaceText {
    match lines.map(|lines| lines.at(line, column, MOST_OF_LINE)) {
        Some(Ok(text)) => PlaceText { line, column, text: Some(text), problem: None },
        Some(Err(problem)) => PlaceText { line, column, text: None, problem: Some(problem) },
        None => PlaceText { line, column, text: None, problem: Some("the file is not in this copy") },
    }
}
