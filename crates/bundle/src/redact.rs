//! Withholding records: a line is replaced by `~` and its leaf hash, so that root, places, types
//! and counts stay proven. Who withheld what, and why, is said in a signed redaction statement.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use ledger::leaf_hash;
use model::{Digest, RecordType, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::statement::{InToto, Records, StatementError, check_name, expect_type};
use crate::{layout, limits};

/// `predicateType` of a redaction.
pub const PREDICATE_TYPE: &str = "urn:witnessmark:redaction:v1";
/// Name of the subject that is the redacted bundle's statement.
pub const STATEMENT_SUBJECT: &str = "statement";
/// First byte of a withheld line.
pub const WITHHELD: u8 = b'~';

/// The line that stands for a withheld record: `~` and 64 lower-case hexadecimal digits.
#[must_use]
pub fn withheld_line(leaf: &Digest) -> String {
    format!("~{leaf}")
}

/// What a redaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// SHA-256 of the redacted `records.jsonl`.
    pub records_sha256: Digest,
    /// Of each type what is withheld, in the order of types.
    pub withheld: Vec<Withheld>,
    /// Ordinals of raw files that belong to withheld lines and must not be handed out, ascending.
    pub raw: Vec<u64>,
}

/// What is withheld of one type. `first` and `last` are lines counted from 0; between them `count`
/// lines are withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    pub t: RecordType,
    pub first: u64,
    pub last: u64,
    pub count: u64,
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    #[error("the records cannot be read")]
    Read(#[source] io::Error),
    #[error("the redacted records cannot be written")]
    Write(#[source] io::Error),
    #[error("line {line} of the records is longer than {max} bytes or has no end", max = limits::LINE_MAX)]
    Line { line: u64 },
    #[error("the records have {found} lines, the statement says {expected}")]
    Count { expected: u64, found: u64 },
    #[error("line {line} is a record of type `{kind}`, which is always disclosed")]
    AlwaysDisclosed { line: u64, kind: RecordType },
    #[error("line {line} is not a record")]
    NotARecord { line: u64 },
}

/// Copies `records.jsonl`, withholding the lines for which `withhold(line, type, text)` gives a
/// reason. Lines already withheld stay so and are not shown to it; `earlier(line, type)` gives the reason for them.
///
/// The records are expected to be verified: nothing is checked here but what is needed to cut.
pub fn redact(
    records: &Records,
    mut input: impl BufRead,
    mut output: impl Write,
    mut earlier: impl FnMut(u64, RecordType) -> String,
    mut withhold: impl FnMut(u64, RecordType, &[u8]) -> Option<String>,
) -> Result<Redacted, RedactError> {
    let mut hash = Sha256::new();
    let mut withheld: BTreeMap<(RecordType, String), Withheld> = BTreeMap::new();
    let mut raw = Vec::new();
    let mut line = Vec::new();
    let kinds = records.segments.iter().flat_map(|segment| (0..segment.count).map(|_| segment.t));
    let mut number = 0_u64;
    for kind in kinds {
        if !read_line(&mut input, &mut line, number)? {
            break;
        }
        let reason =
            if line.first() == Some(&WITHHELD) { Some(earlier(number, kind)) } else { withhold(number, kind, &line) };
        if let Some(reason) = reason {
            if kind.always_disclosed() {
                return Err(RedactError::AlwaysDisclosed { line: number, kind });
            }
            if line.first() != Some(&WITHHELD) {
                raw.extend(raw_of(kind, &line, number)?);
                line = withheld_line(&leaf_hash(&line)).into_bytes();
            }
            withheld
                .entry((kind, reason.clone()))
                .and_modify(|known| {
                    known.last = number;
                    known.count += 1;
                })
                .or_insert(Withheld { t: kind, first: number, last: number, count: 1, reason });
        }
        line.push(b'\n');
        hash.update(&line);
        output.write_all(&line).map_err(RedactError::Write)?;
        number += 1;
    }
    if number != records.count || read_line(&mut input, &mut line, number)? {
        return Err(RedactError::Count { expected: records.count, found: number });
    }
    output.flush().map_err(RedactError::Write)?;
    Ok(Redacted {
        records_sha256: Digest::from_bytes(hash.finalize().into()),
        withheld: withheld.into_values().collect(),
        raw,
    })
}

/// Reads one line without its LF; `false` at the end of the file.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>, number: u64) -> Result<bool, RedactError> {
    line.clear();
    let mut limited = io::Read::take(input, limits::LINE_MAX as u64 + 1);
    let read = limited.read_until(b'\n', line).map_err(RedactError::Read)?;
    if read == 0 {
        return Ok(false);
    }
    if line.pop() == Some(b'\n') { Ok(true) } else { Err(RedactError::Line { line: number }) }
}

