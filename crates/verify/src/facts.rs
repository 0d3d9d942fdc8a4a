//! Whether facts are what stands at their own locators, wherever a fact and what it leads to are one JSON value
//! (`docs/spec/bundle.md` §8, what `reassess` holds).
//!
//! What a collector computes (a time from a number, one fact from several places) is counted and not compared.

use std::collections::BTreeMap;

use bundle::read::{Line, Record};
use model::record::{Locator, Resource, Syntax};
use model::{RecordRef, RecordType};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::fact_parts::{Part, PartCounts, Parts};
use crate::observer::Observer;
use crate::places::{PLACE_MAX, Places};

/// So many bytes of facts and places are held at once; more take another reading.
const HELD_MAX: usize = 64 * 1024 * 1024;
/// Answers up to this size, in bytes, are looked into.
const ANSWER_MAX: usize = 64 * 1024 * 1024;
/// Lists and objects up to this size, in bytes, are compared as values; larger ones byte by byte.
const PARSED_MAX: usize = 1024 * 1024;
/// So many facts that differ are named; the rest are counted.
const NAMED: usize = 1_000;
/// Of what a fact says, and of what stands there, so many characters are kept.
const SHOWN: usize = 1_000;
/// What a fact takes beside its texts.
const AROUND: usize = 200;

/// A fact that is not what its locator leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactDiffers {
    pub resource: RecordRef,
    pub part: String,
    /// JSON text of the fact, or its beginning.
    pub fact: String,
    /// JSON text of what stands there, or its beginning. `None`: nothing does.
    pub found: Option<String>,
}

/// How many facts of resources there are, by what the answers say of them. A fact is in one of these counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FactCounts {
    /// The very value at their place.
    pub same: u64,
    /// Another value than their place has, or their place has none.
    pub differ: u64,
    /// Made by the collector of what stands at their place, or of several places: not compared.
    pub normalised: u64,
    /// In a declared file, not in an answer.
    pub declared: u64,
    /// Their answer is withheld, missing or larger than is looked into, or their place is longer.
    pub not_shown: u64,
}

impl FactCounts {
    /// Those that were held against what stands at their place.
    #[must_use]
    pub const fn compared(self) -> u64 {
        self.same.saturating_add(self.differ)
    }
}

/// Compares facts with answers while a bundle is read.
#[derive(Debug)]
pub struct Facts {
    held_max: usize,
    answer_max: usize,
    /// Facts from here on are looked at in this reading, up to `until`.
    from: Place,
    until: Option<Place>,
    held: usize,
    claims: BTreeMap<Place, Claim>,
    /// Number of a raw file and the exchange whose body it is, ascending.
    bodies: Vec<(u32, u32)>,
    current: Option<(u64, Vec<u8>)>,
    /// Whether this is a later reading: what is not compared was counted in the first one.
    again: bool,
    counts: FactCounts,
    parts: Parts,
    differ: Vec<FactDiffers>,
}

/// Where a fact is read and where it is sealed: exchange, resource, and which part of it.
type Place = (u64, u64, usize);

#[derive(Debug)]
struct Claim {
    part: String,
    path: String,
    fact: String,
    of: Part,
}

impl Claim {
    fn size(&self) -> usize {
        AROUND.saturating_add(self.part.len()).saturating_add(self.path.len()).saturating_add(self.fact.len())
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            held_max: HELD_MAX,
            answer_max: ANSWER_MAX,
            from: (0, 0, 0),
            until: None,
            held: 0,
            claims: BTreeMap::new(),
            bodies: Vec::new(),
            current: None,
            again: false,
            counts: FactCounts::default(),
            parts: Parts::default(),
            differ: Vec::new(),
        }
    }
}

impl Facts {
    /// After a reading: whether another one is needed, for which this is to be given again.
    pub fn again(&mut self) -> bool {
        self.ends();
        // Answers that are withheld or missing.
        self.counts.not_shown += std::mem::take(&mut self.claims).len() as u64;
        self.held = 0;
        self.bodies.clear();
        self.again = true;
        match self.until.take() {
            Some(next) => {
                self.from = next;
                true
            }
            None => false,
        }
    }

    #[must_use]
    pub const fn counts(&self) -> FactCounts {
        self.counts
    }

