//! One finding with everything it rests on, down to the bytes the source sent.

use std::collections::{BTreeMap, BTreeSet};

use bundle::read::{Line, Record};
use links::{AliasReader, Aliases};
use model::record::{
    Assignment, Coverage, Declaration, Derived, Exchange, Gap, InDeclaration, Locator, Masked, NotKept, Params,
    Resource,
};
use model::{RecordRef, RecordType};
use schemars::JsonSchema;
use serde::Serialize;
use verify::{Observer, VerifiedBundle};

use crate::grounds::{self, AtHand, Ground, Names};
use crate::lines::Lines;
use crate::overview::{MarkedFinding, Shown};
use crate::room::Room;

/// Bytes of one answer that are kept for showing.
const MOST_BYTES: usize = 256 * 1024;
/// Answers that are kept for showing.
const MOST_ANSWERS: usize = 32;

/// Answers beside these that what the finding comes down to stands in.
const MOST_OF_GROUNDS: usize = 32;
/// Records of each type that are shown, and that a finding rests on and are followed. The rest is counted.
const MOST_RECORDS: usize = 1_000;
/// Bytes of the records of each type that are kept.
const MOST_OF_RECORDS: usize = 32 * 1024 * 1024;
/// Records that are looked for in one reading.
const MOST_WANTED: usize = 100_000;
/// Readings of the bundle. The longest way that our collectors make takes five.
const MOST_READINGS: usize = 8;

/// Records that a computed object rests on and that are followed further, beside those that its facts name at the finding's place.
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
    /// What its evidence comes down to: statements of policies, rules of roles, grants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<Ground>,
    /// How many more there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub grounds_not_shown: u64,
    pub derived: Vec<Shown<Derived>>,
    pub resources: Vec<Shown<Resource>>,
    pub coverage: Vec<Shown<Coverage>>,
    pub gaps: Vec<Shown<Gap>>,
    pub declarations: Vec<DeclarationView>,
    pub exchanges: Vec<ExchangeView>,
    /// Records among these that are withheld in this copy.
    pub withheld: Vec<String>,
    /// Further records that it rests on, by their type: they are too many, too large, or too far behind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub not_shown: BTreeMap<String, u64>,
    /// The aliases of KMS keys that are named here, by the key's id.
    #[serde(skip_serializing_if = "Aliases::is_empty")]
    pub key_aliases: Aliases,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Gathers [`Evidence`]. A finding is behind what it rests on, so each step down takes a reading: one to learn what is wanted, one to take it.
#[derive(Debug)]
pub struct EvidenceReader {
    selection: Selection,
    wanted: BTreeSet<RecordRef>,
    /// Those of them that came by.
    seen: BTreeSet<RecordRef>,
    /// What derived objects name of their inputs.
    names: Names,
    /// Exchanges that what the finding comes down to stands in.
    first: BTreeSet<u64>,
    /// How much was wanted when the last reading began.
    known: Option<(usize, usize)>,
    readings: usize,
    rooms: BTreeMap<RecordType, (usize, Room)>,
    aliases: AliasReader,
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
            seen: BTreeSet::new(),
            names: Names::default(),
            first: BTreeSet::new(),
            known: None,
            readings: 0,
            rooms: BTreeMap::new(),
            aliases: AliasReader::default(),
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

    /// Call before each reading: what was taken is taken again, with all that is wanted by now. `false`: the last one left nothing to be wanted,
    /// or there were enough of them.
    pub fn begin(&mut self) -> bool {
        self.name();
        let now = (self.wanted.len(), self.names.len());
        if self.known == Some(now) || self.readings == MOST_READINGS {
            return false;
        }
        self.known = Some(now);
        self.readings += 1;
        self.seen.clear();
        self.rooms.clear();
        self.aliases = AliasReader::default();
        self.evidence = Evidence::default();
        self.exchanges.clear();
        self.raws.clear();
        self.bytes.clear();
        self.declarations.clear();
        self.places.clear();
        self.lines.clear();
        true
    }

    /// What is to be looked for by its name, and whose answers are kept first.
    fn name(&mut self) {
        let Some(finding) = &self.evidence.finding else { return };
        let at_hand = self.evidence.at_hand();
        self.names = grounds::names(std::iter::once(&finding.value), &at_hand.derived);
        let grounds = grounds::grounds(&finding.value, &at_hand).shown;
        let records = grounds.iter().flat_map(|ground| &ground.locators).map(Locator::record);
        self.first = records.filter(|at| at.kind == RecordType::Exchange).map(|at| at.ordinal).collect();
    }

