//! What a report says about the records.

use std::collections::BTreeMap;

use conclude::{Marks, Rehearsals};
use model::record::{Exchange, GapReason};
use model::{RecordRef, Timestamp};

/// So many findings are named in a report; the rest are counted.
pub(super) const NAMED: usize = 100;

/// How far the source's clock and the run's may be apart before it is said, in milliseconds.
const APART: u64 = 5 * 60 * 1000;

/// The sources' own dates beside the times of the exchanges, `docs/spec/bundle.md` §2.
#[derive(Debug, Default, Clone)]
pub(crate) struct Dates {
    /// Exchanges whose answer has a date that can be read.
    pub compared: u64,
    pub unreadable: u64,
    /// Answers over HTTP that have none: nothing says when the source gave them.
    pub absent: u64,
    /// How many are apart from their exchange, the first of them, and by how much the farthest is: later (positive) or earlier,
    /// in milliseconds.
    pub apart: u64,
    pub first: Option<RecordRef>,
    pub farthest: i64,
}

impl Dates {
    pub(super) fn exchange(&mut self, at: RecordRef, exchange: &Exchange) {
        let Some(date) = &exchange.date else {
            // What never had a status is no answer over HTTP: a call of a library, or an attempt that failed.
            self.absent += u64::from(exchange.status.is_some());
            return;
        };
        let Ok(date) = Timestamp::from_http_date(date) else {
            self.unreadable += 1;
            return;
        };
        self.compared += 1;
        let later = date.as_millis().saturating_sub(exchange.started.as_millis());
        if later.unsigned_abs() <= APART {
            return;
        }
        self.apart += 1;
        self.first.get_or_insert(at);
        if later.unsigned_abs() > self.farthest.unsigned_abs() {
            self.farthest = later;
        }
    }
}

/// What a report says about the records.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub gaps: BTreeMap<GapReason, u64>,
    pub accepted_gaps: u64,
    /// Findings that rest on withheld records: how many, and the first of them.
    pub resting: u64,
    pub resting_first: Vec<RecordRef>,
    /// Bodies that were never kept because they carry credentials or seem to hold a secret.
    pub bodies_not_kept: u64,
    /// Answers of which texts that seem to hold a secret are masked, and how many texts that are.
    pub bodies_masked: u64,
    pub texts_masked: u64,
    pub checks: u64,
    pub failure: Option<String>,
    pub rehearsals: Rehearsals,
    /// Where there are texts to compare with.
    pub marks: Option<Marks>,
    pub dates: Dates,
}

#[cfg(test)]
mod tests {
    use bundle::read::{Line, LineReader, Record};
    use model::RecordType;

    use super::*;

    #[test]
    fn dates_are_held_against_the_custodians_clock() {
        let mut dates = Dates::default();
        let mut said = |ordinal, date: &str| {
            let line = format!(
                r#"{{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"exchange","target":"t","collector":"c","endpoint":"https://a.example","operation":"o","page":1,"attempt":1,"started":"2026-11-21T10:06:50.500Z"{date}}}"#
            );
            let Ok(Line::Disclosed(record)) = LineReader::new().read(line.as_bytes()) else { panic!("{line}") };
            let Record::Exchange(exchange) = record.as_ref() else { panic!("{line}") };
            dates.exchange(RecordRef::new(RecordType::Exchange, ordinal), exchange);
        };
        said(0, "");
        said(1, r#","date":"Sat, 21 Nov 2026 10:06:50 GMT""#);
        said(2, r#","date":"Sat, 21 Nov 2026 10:11:50 GMT""#);
        said(3, r#","date":"Sat, 21 Nov 2026 10:11:51 GMT""#);
        said(4, r#","date":"Sat, 21 Nov 2026 08:06:50 GMT""#);
        said(5, r#","date":"yesterday""#);
        said(6, r#","status":200"#);
        assert_eq!((dates.compared, dates.unreadable, dates.absent, dates.apart), (4, 1, 1, 2));
        assert_eq!((dates.first, dates.farthest), (Some(RecordRef::new(RecordType::Exchange, 3)), -7_200_500));
    }
}