    /// Those that differ, in the order of the answers; no more than a thousand of them.
    #[must_use]
    pub fn differ(&self) -> &[FactDiffers] {
        &self.differ
    }

    /// Parts whose texts, numbers and truth values were compared for some resources of a kind and not for others: a place that leads to
    /// what is around a value is how a false fact escapes comparison.
    pub fn both_ways(&self) -> impl Iterator<Item = &PartCounts> {
        self.parts.both_ways()
    }

    fn resource(&mut self, at: RecordRef, resource: &Resource) {
        // The parts are the members of `facts`, in no order.
        let Ok(facts) = serde_json::from_str::<BTreeMap<String, &RawValue>>(resource.facts.get()) else { return };
        for (nth, (part, locators)) in resource.parts.iter().enumerate() {
            let Some(fact) = facts.get(part) else { continue };
            let place = match locators.as_slice() {
                // One place that is named several times is one place.
                [first @ Locator::Answer(place), rest @ ..]
                    if place.syntax == Syntax::Json
                        && place.decode.is_empty()
                        && rest.iter().all(|other| other == first) =>
                {
                    place
                }
                others => {
                    if !self.again {
                        let declared = others.iter().all(|locator| matches!(locator, Locator::Declared(_)));
                        self.counts.declared += u64::from(declared);
                        self.counts.normalised += u64::from(!declared);
                        if !declared && kind(fact.get()).is_some() {
                            let part = self.parts.of(&resource.kind, part);
                            self.parts.made(part);
                        }
                    }
                    continue;
                }
            };
            if place.path.len() > PLACE_MAX {
                self.counts.not_shown += u64::from(!self.again);
                continue;
            }
            let key = (place.exchange.ordinal, at.ordinal, nth);
            if key < self.from || self.until.is_some_and(|until| key >= until) {
                continue;
            }
            let of = self.parts.of(&resource.kind, part);
            let claim = Claim { part: part.clone(), path: place.path.clone(), fact: fact.get().to_owned(), of };
            self.held = self.held.saturating_add(claim.size());
            self.claims.insert(key, claim);
            // The first one stays, however large it is.
            while self.held > self.held_max && self.claims.len() > 1 {
                let Some((last, claim)) = self.claims.pop_last() else { break };
                self.held = self.held.saturating_sub(claim.size());
                self.until = Some(last);
            }
        }
    }

    fn exchange_of(&self, raw: u64) -> Option<u64> {
        let raw = u32::try_from(raw).ok()?;
        let at = self.bodies.binary_search_by_key(&raw, |(raw, _)| *raw).ok()?;
        self.bodies.get(at).map(|(_, exchange)| u64::from(*exchange))
    }

    fn into(exchange: u64) -> std::ops::RangeInclusive<Place> {
        (exchange, 0, 0)..=(exchange, u64::MAX, usize::MAX)
    }

    /// Compares what leads into the answer that was read last.
    fn ends(&mut self) {
        let Some((raw, bytes)) = self.current.take() else { return };
        let Some(exchange) = self.exchange_of(raw) else { return };
        let keys: Vec<Place> = self.claims.range(Self::into(exchange)).map(|(key, _)| *key).collect();
        let claims: Vec<(Place, Claim)> =
            keys.into_iter().filter_map(|key| self.claims.remove(&key).map(|claim| (key, claim))).collect();
        self.held = claims.iter().fold(self.held, |held, (_, claim)| held.saturating_sub(claim.size()));
        if bytes.len() > self.answer_max {
            self.counts.not_shown += claims.len() as u64;
            return;
        }
        let places = Places::find(&bytes, claims.iter().map(|(_, claim)| claim.path.as_str()));
        for ((_, resource, _), claim) in claims {
            let found = places.at(&claim.path);
            let scalar = kind(&claim.fact).is_some();
            match compare(&claim.fact, found) {
                Compared::Same => {
                    self.counts.same += 1;
                    if scalar {
                        self.parts.compared(claim.of);
                    }
                }
                Compared::Normalised => {
                    self.counts.normalised += 1;
                    if scalar {
                        self.parts.made(claim.of);
                    }
                }
                Compared::Differs => {
                    self.counts.differ += 1;
                    if scalar {
                        self.parts.compared(claim.of);
                    }
                    if self.differ.len() < NAMED {
                        let resource = RecordRef::new(RecordType::Resource, resource);
                        let found = found.map(begin);
                        self.differ.push(FactDiffers { resource, part: claim.part, fact: begin(&claim.fact), found });
                    }
                }
            }
        }
    }
}