    /// What was gathered of this bundle.
    #[must_use]
    pub fn finish(mut self, bundle: &VerifiedBundle) -> Evidence {
        self.evidence.finding.iter_mut().for_each(|finding| finding.mark(bundle));
        self.gathered()
    }

    fn gathered(mut self) -> Evidence {
        for (exchange, raw) in &self.raws {
            if let (Some(view), Some(bytes)) = (self.exchanges.get_mut(exchange), self.bytes.get(raw)) {
                view.answer = String::from_utf8(bytes.clone()).ok();
            }
        }
        // They would be read next.
        for at in self.wanted.difference(&self.seen) {
            *self.evidence.not_shown.entry(at.kind.to_string()).or_default() += 1;
        }
        if let Some(finding) = &self.evidence.finding {
            let mut grounds = grounds::grounds(&finding.value, &self.evidence.at_hand());
            for ground in &mut grounds.shown {
                for (read, locator) in ground.from.iter_mut().zip(&ground.locators) {
                    read.problem = self.unreadable(locator);
                }
            }
            (self.evidence.grounds, self.evidence.grounds_not_shown) = (grounds.shown, grounds.not_shown);
        }
        let mut ids: BTreeSet<String> = BTreeSet::new();
        ids.extend(self.evidence.finding.iter().filter_map(|one| Some(one.value.subject.as_ref()?.id.clone())));
        ids.extend(self.evidence.resources.iter().map(|one| one.value.id.clone()));
        ids.extend(self.evidence.derived.iter().map(|one| one.value.id.clone()));
        ids.extend(self.evidence.grounds.iter().map(|one| one.id.clone()));
        ids.extend(self.evidence.gaps.iter().filter_map(|one| Some(one.value.subject.as_ref()?.id.clone())));
        self.evidence.key_aliases = self.aliases.finish().only(|id| ids.contains(id));
        self.evidence.exchanges = self.exchanges.into_values().collect();
        for (ordinal, declaration) in self.declarations {
            let lines = self.lines.get(&declaration.value.raw);
            let places = self.places.remove(&ordinal).unwrap_or_default().into_iter();
            let places = places.map(|(line, column)| place_text(lines, line, column)).collect();
            self.evidence.declarations.push(DeclarationView { declaration, places });
        }
        self.evidence
    }

