//! Whether facts are what stands at their own locators, wherever a fact and what it leads to are one JSON value
//! (`docs/spec/bundle.md` §8, what `reassess` holds).
//!
//! What a collector computes (a time from a number, one fact from several places) is not compared here.

use std::collections::{BTreeMap, HashMap};

use bundle::read::{Line, Record};
use model::RecordRef;
use model::record::{Locator, Resource, Syntax};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::observer::Observer;

/// So many facts are held at once; more take another reading.
const HELD_MAX: usize = 1_000_000;
/// Answers up to this size, in bytes, are looked into: parsed, they take about ten times as much memory.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// A fact that is not what its locator leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactDiffers {
    pub resource: RecordRef,
    pub part: String,
    /// JSON text of the fact.
    pub fact: String,
    /// JSON text of what stands there. `None`: nothing does.
    pub found: Option<String>,
}

/// Compares facts with answers while a bundle is read.
#[derive(Debug)]
pub struct Facts {
    held_max: usize,
    answer_max: usize,
    /// Exchanges from here on are looked at in this reading, up to `until`.
    from: u64,
    until: Option<u64>,
    held: usize,
    /// By exchange.
    claims: BTreeMap<u64, Vec<Claim>>,
    /// The exchange whose body a raw file is.
    bodies: HashMap<u64, u64>,
    current: Option<(u64, Vec<u8>)>,
    compared: u64,
    not_compared: u64,
    differ: Vec<FactDiffers>,
}

#[derive(Debug)]
struct Claim {
    resource: RecordRef,
    part: String,
    path: String,
    fact: String,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            held_max: HELD_MAX,
            answer_max: ANSWER_MAX,
            from: 0,
            until: None,
            held: 0,
            claims: BTreeMap::new(),
            bodies: HashMap::new(),
            current: None,
            compared: 0,
            not_compared: 0,
            differ: Vec::new(),
        }
    }
}

impl Facts {
    /// After a reading: whether another one is needed, for which this is to be given again.
    pub fn again(&mut self) -> bool {
        self.ends();
        // Answers that are withheld or missing.
        self.not_compared +=
            std::mem::take(&mut self.claims).into_values().map(|claims| claims.len() as u64).sum::<u64>();
        self.held = 0;
        self.bodies.clear();
        match self.until.take() {
            Some(next) => {
                self.from = next;
                true
            }
            None => false,
        }
    }

    /// How many facts were compared.
    #[must_use]
    pub const fn compared(&self) -> u64 {
        self.compared
    }

    /// How many could not be, because their answer is withheld, missing or very large.
    #[must_use]
    pub const fn not_compared(&self) -> u64 {
        self.not_compared
    }

    /// Those that differ, in the order of the answers.
    #[must_use]
    pub fn differ(&self) -> &[FactDiffers] {
        &self.differ
    }

    fn resource(&mut self, at: RecordRef, resource: &Resource) {
        let Ok(facts) = serde_json::from_str::<BTreeMap<String, &RawValue>>(resource.facts.get()) else { return };
        for (part, locators) in &resource.parts {
            let ([Locator::Answer(place)], Some(fact)) = (locators.as_slice(), facts.get(part)) else { continue };
            let exchange = place.exchange.ordinal;
            let wanted = place.syntax == Syntax::Json
                && place.decode.is_empty()
                && kind(fact.get()).is_some()
                && exchange >= self.from
                && self.until.is_none_or(|until| exchange < until);
            if !wanted {
                continue;
            }
            let (part, path, fact) = (part.clone(), place.path.clone(), fact.get().to_owned());
            self.claims.entry(exchange).or_default().push(Claim { resource: at, part, path, fact });
            self.held += 1;
            // The first exchange stays, however many facts lead into it.
            while self.held > self.held_max && self.claims.len() > 1 {
                let Some((last, claims)) = self.claims.pop_last() else { break };
                self.held -= claims.len();
                self.until = Some(last);
            }
        }
    }

    /// Compares what leads into the answer that was read last.
    fn ends(&mut self) {
        let Some((ordinal, bytes)) = self.current.take() else { return };
        let Some(claims) = self.bodies.get(&ordinal).and_then(|exchange| self.claims.remove(exchange)) else { return };
        self.held -= claims.len();
        if bytes.len() > self.answer_max {
            self.not_compared += claims.len() as u64;
            return;
        }
        let answer: Option<Value> = serde_json::from_slice(&bytes).ok();
        for claim in claims {
            let found = answer.as_ref().and_then(|answer| answer.pointer(&claim.path));
            if found.is_some_and(|found| kind_of(found) != kind(&claim.fact)) {
                continue;
            }
            self.compared += 1;
            let same =
                found.is_some_and(|found| serde_json::from_str::<Value>(&claim.fact).is_ok_and(|fact| fact == *found));
            if !same {
                let Claim { resource, part, fact, .. } = claim;
                self.differ.push(FactDiffers { resource, part, fact, found: found.map(Value::to_string) });
            }
        }
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

fn kind_of(value: &Value) -> Option<u8> {
    match value {
        Value::String(_) => Some(b'"'),
        Value::Number(_) => Some(b'0'),
        Value::Bool(_) => Some(b't'),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Observer for Facts {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Body(body) => {
                if let Some(raw) = body.raw {
                    self.bodies.insert(raw, body.exchange.ordinal);
                }
            }
            Record::Resource(resource) => self.resource(at, resource),
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.bodies.get(&ordinal).is_some_and(|exchange| self.claims.contains_key(exchange))
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
    use bundle::read::LineReader;
    use model::RecordType;

    use super::*;

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
        assert_eq!((facts.compared(), facts.not_compared(), facts.differ()), (5, 0, &[][..]));
    }

    #[test]
    fn another_value_and_no_value_are_said() {
        let facts = compared(
            &[ANSWER, "no JSON"],
            &[(0, "/on", "false"), (0, "/days", "364"), (0, "/list/1/id", r#""x""#), (1, "/on", "true")],
        );
        let said: Vec<_> = facts.differ().iter().map(|d| (d.resource.ordinal, &*d.fact, d.found.as_deref())).collect();
        assert_eq!(said, [(0, "false", Some("true")), (1, "364", Some("365")), (2, r#""x""#, None), (3, "true", None)]);
    }

    #[test]
    fn what_is_computed_is_not_compared() {
        // Of another type, an object, nothing.
        let facts = compared(&[ANSWER], &[(0, "/when", r#""1.5""#), (0, "/list/0", r#""x""#), (0, "/on", "null")]);
        assert_eq!((facts.compared(), facts.not_compared(), facts.differ().len()), (0, 0, 0));
    }

    #[test]
    fn what_is_not_there_or_very_large_is_counted() {
        let mut facts = Facts { answer_max: 20, ..Facts::default() };
        read(&mut facts, &[ANSWER], &[(0, "/on", "true"), (7, "/on", "true")]);
        assert!(!facts.again());
        assert_eq!((facts.compared(), facts.not_compared()), (0, 2));
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
        assert_eq!(readings, 4);
        assert_eq!((facts.compared(), facts.differ()), (whole.compared(), whole.differ()));
        assert_eq!(whole.differ().len(), 2);
    }
}