enum Compared {
    Same,
    Normalised,
    Differs,
}

fn compare(fact: &str, found: Option<&str>) -> Compared {
    let scalar = kind(fact);
    let Some(found) = found else {
        // Where nothing stands there is no text, number or truth value either.
        return if scalar.is_some() { Compared::Differs } else { Compared::Normalised };
    };
    let same = fact == found || {
        let small = fact.len().max(found.len()) <= PARSED_MAX;
        match (scalar.is_some() || small).then(|| (serde_json::from_str(fact), serde_json::from_str(found))) {
            Some((Ok(fact), Ok(found))) => is_same(&fact, &found),
            // Too large, or nested deeper than is read as a value.
            _ => false,
        }
    };
    match (same, scalar.is_some() && scalar == kind(found)) {
        (true, _) => Compared::Same,
        (false, true) => Compared::Differs,
        (false, false) => Compared::Normalised,
    }
}

/// The same value, however it is spelled. Numbers are compared as doubles where one of them is no whole number of 64 bits.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| is_same(a, b)))
        }
        _ => one == other,
    }
}

fn begin(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Text, number or truth value, by the first byte of JSON text; `None` for everything else.
fn kind(json: &str) -> Option<u8> {
    match json.bytes().next()? {
        b'"' => Some(b'"'),
        b'-' | b'0'..=b'9' => Some(b'0'),
        b't' | b'f' => Some(b't'),
        _ => None,
    }
}

impl Observer for Facts {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Body(body) => {
                // The format bounds both below 2^32.
                if let Some(raw) = body.raw
                    && let (Ok(raw), Ok(exchange)) = (u32::try_from(raw), u32::try_from(body.exchange.ordinal))
                {
                    self.bodies.push((raw, exchange));
                }
            }
            Record::Resource(resource) => self.resource(at, resource),
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.exchange_of(ordinal).is_some_and(|exchange| self.claims.range(Self::into(exchange)).next().is_some())
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        if self.current.as_ref().is_some_and(|(current, _)| *current != ordinal) {
            self.ends();
        }
        let (_, bytes) = self.current.get_or_insert_with(|| (ordinal, Vec::new()));
        // One byte more than is looked into says that it is too large.
        let room = (self.answer_max + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bundle::read::LineReader;

    const SALT: &str = "AAAAAAAAAAAAAAAAAAAAAA";

    fn line(text: &str) -> Line {
        LineReader::new().read(text.as_bytes()).unwrap()
    }

    fn read(facts: &mut Facts, answers: &[&str], resources: &[(u64, &str, &str)]) {
        for (n, answer) in (0..).zip(answers) {
            let sha256 = model::Digest::of(answer.as_bytes());
            let body = format!(
                r#"{{"salt":"{SALT}","t":"body","exchange":"exchange:{n}","size":{},"sha256":"{sha256}","raw":{n}}}"#,
                answer.len()
            );
            facts.record(RecordRef::new(RecordType::Body, n), &line(&body), b"");
        }
        for (n, (exchange, path, fact)) in (0..).zip(resources) {
            let resource = format!(
                r#"{{"salt":"{SALT}","t":"resource","target":"t","collector":"c","population":"c/k","kind":"c/k","id":"i","parts":{{"p":[{{"exchange":"exchange:{exchange}","syntax":"json","path":"{path}"}}]}},"facts":{{"p":{fact}}}}}"#
            );
            facts.record(RecordRef::new(RecordType::Resource, n), &line(&resource), b"");
        }
        for (n, answer) in (0..).zip(answers) {
            if facts.wants_raw(n) {
                answer.as_bytes().chunks(3).for_each(|piece| facts.raw(n, piece));
            }
        }
    }

    fn compared(answers: &[&str], resources: &[(u64, &str, &str)]) -> Facts {
        let mut facts = Facts::default();
        read(&mut facts, answers, resources);
        assert!(!facts.again());
        facts
    }

    const ANSWER: &str = r#"{"on":true,"days":365,"name":"a\u0062","when":1.5,"list":[{"id":"x"}]}"#;

    #[test]
    fn the_same_value_in_another_spelling_is_the_same() {
        let facts = compared(
            &[ANSWER],
            &[
                (0, "/on", "true"),
                (0, "/days", "365"),
                (0, "/name", r#""ab""#),
                (0, "/when", "1.50"),
                (0, "/list/0/id", r#""x""#),
            ],
        );
        assert_eq!(facts.counts(), FactCounts { same: 5, ..FactCounts::default() });
        assert_eq!(facts.differ(), &[]);
    }

    #[test]
    fn another_value_and_no_value_are_said() {
        let facts = compared(
            &[ANSWER, "no JSON"],
            &[(0, "/on", "false"), (0, "/days", "364"), (0, "/list/1/id", r#""x""#), (1, "/on", "true")],
        );
        let said: Vec<_> = facts.differ().iter().map(|d| (d.resource.ordinal, &*d.fact, d.found.as_deref())).collect();
        assert_eq!(said, [(0, "false", Some("true")), (1, "364", Some("365")), (2, r#""x""#, None), (3, "true", None)]);
        assert_eq!(facts.counts(), FactCounts { differ: 4, ..FactCounts::default() });
    }

    #[test]
    fn what_is_computed_is_counted_and_not_compared() {
        // Of another type, nothing, another list, an object.
        let facts = [("/when", r#""1.5""#), ("/list/0", r#""x""#), ("/on", "null"), ("/list", "[]"), ("/on", "{}")];
        let facts = compared(&[ANSWER], &facts.map(|(path, fact)| (0, path, fact)));
        assert_eq!(facts.counts(), FactCounts { normalised: 5, ..FactCounts::default() });
    }

    #[test]
    fn a_value_that_is_led_around_is_told_from_those_of_its_kind() {
        let facts = compared(&[ANSWER], &[(0, "/on", "true"), (0, "", "true"), (0, "/list/0", "false")]);
        let found: Vec<_> =
            facts.both_ways().map(|one| (one.kind.as_str(), one.part.as_str(), one.compared, one.made)).collect();
        assert_eq!(found, [("c/k", "p", 1, 2)]);
        // All one way, or no values of their own: nothing is said.
        for one_way in [
            [(0, "/on", "true"), (0, "/days", "365")],
            [(0, "", "true"), (0, "/list", "1")],
            [(0, "/list", "[]"), (0, "/on", "true")],
        ] {
            assert_eq!(compared(&[ANSWER], &one_way).both_ways().count(), 0);
        }
    }

    #[test]
    fn lists_objects_and_nothing_are_the_same_or_normalised() {
        let answer = r#"{"none":null,"list":[{"b":1.0,"a":"x"}],"deep":{"a":{"b":[1]}}}"#;
        let same =
            [("/none", "null"), ("/list", r#"[{"a":"x","b":1}]"#), ("/deep/a", r#"{"b":[1]}"#), ("/deep/a/b", "[1]")];
        let facts = compared(&[answer], &same.map(|(path, fact)| (0, path, fact)));
        assert_eq!(facts.counts(), FactCounts { same: 4, ..FactCounts::default() });
        let other = [("/list", r#"[{"a":"y","b":1}]"#), ("/deep/a/b", "[2]"), ("/nothing", "[]"), ("/nothing", "null")];
        let facts = compared(&[answer], &other.map(|(path, fact)| (0, path, fact)));
        assert_eq!(facts.counts(), FactCounts { normalised: 4, ..FactCounts::default() });
    }

    #[test]
    fn numbers_are_compared_by_their_value() {
        let answer = r#"[1.0,9007199254740993,1e3,0.1000000000000000055,18446744073709551616]"#;
        let same =
            [("/0", "1"), ("/1", "9007199254740993"), ("/2", "1000"), ("/3", "0.1"), ("/4", "18446744073709551616.0")];
        let facts = compared(&[answer], &same.map(|(path, fact)| (0, path, fact)));
        assert_eq!(facts.counts(), FactCounts { same: 5, ..FactCounts::default() });
        // As a double it would be the same.
        let facts = compared(&[answer], &[(0, "/1", "9007199254740992")]);
        assert_eq!(facts.counts(), FactCounts { differ: 1, ..FactCounts::default() });
    }

    #[test]
    fn other_syntaxes_several_places_and_declared_files_are_counted() {
        let of = |locators: &str| {
            let mut facts = Facts::default();
            let resource = format!(
                r#"{{"salt":"{SALT}","t":"resource","target":"t","collector":"c","population":"c/k","kind":"c/k","id":"i","parts":{{"p":[{locators}]}},"facts":{{"p":1}}}}"#
            );
            facts.record(RecordRef::new(RecordType::Resource, 0), &line(&resource), b"");
            assert!(!facts.again());
            facts.counts()
        };
        let json = r#"{"exchange":"exchange:0","syntax":"json","path":"/a"}"#;
        let (normalised, declared) = (
            FactCounts { normalised: 1, ..FactCounts::default() },
            r#"{"declaration":"declaration:0","line":1,"column":1}"#,
        );
        let elsewhere = r#"{"exchange":"exchange:0","syntax":"json","path":"/b"}"#;
        assert_eq!(of(&format!("{json},{elsewhere}")), normalised);
        assert_eq!(of(&format!("{json},{declared}")), normalised);
        assert_eq!(of(r#"{"exchange":"exchange:0","syntax":"xml","path":"/A"}"#), normalised);
        assert_eq!(of(r#"{"exchange":"exchange:0","syntax":"json","path":"/a","decode":["percent"]}"#), normalised);
        assert_eq!(of(declared), FactCounts { declared: 1, ..FactCounts::default() });
        // No answer is there.
        assert_eq!(of(json), FactCounts { not_shown: 1, ..FactCounts::default() });
    }

    /// Else a custodian would name a place twice where a fact is not what stands there.
    #[test]
    fn a_place_that_is_named_twice_is_compared() {
        let twice = r#"{"exchange":"exchange:0","syntax":"json","path":"/on"},{"exchange":"exchange:0","syntax":"json","path":"/on"}"#;
        let mut facts = Facts::default();
        let resource = |facts: &mut Facts| {
            let resource = format!(
                r#"{{"salt":"{SALT}","t":"resource","target":"t","collector":"c","population":"c/k","kind":"c/k","id":"i","parts":{{"p":[{twice}]}},"facts":{{"p":false}}}}"#
            );
            facts.record(RecordRef::new(RecordType::Resource, 0), &line(&resource), b"");
        };
        resource(&mut facts);
        read(&mut facts, &[ANSWER], &[]);
        assert!(!facts.again());
        assert_eq!(facts.counts(), FactCounts { differ: 1, ..FactCounts::default() });
    }

    #[test]
    fn what_is_not_there_or_very_large_is_counted() {
        let mut facts = Facts { answer_max: 20, ..Facts::default() };
        read(&mut facts, &[ANSWER], &[(0, "/on", "true"), (7, "/on", "true")]);
        assert!(!facts.again());
        assert_eq!(facts.counts(), FactCounts { not_shown: 2, ..FactCounts::default() });
    }

    #[test]
    fn what_is_named_is_bounded() {
        let long = format!("\"{}\"", "x".repeat(SHOWN));
        let many: Vec<_> = (0..NAMED + 7).map(|_| (0, "/name", long.as_str())).collect();
        let facts = compared(&[ANSWER], &many);
        assert_eq!(facts.counts().differ, NAMED as u64 + 7);
        assert_eq!((facts.differ().len(), facts.differ()[0].fact.chars().count()), (NAMED, SHOWN + 1));
    }

    #[test]
    fn many_facts_take_several_readings_and_come_to_the_same() {
        let answers = ["[1]", "[2]", "[3]", "[4]"];
        let resources = [(3, "/0", "4"), (1, "/0", "9"), (0, "/0", "1"), (2, "/0", "3"), (0, "/0", "8")];
        let whole = compared(&answers, &resources);
        let mut facts = Facts { held_max: 1, ..Facts::default() };
        let mut readings = 0;
        loop {
            readings += 1;
            read(&mut facts, &answers, &resources);
            if !facts.again() {
                break;
            }
        }
        // One fact in each.
        assert_eq!(readings, 5);
        assert_eq!((facts.counts(), facts.differ()), (whole.counts(), whole.differ()));
        assert_eq!(whole.counts(), FactCounts { same: 3, differ: 2, ..FactCounts::default() });
    }
}