    /// Why the bytes at a place cannot be looked at in this copy.
    fn unreadable(&self, locator: &Locator) -> Option<&'static str> {
        let at = locator.record();
        if at.kind != RecordType::Exchange {
            let there = self.declarations.get(&at.ordinal).is_some_and(|one| self.lines.contains_key(&one.value.raw));
            return (!there).then_some("the file is not in this copy, or not looked at here");
        }
        match self.exchanges.get(&at.ordinal) {
            None => Some("the exchange is not in this copy, or not looked at here"),
            Some(view) => match (view.not_kept, &view.raw) {
                (Some(NotKept::CredentialBearing), _) => Some("the answer carries credentials and was not kept"),
                (Some(NotKept::SuspectedSecret), _) => Some("the answer seemed to hold a secret and was not kept"),
                (None, None) => Some("the answer is withheld in this copy"),
                (None, Some(_)) => None,
            },
        }
    }

    fn wanted_or_named(&mut self, at: RecordRef, record: &Record, bytes: usize) {
        let mut wanted = self.wanted.contains(&at);
        if let Record::Resource(resource) = record {
            self.aliases.take(resource);
            wanted |= self.names.include(at, resource);
        }
        if wanted && self.has_room(at.kind, bytes) {
            self.take(at, record);
        }
    }

    /// Wants a record in the next reading.
    fn want(&mut self, at: RecordRef) {
        if self.wanted.len() < MOST_WANTED || self.wanted.contains(&at) {
            self.wanted.insert(at);
        } else {
            self.not_shown(at.kind, 1);
        }
    }

    fn not_shown(&mut self, kind: RecordType, count: usize) {
        if count > 0 {
            *self.evidence.not_shown.entry(kind.to_string()).or_default() += count as u64;
        }
    }

    /// Whether one more record of this type is kept.
    fn has_room(&mut self, kind: RecordType, bytes: usize) -> bool {
        let (count, room) = self.rooms.entry(kind).or_insert((0, Room::of(MOST_OF_RECORDS)));
        *count += 1;
        let fits = *count <= MOST_RECORDS && room.take(bytes);
        if !fits {
            self.not_shown(kind, 1);
        }
        fits
    }

    fn take(&mut self, at: RecordRef, record: &Record) {
        match record {
            Record::Finding(finding) => {
                finding.rests_on.iter().take(MOST_RECORDS).for_each(|at| self.want(*at));
                for at in finding.rests_on.iter().skip(MOST_RECORDS) {
                    self.not_shown(at.kind, 1);
                }
                let (record, value) = (at.to_string(), finding.clone());
                self.evidence.finding = Some(MarkedFinding { record, value, marks: Vec::new() });
            }
            Record::Assignment(assignment) => {
                self.evidence.assignment = Some(Shown { record: at.to_string(), value: assignment.clone() });
            }
            Record::Derived(derived) => {
                derived.inputs.iter().take(MOST_INPUTS).for_each(|at| self.want(*at));
                self.evidence.derived.push(Shown { record: at.to_string(), value: derived.clone() });
            }
            Record::Resource(resource) => {
                for locator in resource.parts.values().flatten() {
                    self.want(locator.record());
                    if let Locator::Declared(InDeclaration { declaration, line, column }) = locator
                        && self.places.values().map(BTreeSet::len).sum::<usize>() < MOST_PLACES
                    {
                        self.places.entry(declaration.ordinal).or_default().insert((*line, *column));
                    }
                }
                self.evidence.resources.push(Shown { record: at.to_string(), value: resource.clone() });
            }
            Record::Coverage(coverage) => {
                coverage.total.iter().for_each(|total| self.want(total.from.record()));
                self.evidence.coverage.push(Shown { record: at.to_string(), value: coverage.clone() });
            }
            Record::Gap(gap) => {
                gap.exchange.into_iter().for_each(|at| self.want(at));
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

impl Evidence {
    fn at_hand(&self) -> AtHand<'_> {
        let at = |record: &str| record.parse::<RecordRef>().ok();
        AtHand {
            resources: self.resources.iter().filter_map(|one| Some((at(&one.record)?, &one.value))).collect(),
            derived: self.derived.iter().filter_map(|one| Some((at(&one.record)?, &one.value))).collect(),
            withheld: self.withheld.iter().filter_map(|record| at(record)).collect(),
            why_not: None,
        }
    }
}

impl Observer for EvidenceReader {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        let record = match line {
            Line::Withheld(_) => {
                if self.wanted.contains(&at) {
                    self.seen.insert(at);
                    match self.evidence.withheld.len() < MOST_RECORDS {
                        true => self.evidence.withheld.push(at.to_string()),
                        false => self.not_shown(at.kind, 1),
                    }
                }
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        if self.wanted.contains(&at) {
            self.seen.insert(at);
        }
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
                        && (self.raws.len() < MOST_ANSWERS
                            || self.first.contains(&body.exchange.ordinal)
                                && self.raws.len() < MOST_ANSWERS + MOST_OF_GROUNDS)
                    {
                        self.raws.insert(body.exchange.ordinal, raw);
                    }
                }
            }
            _ => self.wanted_or_named(at, record, text.len()),
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A record as it is spelled in a line.
    type Spelled = (RecordType, String);

    fn spelled<T: serde::de::DeserializeOwned + Serialize>(kind: RecordType, body: &Value) -> Spelled {
        let record: T = serde_json::from_str(&body.to_string()).unwrap();
        (kind, serde_json::to_string(&record).unwrap())
    }

    /// The lines of a bundle, in their order.
    fn lines(records: &[Spelled]) -> Vec<(RecordRef, Line)> {
        let mut counts: BTreeMap<RecordType, u64> = BTreeMap::new();
        let line = |(kind, body): &Spelled| {
            let members = body.trim_start_matches('{');
            let text = format!(r#"{{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"{kind}",{members}"#);
            let count = counts.entry(*kind).or_default();
            *count += 1;
            (RecordRef::new(*kind, *count - 1), bundle::read::LineReader::new().read(text.as_bytes()).unwrap())
        };
        records.iter().map(line).collect()
    }

    fn read(lines: &[(RecordRef, Line)], bytes: usize) -> (Evidence, usize) {
        let mut reader = EvidenceReader::new(Selection::Finding(0));
        while reader.begin() {
            for (at, line) in lines {
                reader.record(*at, line, &vec![b' '; bytes]);
            }
        }
        let readings = reader.readings;
        (reader.gathered(), readings)
    }

    fn resource(id: &str, facts: &str) -> Spelled {
        let facts: BTreeMap<String, Value> = serde_json::from_str(facts).unwrap();
        let at = json!([{"exchange": "exchange:0", "syntax": "json", "path": "/"}]);
        let parts: BTreeMap<&str, &Value> = facts.keys().map(|part| (part.as_str(), &at)).collect();
        let body = json!({
            "target": "t", "collector": "c", "population": "aws-kms/key", "kind": "aws-kms/key", "id": id, "parts": parts, "facts": facts,
        });
        spelled::<Resource>(RecordType::Resource, &body)
    }

    #[expect(clippy::needless_pass_by_value, reason = "a value that is written where it is given")]
    fn derived(id: &str, inputs: &[String], facts: Value) -> Spelled {
        let body = json!({
            "target": "t", "collector": "c", "population": "a/d", "kind": "a/d", "id": id, "inputs": inputs, "facts": facts,
        });
        spelled::<Derived>(RecordType::Derived, &body)
    }

    fn finding(id: &str, path: &str, rests_on: &[String]) -> Spelled {
        let body = json!({
            "control": "C", "check": "a/b", "target": "t", "subject": {"kind": "a/d", "id": id}, "outcome": "conforms", "severity": "low",
            "evidence": [{"path": path}], "rests_on": rests_on,
        });
        spelled::<model::record::Finding>(RecordType::Finding, &body)
    }

    #[test]
    fn a_very_long_way_is_followed_so_far_and_the_rest_counted() {
        let mut records = vec![derived("d0", &[], json!({}))];
        records.extend((1..20).map(|n| derived(&format!("d{n}"), &[format!("derived:{}", n - 1)], json!({}))));
        records.push(finding("d19", "", &["derived:19".to_owned()]));
        let (evidence, readings) = read(&lines(&records), 1);
        assert_eq!(readings, MOST_READINGS);
        assert_eq!(evidence.derived.len(), MOST_READINGS - 1);
        assert_eq!(evidence.not_shown, BTreeMap::from([("derived".to_owned(), 1)]), "the next on the way");
    }

    #[test]
    fn very_many_and_very_large_records_are_counted() {
        let many = MOST_RECORDS + 7;
        let refs: Vec<String> = (0..many).map(|n| format!("resource:{n}")).collect();
        let mut records: Vec<_> = (0..many).map(|n| resource(&n.to_string(), "{}")).collect();
        records.push(finding("d", "", &refs));
        let (evidence, _) = read(&lines(&records), 1);
        assert_eq!(evidence.resources.len(), MOST_RECORDS);
        assert_eq!(evidence.not_shown, BTreeMap::from([("resource".to_owned(), 7)]));

        let mut records: Vec<_> = (0..3).map(|n| resource(&n.to_string(), "{}")).collect();
        records.push(finding("d", "", refs.get(..3).unwrap()));
        let (evidence, _) = read(&lines(&records), MOST_OF_RECORDS / 2);
        assert_eq!(evidence.resources.len(), 2);
        assert_eq!(evidence.not_shown, BTreeMap::from([("resource".to_owned(), 1)]));
    }

    #[test]
    fn what_a_derived_object_names_is_found_among_very_many() {
        let many = MOST_INPUTS + 50;
        let refs: Vec<String> = (0..many).map(|n| format!("resource:{n}")).collect();
        let last = many - 1;
        let mut records: Vec<_> = (0..many)
            .map(|n| resource(&format!("k-{n}"), r#"{"aliases":["alias/a"],"grants":[{"id":"g"}]}"#))
            .collect();
        let by = json!({"by": [{"kind": "aws-kms/key", "id": format!("k-{last}"), "part": "grants", "name": "g"}]});
        records.push(derived("d", &refs, json!({"entries": [by]})));
        records.push(finding("d", "/entries/0", &["derived:0".to_owned()]));
        let (evidence, _) = read(&lines(&records), 1);
        assert_eq!(evidence.resources.len(), MOST_INPUTS + 1);
        let told: Vec<_> = evidence.grounds.iter().map(|one| (one.record.as_deref(), one.path.as_str())).collect();
        let record = format!("resource:{last}");
        assert_eq!(told, [(Some(record.as_str()), "/grants/0")]);
        assert_eq!(evidence.key_aliases.named(&format!("k-{last}")), format!("alias/a (k-{last})"));
    }
}
