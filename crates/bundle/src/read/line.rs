//! One line of `records.jsonl`: a disclosed record, or the hash of one that is withheld.

use std::fmt;
use std::marker::PhantomData;

use model::{Digest, RecordType};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};

use super::form;
use super::json::{Checker, JsonError, Layout, Numbers, Rules};
use super::plain;
use super::record::Record;
use crate::limits;

/// The version of the rules of judging that this program knows.
pub const ASSESSMENT: u32 = 1;
/// Begins a withheld line.
const WITHHELD: u8 = b'~';
const SALT_START: &[u8] = b"{\"salt\":\"";
/// 16 bytes in base64url without padding.
const SALT_LENGTH: usize = 22;
const TYPE_START: &[u8] = b"\",\"t\":\"";

/// What every record line keeps; the writer holds itself to it too.
pub(crate) const RULES: Rules =
    Rules { layout: Layout::Compact, numbers: Numbers::Any, depth: limits::NESTING_MAX, members: limits::MEMBERS_MAX };

/// What a line holds.
#[derive(Clone, Debug)]
pub enum Line {
    /// The record's leaf hash; the record itself is withheld.
    Withheld(Digest),
    Disclosed(Box<Record>),
}

/// Why a line is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    #[error("a withheld line is `~` and 64 lower-case hexadecimal digits")]
    Withheld,
    #[error("a record begins with its salt (22 base64url characters) and its type")]
    Start,
    #[error("there is no record type `{name}`")]
    Type { name: String },
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("this `{kind}` record is not spelled as the format demands")]
    Spelling { kind: RecordType },
    #[error("invalid `{kind}` record: {reason}")]
    Content { kind: RecordType, reason: String },
    #[error("invalid `{kind}` record: {broken}")]
    Form { kind: RecordType, broken: &'static str },
    #[error("the line is longer than {max} bytes", max = limits::LINE_MAX)]
    TooLong,
    /// Of no other record the members are known then.
    #[error("the run was judged by version {found} of the rules; this program knows version {known}", known = ASSESSMENT)]
    Assessment { found: u64 },
}

/// A line this short cannot have as many members or elements as [`RULES`] forbid: each takes two bytes.
const SURELY_NARROW: usize = 2 * limits::MEMBERS_MAX;

/// Reads lines one after the other; its memory is reused.
#[derive(Debug, Default)]
pub struct LineReader {
    checker: Checker,
    spelling: Vec<u8>,
}

impl LineReader {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one line without its LF.
    pub fn read(&mut self, line: &[u8]) -> Result<Line, LineError> {
        if line.first() == Some(&WITHHELD) {
            return withheld(line).map(Line::Withheld);
        }
        if line.len() > limits::LINE_MAX {
            return Err(LineError::TooLong);
        }
        let kind = start(line)?;
        if kind == RecordType::Acceptance && line.len() > limits::ACCEPTANCE_LINE_MAX {
            return Err(LineError::Form { kind, broken: "its line has more than 16384 bytes" });
        }
        let text = if line.len() < SURELY_NARROW {
            std::str::from_utf8(line).map_err(|error| JsonError::NotUtf8 { at: error.valid_up_to() })?
        } else {
            self.checker.check(line, RULES)?
        };
        if kind == RecordType::Run {
            known_rules(text)?;
        }
        // What is spelled as we would spell it keeps the rules; what we pass on unread is held to them here.
        let plain = text.get(after_start(kind)..).and_then(|members| plain::record(kind, members));
        let record = match plain {
            Some(record) => record,
            None => {
                let record = parse(kind, text)?;
                self.respell(kind, &record, line)?;
                record
            }
        };
        for opaque in record.opaque() {
            let rules = Rules { depth: RULES.depth.saturating_sub(opaque.around), ..RULES };
            self.checker.check_text(opaque.value.get(), rules)?;
            // The only opaque value of a resource: its facts.
            if let Record::Resource(resource) = &record {
                let (text, parts) = (opaque.value.get(), &resource.parts);
                let same = self.checker.members(text).len() == parts.len()
                    && self
                        .checker
                        .members(text)
                        .all(|name| std::str::from_utf8(name).is_ok_and(|name| parts.contains_key(name)));
                if !same {
                    return Err(LineError::Form { kind, broken: "the members of `facts` are not those of `parts`" });
                }
            }
        }
        form::check(&record).map_err(|broken| LineError::Form { kind, broken })?;
        Ok(Line::Disclosed(Box::new(record)))
    }
}