/// The raw file that a line names, which goes with it.
fn raw_of(kind: RecordType, line: &[u8], number: u64) -> Result<Option<u64>, RedactError> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        raw: Option<u64>,
    }
    if !matches!(kind, RecordType::Body | RecordType::Declaration) {
        return Ok(None);
    }
    serde_json::from_slice::<Named>(line).map(|named| named.raw).map_err(|_| RedactError::NotARecord { line: number })
}

/// What a redactor signs: which bundle, which copy of its records, what is withheld and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// SHA-256 of the bundle's statement.
    pub statement_sha256: Digest,
    /// SHA-256 of the redacted `records.jsonl`.
    pub records_sha256: Digest,
    /// Who redacted.
    pub by: String,
    pub made: Timestamp,
    pub withheld: Vec<Withheld>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedactionPredicate {
    by: String,
    made: Timestamp,
    withheld: Vec<Withheld>,
}

impl Redaction {
    /// The statement's bytes, spelled as the format demands.
    pub fn render(&self) -> Result<Vec<u8>, StatementError> {
        check_name("by", &self.by)?;
        for withheld in &self.withheld {
            check_name("withheld.reason", &withheld.reason)?;
            let lines = withheld.last.checked_sub(withheld.first);
            if withheld.t.always_disclosed() {
                return Err(field("withheld.t", "is a type that is always disclosed"));
            }
            // No larger one is a number of the format, and the first line is not behind the last.
            if withheld.last.max(withheld.count) > limits::INTEGER_MAX {
                return Err(field("withheld.last", "is larger than 2^53-1, or `count` is"));
            }
            if withheld.count == 0 || lines.is_none_or(|lines| lines < withheld.count - 1) {
                return Err(field("withheld.count", "does not fit between first and last"));
            }
        }
        let ordered = self.withheld.is_sorted_by(|a, b| (a.t, &a.reason) < (b.t, &b.reason));
        if self.withheld.is_empty() || !ordered {
            return Err(field("withheld", "is empty or not ascending by type and reason"));
        }
        InToto::new(
            PREDICATE_TYPE,
            [(STATEMENT_SUBJECT, self.statement_sha256), (layout::RECORDS, self.records_sha256)],
            RedactionPredicate { by: self.by.clone(), made: self.made, withheld: self.withheld.clone() },
        )
        .render()
    }

    /// Reads a redaction's statement.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        expect_type(bytes, PREDICATE_TYPE)?;
        if bytes.len() >= limits::PAE_MAX {
            return Err(StatementError::TooLong { length: bytes.len() });
        }
        let parsed: InToto<RedactionPredicate> =
            serde_json::from_slice(bytes).map_err(|error| StatementError::Json(error.to_string()))?;
        let [statement, records] = parsed.subject.as_slice() else {
            return Err(StatementError::Subjects);
        };
        if statement.name != STATEMENT_SUBJECT || records.name != layout::RECORDS {
            return Err(StatementError::Subjects);
        }
        let redaction = Self {
            statement_sha256: statement.digest.sha256,
            records_sha256: records.digest.sha256,
            by: parsed.predicate.by,
            made: parsed.predicate.made,
            withheld: parsed.predicate.withheld,
        };
        if redaction.render()? == bytes { Ok(redaction) } else { Err(StatementError::Spelling) }
    }
}

impl Redaction {
    /// Why a line was withheld, as far as its type and place say so: of several reasons in one place all of them.
    #[must_use]
    pub fn reason_of(&self, line: u64, kind: RecordType) -> String {
        let about = |one: &&Withheld| one.t == kind && (one.first..=one.last).contains(&line);
        let reasons: Vec<&str> = self.withheld.iter().filter(about).map(|one| one.reason.as_str()).collect();
        let all = reasons.join("; ");
        if model::is_statement_text(&all) { all } else { "withheld before, for one of several reasons".to_owned() }
    }
}

