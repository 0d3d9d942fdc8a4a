//! What a person's record says, taken while its bundle is verified.

use std::fmt::Write as _;

use bundle::read::{Line, Record};
use bundle::statement::Kind;
use bundle::trust::{Holder, Trust};
use declaration::Method;
use links::{Contradiction, HolderOf, PersonRecord, RecordRow, RecordTotals, Weight, about_words};
use model::record::{RecordMethod, Recorded};
use model::{Digest, RecordRef, RecordType};
use verify::{Observer, VerifiedBundle, rehearsal};

use crate::style::{self, BOLD};
use crate::terminal::clean;
use crate::wrap::wrapped;

/// Characters of what was seen that a table shows.
const MOST_TEXT: usize = 300;

/// Keeps the one record of a person's bundle.
#[derive(Debug, Default)]
pub struct RecordReader {
    recorded: Option<Recorded>,
    withheld: bool,
}

impl RecordReader {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the verified bundle says, with what the trust file says of the key that signed it.
    ///
    /// # Errors
    /// Why it counts for nothing, for a person.
    pub fn finish(self, bundle: &VerifiedBundle, trust: &Trust) -> Result<PersonRecord, String> {
        let said = &bundle.statement().predicate;
        if said.kind != Kind::Record {
            return Err(format!("it is of kind `{}`, and no person's record", said.kind.as_str()));
        }
        if !said.rehearsal.is_empty() {
            return Err(format!("it is {}", rehearsal::words(&said.rehearsal, bundle.rehearsals())));
        }
        let recorded = self.recorded.ok_or(match self.withheld {
            true => "what it says is withheld in this copy",
            false => "it says nothing",
        })?;
        let (key, index) = (bundle.signer(), said.chain.index);
        Ok(person_record(recorded, index, key, trust.holder(&key, index)))
    }
}

/// A record with the key that signed its bundle, and with what the trust file says of that key's holder.
pub fn person_record(recorded: Recorded, bundle: u64, key: Digest, holder: Option<&Holder>) -> PersonRecord {
    PersonRecord {
        bundle,
        id: recorded.id,
        method: method(recorded.method),
        about: recorded.about,
        by: recorded.by,
        role: recorded.role,
        holder: holder.map(|holder| HolderOf { name: holder.name.clone(), acts_for: holder.acts_for }),
        on: recorded.on,
        done_on: recorded.done_on,
        expires: recorded.expires,
        says: recorded.says,
        text: recorded.text,
        attachments: recorded.attachments.len(),
        key,
    }
}

impl Observer for RecordReader {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        match line {
            Line::Withheld(_) => self.withheld |= at.kind == RecordType::Recorded,
            Line::Disclosed(record) => {
                if let Record::Recorded(recorded) = record.as_ref() {
                    self.recorded = Some(recorded.clone());
                }
            }
        }
    }
}

const fn method(method: RecordMethod) -> Method {
    match method {
        RecordMethod::Review => Method::Review,
        RecordMethod::Inspect => Method::Inspect,
        RecordMethod::Observe => Method::Observe,
        RecordMethod::Interview => Method::Interview,
    }
}

/// A contradiction in one sentence.
pub fn contradiction_words(one: &Contradiction) -> String {
    let records: Vec<String> = one.records.iter().map(|(id, bundle)| format!("{id} (bundle {bundle})")).collect();
    format!("{}: {}: {}", one.about, one.text, records.join(", "))
}

/// What contradicts each other, before everything else.
pub fn contradictions(text: &mut String, all: &[Contradiction]) {
    if all.is_empty() {
        return;
    }
    let red = style::of(model::Outcome::Deviates);
    writeln!(text, "\n{BOLD}{red}Contradictions: {}{red:#}{BOLD:#}", all.len()).ok();
    for one in all {
        wrapped(text, "  ", &clean(&contradiction_words(one)));
    }
}

/// A record in one sentence.
pub fn row_words(row: &RecordRow) -> String {
    let record = &row.record;
    let seen = match record.text.char_indices().nth(MOST_TEXT) {
        Some((cut, _)) => format!("{}…", record.text.get(..cut).unwrap_or_default()),
        None => record.text.clone(),
    };
    let seen: Vec<&str> = seen.split_whitespace().collect();
    let done = record.done_on.map(|day| format!(", done on {day}")).unwrap_or_default();
    let counts = match row.counts {
        Weight::Covers => String::new(),
        Weight::Prepares => ", prepared material".to_owned(),
        Weight::Expired => ", expired: it counts for nothing".to_owned(),
    };
    let files = match record.attachments {
        0 => String::new(),
        1 => ", 1 attachment".to_owned(),
        many => format!(", {many} attachments"),
    };
    format!(
        "{} (bundle {}): {}, {} by {}, seen {}{done}, until {}{counts}{files}: {}",
        record.id,
        record.bundle,
        record.says.as_str(),
        record.method.as_str(),
        record.who(),
        record.on,
        record.expires,
        seen.join(" ")
    )
}

/// What a record is about, in words.
pub fn about(record: &PersonRecord) -> String {
    record.about.iter().map(about_words).collect::<Vec<_>>().join(", ")
}

/// How many records there are, and those that are shown nowhere.
pub fn totals_words(totals: &RecordTotals) -> Vec<String> {
    let expired = match totals.expired {
        0 => String::new(),
        some => format!(", {some} of them expired"),
    };
    let mut words = vec![format!("{} of persons, on {}{expired}", totals.count, totals.day)];
    if !totals.elsewhere.is_empty() {
        words.push(format!("about nothing that is listed here: {}", totals.elsewhere.join(", ")));
    }
    words
        .extend(totals.not_believed.iter().map(|one| format!("bundle {} counts for nothing: {}", one.bundle, one.why)));
    words
}