impl LineReader {
    /// A record has one spelling: order of members, none with the value `null`, shortest escapes.
    fn respell(&mut self, kind: RecordType, record: &Record, line: &[u8]) -> Result<(), LineError> {
        self.spelling.clear();
        serde_json::to_writer(&mut self.spelling, record)
            .map_err(|error| LineError::Content { kind, reason: error.to_string() })?;
        // The members follow a comma, where there are any.
        let rest = line.get(after_start(kind)..).unwrap_or_default();
        let found = rest.strip_prefix(b",").unwrap_or(rest);
        if self.spelling.strip_prefix(b"{") == Some(found) && (rest.len() > found.len()) == (found != b"}") {
            Ok(())
        } else {
            Err(LineError::Spelling { kind })
        }
    }
}

/// Where the record's own members begin, with the comma before them.
const fn after_start(kind: RecordType) -> usize {
    SALT_START.len() + SALT_LENGTH + TYPE_START.len() + kind.as_str().len() + 1
}

/// That the rules of judging are those this program knows: with others, the record may have other members.
fn known_rules(line: &str) -> Result<(), LineError> {
    #[derive(Deserialize)]
    struct Rules {
        assessment: u64,
    }
    match serde_json::from_str::<Rules>(line) {
        Ok(Rules { assessment }) if assessment != u64::from(ASSESSMENT) => {
            Err(LineError::Assessment { found: assessment })
        }
        // What cannot be read at all is refused for that.
        _ => Ok(()),
    }
}

fn withheld(line: &[u8]) -> Result<Digest, LineError> {
    line.get(1..)
        .and_then(|hash| std::str::from_utf8(hash).ok())
        .and_then(|hash| hash.parse().ok())
        .ok_or(LineError::Withheld)
}

/// Reads salt and type, which are in every line in the same place.
fn start(line: &[u8]) -> Result<RecordType, LineError> {
    let rest = line.strip_prefix(SALT_START).ok_or(LineError::Start)?;
    let (salt, rest) = rest.split_at_checked(SALT_LENGTH).ok_or(LineError::Start)?;
    if !canonical_salt(salt) {
        return Err(LineError::Start);
    }
    let rest = rest.strip_prefix(TYPE_START).ok_or(LineError::Start)?;
    let name = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
    let name = String::from_utf8_lossy(name.get(..32).unwrap_or(name));
    name.parse().map_err(|_| LineError::Type { name: name.into_owned() })
}

/// 21 characters of any value, and a last one that carries two bits: one spelling for one salt.
fn canonical_salt(salt: &[u8]) -> bool {
    salt.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && matches!(salt.last(), Some(b'A' | b'Q' | b'g' | b'w'))
}

fn parse(kind: RecordType, line: &str) -> Result<Record, LineError> {
    match kind {
        RecordType::Run => members(kind, line).map(Record::Run),
        RecordType::Host => members(kind, line).map(Record::Host),
        RecordType::Declaration => members(kind, line).map(Record::Declaration),
        RecordType::Check => members(kind, line).map(Record::Check),
        RecordType::Acceptance => members(kind, line).map(Record::Acceptance),
        RecordType::Assignment => members(kind, line).map(Record::Assignment),
        RecordType::Route => members(kind, line).map(Record::Route),
        RecordType::Peer => members(kind, line).map(Record::Peer),
        RecordType::Exchange => members(kind, line).map(Record::Exchange),
        RecordType::Params => members(kind, line).map(Record::Params),
        RecordType::Body => members(kind, line).map(Record::Body),
        RecordType::Coverage => members(kind, line).map(Record::Coverage),
        RecordType::Gap => members(kind, line).map(Record::Gap),
        RecordType::Resource => members(kind, line).map(Record::Resource),
        RecordType::Derived => members(kind, line).map(Record::Derived),
        RecordType::Recorded => members(kind, line).map(Record::Recorded),
        RecordType::Finding => members(kind, line).map(Record::Finding),
        RecordType::Control => members(kind, line).map(Record::Control),
    }
}

