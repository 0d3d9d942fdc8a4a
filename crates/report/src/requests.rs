//! Every request that a run made, to be held against the source's own log.

use std::fmt::Write as _;

use bundle::read::{Line, Record};
use model::record::{Exchange, Failure};
use model::{RecordRef, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use verify::Observer;

use crate::gaps_text::Basis;
use crate::style::{BOLD, DIM, PLAIN};
use crate::terminal::clean;
use crate::words::marks_line;
use crate::wrap::told;

/// Requests that are listed. The rest is counted.
const MOST_SHOWN: usize = 100_000;

/// One attempt of one request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Request {
    pub record: RecordRef,
    /// By the custodian's clock.
    pub started: Timestamp,
    pub target: String,
    pub collector: String,
    /// Scheme, host and port of the source.
    pub endpoint: String,
    /// As the source spells it: `kms:ListKeys`.
    pub operation: String,
    /// Counted from 1; 0 where the call has no pages.
    pub page: u64,
    /// Counted from 1.
    pub attempt: u32,
    /// HTTP status, absent where no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The source's own error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What went wrong on the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The source's own id of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The answer's `Date` header as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// The requests of a run, in the order of their records.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Requests {
    /// Attempts in all, of the target that was asked for.
    pub count: u64,
    /// Those to which the source gave an id of its own.
    pub with_id: u64,
    /// At most a hundred thousand.
    pub requests: Vec<Request>,
    pub not_shown: u64,
}

/// Gathers [`Requests`] in one reading.
#[derive(Debug)]
pub struct RequestsReader<'t> {
    target: Option<&'t str>,
    found: Requests,
}

impl<'t> RequestsReader<'t> {
    /// `target`: only the requests to it.
    #[must_use]
    pub fn new(target: Option<&'t str>) -> Self {
        Self { target, found: Requests::default() }
    }

    /// What was gathered. Proven only when the bundle was accepted.
    #[must_use]
    pub fn finish(self) -> Requests {
        self.found
    }

    fn take(&mut self, record: RecordRef, exchange: &Exchange) {
        self.found.count += 1;
        self.found.with_id += u64::from(exchange.request_id.is_some());
        if self.found.requests.len() >= MOST_SHOWN {
            self.found.not_shown += 1;
            return;
        }
        let of = exchange.clone();
        self.found.requests.push(Request {
            record,
            started: of.started,
            target: of.target,
            collector: of.collector,
            endpoint: of.endpoint,
            operation: of.operation,
            page: of.page,
            attempt: of.attempt,
            status: of.status,
            error: of.error,
            failure: of.failure,
            request_id: of.request_id,
            date: of.date,
        });
    }
}

impl Observer for RequestsReader<'_> {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        // Exchanges are always disclosed: a redacted copy lists them all.
        if let Line::Disclosed(record) = line
            && let Record::Exchange(exchange) = record.as_ref()
            && self.target.is_none_or(|target| target == exchange.target)
        {
            self.take(at, exchange);
        }
    }
}

/// The requests as a table, one line each: fields are apart by two spaces or more, and `-` stands for none.
#[must_use]
pub fn render_requests(from: &Basis, found: &Requests) -> String {
    let mut text = String::new();
    writeln!(
        text,
        "{BOLD}{} requests{BOLD:#} of {}, system {}; the source gave {} of them an id",
        found.count,
        clean(&from.entity),
        clean(&from.system),
        found.with_id
    )
    .ok();
    if let Some(of) = &from.bundle {
        writeln!(
            text,
            "Run {}, {} to {}: bundle {} of ledger {}",
            clean(&of.id),
            of.started,
            of.finished,
            of.index,
            clean(&of.ledger)
        )
        .ok();
        if let Some(rehearsal) = &of.rehearsal {
            writeln!(text, "{BOLD}It is {}.{BOLD:#}", clean(rehearsal)).ok();
        }
        if let Some(marks) = &of.marks {
            told(&mut text, PLAIN, "", &clean(&marks_line(marks)));
        }
    }
    text.push('\n');
    let head = ["record", "started", "target", "endpoint", "operation", "answer", "request id"].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(found.requests.iter().map(row)).collect();
    let mut widths = [0; 7];
    for row in &rows {
        for (width, field) in widths.iter_mut().zip(row) {
            *width = field.chars().count().max(*width);
        }
    }
    for row in &rows {
        let mut line = String::new();
        for (width, field) in widths.iter().zip(row) {
            write!(line, "{field:<width$}  ").ok();
        }
        writeln!(text, "{}", line.trim_end()).ok();
    }
    if found.not_shown > 0 {
        writeln!(text, "{DIM}… and {} more; `--target` lists those of one target{DIM:#}", found.not_shown).ok();
    }
    text
}

fn row(request: &Request) -> [String; 7] {
    let answer = match (request.status, request.failure) {
        (Some(status), None) => status.to_string(),
        (Some(status), Some(failure)) => format!("{status} {}", failure.as_str()),
        (None, Some(failure)) => failure.as_str().to_owned(),
        // A source on this machine has no status.
        (None, None) => request.error.as_deref().map_or_else(|| "-".to_owned(), clean),
    };
    [
        request.record.to_string(),
        request.started.to_string(),
        clean(&request.target),
        clean(&request.endpoint),
        clean(&request.operation),
        answer,
        request.request_id.as_deref().map_or_else(|| "-".to_owned(), clean),
    ]
}