fn field(field: &'static str, problem: &'static str) -> StatementError {
    StatementError::Field { field, problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{RECORDS_HASH, Segment};

    const TEXT: &str = concat!(
        r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"run"}"#,
        "\n",
        r#"{"salt":"AQEBAQEBAQEBAQEBAQEBAQ","t":"body","exchange":"exchange:0","size":1,"raw":0}"#,
        "\n",
        r#"{"salt":"AgICAgICAgICAgICAgICAg","t":"body","exchange":"exchange:1","size":1,"raw":1}"#,
        "\n"
    );

    fn records() -> Records {
        let segment = |t, first, count| Segment { t, first, count };
        Records {
            hash: RECORDS_HASH.to_owned(),
            count: 3,
            root: Digest::of(b""),
            segments: vec![segment(RecordType::Run, 0, 1), segment(RecordType::Body, 1, 2)],
        }
    }

    fn earlier(_: u64, _: RecordType) -> String {
        "earlier".to_owned()
    }

    #[test]
    fn a_withheld_line_keeps_its_leaf() {
        let mut out = Vec::new();
        let redacted = redact(&records(), TEXT.as_bytes(), &mut out, earlier, |line, _, _| {
            (line == 2).then(|| "customer data".to_owned())
        })
        .unwrap();
        let lines: Vec<&str> = TEXT.lines().collect();
        let leaf = leaf_hash(lines[2].as_bytes());
        let expected = format!("{}\n{}\n~{leaf}\n", lines[0], lines[1]);
        assert_eq!(String::from_utf8(out.clone()).unwrap(), expected);
        assert_eq!(redacted.raw, [1]);
        assert_eq!(redacted.records_sha256, Digest::of(&out));

        // Redacting again only adds.
        let mut more = Vec::new();
        let again = redact(&records(), out.as_slice(), &mut more, earlier, |line, _, _| {
            (line == 1).then(|| "earlier".to_owned())
        })
        .unwrap();
        assert_eq!(again.raw, [0]);
        assert_eq!(
            again.withheld,
            [Withheld { t: RecordType::Body, first: 1, last: 2, count: 2, reason: "earlier".into() }]
        );
    }

    #[test]
    fn what_must_be_shown_cannot_be_withheld() {
        let result =
            redact(&records(), TEXT.as_bytes(), Vec::new(), earlier, |line, _, _| (line == 0).then(|| "x".to_owned()));
        assert!(matches!(result, Err(RedactError::AlwaysDisclosed { line: 0, kind: RecordType::Run })));
        let keep = |_, _, _: &[u8]| None;
        let short = &TEXT[..TEXT.rfind("{").unwrap()];
        assert!(matches!(
            redact(&records(), short.as_bytes(), Vec::new(), earlier, keep),
            Err(RedactError::Count { found: 2, .. })
        ));
        let long = format!("{TEXT}{{}}\n");
        assert!(matches!(
            redact(&records(), long.as_bytes(), Vec::new(), earlier, keep),
            Err(RedactError::Count { .. })
        ));
        assert!(matches!(
            redact(&records(), TEXT.trim_end().as_bytes(), Vec::new(), earlier, keep),
            Err(RedactError::Line { line: 2 })
        ));
    }

    #[test]
    fn the_redaction_has_one_spelling() {
        let redaction = Redaction {
            statement_sha256: Digest::of(b"statement"),
            records_sha256: Digest::of(b"records"),
            by: "Northbank Custody Ltd".into(),
            made: "2026-11-21T10:06:50.120Z".parse().unwrap(),
            withheld: vec![Withheld {
                t: RecordType::Body,
                first: 4,
                last: 9,
                count: 3,
                reason: "customer data".into(),
            }],
        };
        let mut bytes = redaction.render().unwrap();
        assert_eq!(Redaction::parse(&bytes), Ok(redaction.clone()));
        assert_eq!(redaction.reason_of(5, RecordType::Body), "customer data");
        assert!(redaction.reason_of(10, RecordType::Body).starts_with("withheld before"));
        bytes.push(b' ');
        assert_eq!(Redaction::parse(&bytes), Err(StatementError::Spelling));
        for (last, renders) in [(limits::INTEGER_MAX, true), (limits::INTEGER_MAX + 1, false)] {
            let mut beyond = redaction.clone();
            beyond.withheld.iter_mut().for_each(|one| one.last = last);
            assert_eq!(beyond.render().is_ok(), renders, "{last}");
        }
        let none = Redaction { withheld: vec![], ..redaction };
        assert!(none.render().is_err());
    }
}