fn members<T: for<'de> Deserialize<'de>>(kind: RecordType, line: &str) -> Result<T, LineError> {
    let content = |error: serde_json::Error| LineError::Content { kind, reason: error.to_string() };
    let mut json = serde_json::Deserializer::from_str(line);
    let value = serde::Deserializer::deserialize_map(&mut json, AfterStart(PhantomData)).map_err(content)?;
    json.end().map_err(content)?;
    Ok(value)
}

/// Reads a record's own members: those after `salt` and `t`, whose place and form `start` checked.
struct AfterStart<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AfterStart<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        for _ in 0..2 {
            map.next_entry::<IgnoredAny, IgnoredAny>()?.ok_or_else(|| A::Error::custom("salt or type is missing"))?;
        }
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: &str = r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"gap","target":"aws-prod","collector":"aws-kms","reason":"denied","detail":"no"}"#;

    fn read(line: &str) -> Result<Line, LineError> {
        LineReader::new().read(line.as_bytes())
    }

    #[test]
    fn reads_records_and_withheld_lines() {
        let Ok(Line::Disclosed(record)) = read(GAP) else { panic!("a gap") };
        assert_eq!(record.kind(), RecordType::Gap);
        let hash = Digest::of(b"x");
        assert!(matches!(read(&format!("~{hash}")), Ok(Line::Withheld(found)) if found == hash));
    }

    #[test]
    fn what_is_passed_on_keeps_the_rules_too() {
        let params = |value: &str| {
            let line = format!(
                r#"{{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"params","exchange":"exchange:0","parameters":{{"v":{value}}}}}"#
            );
            read(&line).map(drop)
        };
        assert!(params(r#"{"a":[1e3,{"b":null}]}"#).is_ok());
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(params(&nested(limits::NESTING_MAX - 2)).is_ok());
        for bad in [
            r#"{"a":1,"\u0061":1}"#,
            r#"{"a": 1}"#,
            r#""\ud800""#,
            "1 ",
            " 1",
            "\"\u{1}\"",
            &nested(limits::NESTING_MAX - 1),
        ] {
            assert!(params(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn refuses_other_lines() {
        for bad in [
            String::new(),
            "~".into(),
            format!("~{}", Digest::of(b"x").to_string().to_uppercase()),
            format!("~{} ", Digest::of(b"x")),
            GAP.replace("AAAA\"", "AAAB\""),
            GAP.replace("AAAA\"", "AAA\""),
            GAP.replace("AAAAAA\"", "AAAA+A\""),
            GAP.replace("\"gap\"", "\"gaps\""),
            GAP.replace("\"gap\"", "\"body\""),
            GAP.replace("\"target\"", "\"targets\""),
            GAP.replace("\"detail\":\"no\"", "\"detail\":\"no\",\"detail\":\"no\""),
            GAP.replace("\"detail\":\"no\"", "\"detail\":\"no\",\"salt\":\"a\""),
            GAP.replace("\"detail\":\"no\"", "\"detail\":\"no\",\"more\":1"),
            GAP.replace("\"detail\":\"no\"", "\"detail\":null"),
            GAP.replace(",\"detail\"", ", \"detail\""),
            GAP.replace("\"denied\"", "\"Denied\""),
            GAP.replace("\"detail\":\"no\"", "\"detail\":\"\\u006eo\""),
            GAP.replace("\"detail\":\"no\"", "\"detail\":\"no\",\"part\":null"),
            GAP.replace("\"detail\":\"no\"", "\"part\":\"a\",\"detail\":\"no\""),
            GAP.replace("\"detail\":\"no\"", "\"subject\":[\"a\",\"b\"],\"detail\":\"no\""),
            format!("{GAP} "),
            format!(" {GAP}"),
            format!("{GAP}{GAP}"),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_has_its_limit_wherever_it_stands() {
        let of = |length: usize| {
            let more = "x".repeat(length.saturating_sub(GAP.len()));
            read(&GAP.replace("\"detail\":\"no\"", &format!("\"detail\":\"no{more}\""))).map(drop)
        };
        assert_eq!(of(limits::LINE_MAX), Ok(()));
        assert_eq!(of(limits::LINE_MAX + 1), Err(LineError::TooLong));
    }

    #[test]
    fn a_later_run_is_of_a_later_version_whatever_else_it_says() {
        let line = r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"run","more":[1,2],"assessment":2}"#;
        assert_eq!(read(line).map(drop), Err(LineError::Assessment { found: 2 }));
    }
}
