//! Lists, with the traps of paging turned into refusals.

use std::collections::BTreeSet;

use sdk::{CoverageNote, GapNote, GapReason, Recorder, SinkError, Source, SourceTotal};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::session::{Call, Refusal, Session};
use crate::wire::{self, Next};

/// As many as GitHub gives at once.
pub const PAGE: usize = 100;
/// More pages than any list of an organisation has.
const MOST_PAGES: u64 = 10_000;

/// One entry of a list, and where it stands.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    pub value: T,
    pub source: Source,
}

/// A list as far as it could be read.
#[derive(Debug)]
pub struct Listing<T> {
    pub entries: Vec<Entry<T>>,
    pub calls: u64,
    pub pages: u64,
    /// Why it did not reach its end.
    pub stopped: Option<Refusal>,
    pub total: Option<SourceTotal>,
    /// The list on its last page.
    pub end: Option<Source>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), calls: 0, pages: 0, stopped: None, total: None, end: None }
    }
}

impl<T> Listing<T> {
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none()
    }

    /// Another list of the same population.
    pub fn absorb(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.calls = self.calls.saturating_add(other.calls);
        self.pages = self.pages.saturating_add(other.pages);
        self.stopped = self.stopped.take().or(other.stopped);
        self.end = other.end.or_else(|| self.end.take());
    }

    /// Writes the population's coverage, and the gap if the list was not read to its end or has not as many members as GitHub counts.
    /// `ids`: of each item that was recorded, as often as it is listed.
    pub fn close(&self, recorder: &Recorder, population: &str, ids: &[String]) -> Result<(), SinkError> {
        let distinct = ids.iter().collect::<BTreeSet<_>>().len() as u64;
        let mismatch = self.total.as_ref().filter(|total| self.is_complete() && total.count != distinct);
        if let Some(refusal) = &self.stopped {
            let mut gap = refusal.gap(None);
            gap.population = Some(population.to_owned());
            gap.subject = None;
            recorder.gap(gap)?;
        }
        if let Some(SourceTotal { count, from }) = mismatch {
            recorder.gap(GapNote {
                population: Some(population.to_owned()),
                subject: None,
                part: None,
                right: None,
                reason: GapReason::TotalMismatch,
                detail: format!("{distinct} listed, and GitHub itself counts {count}"),
                exchange: Some(from.exchange),
            })?;
        }
        recorder.coverage(CoverageNote {
            population: population.to_owned(),
            calls: self.calls,
            pages: self.pages,
            items: ids.len() as u64,
            complete: self.is_complete() && mismatch.is_none(),
            total: self.total.clone(),
        })
    }
}

impl Session {
    /// Reads a list to its end. `member`: where its entries are in an answer, as a pointer; empty: the answer itself.
    pub async fn list<T: DeserializeOwned>(&self, call: Call, member: &str) -> Result<Listing<T>, SinkError> {
        let call = call.with("per_page", PAGE.to_string());
        let mut listing = Listing::default();
        let mut seen = BTreeSet::new();
        let mut at = match self.uri(&call) {
            Ok(uri) => uri,
            Err(refusal) => {
                listing.stopped = Some(refusal);
                return Ok(listing);
            }
        };
        loop {
            seen.insert(at.to_string());
            let page = listing.pages.saturating_add(1);
            let answer = match self.get_page(&call, Some(at.clone()), page).await? {
                Ok(answer) => answer,
                Err(refusal) => {
                    listing.calls = listing.calls.saturating_add(u64::from(refusal.attempts));
                    listing.stopped = Some(refusal);
                    return Ok(listing);
                }
            };
            listing.calls = listing.calls.saturating_add(u64::from(answer.attempts));
            let stop = |reason, detail: String| {
                let mut refusal = call.refused(reason, detail);
                refusal.exchange = Some(answer.exchange);
                Some(refusal)
            };
            let Some(entries) = answer.value.pointer(member).and_then(Value::as_array) else {
                let what =
                    if member.is_empty() { "is not a list".to_owned() } else { format!("has no list at `{member}`") };
                listing.stopped = stop(GapReason::Malformed, format!("the answer {what}"));
                return Ok(listing);
            };
            listing.pages = page;
            listing.end = Some(answer.source(member));
            if let Some(count) = answer.value.get("total_count").and_then(Value::as_u64) {
                listing.total = Some(SourceTotal { count, from: answer.source("/total_count") });
            }
            for (index, entry) in entries.iter().enumerate() {
                let path = format!("{member}/{index}");
                match T::deserialize(entry) {
                    Ok(value) => listing.entries.push(Entry { value, source: answer.source(&path) }),
                    Err(error) => {
                        listing.stopped =
                            stop(GapReason::Malformed, format!("`{path}` does not have the documented form: {error}"));
                        return Ok(listing);
                    }
                }
            }
            at = match wire::next(&answer.headers, &at) {
                Next::End => return Ok(listing),
                Next::Broken(why) => {
                    listing.stopped = stop(GapReason::Truncated, format!("page {page}: {why}"));
                    return Ok(listing);
                }
                Next::At(next) if seen.contains(&next.to_string()) => {
                    listing.stopped =
                        stop(GapReason::Truncated, format!("page {page} leads back to a page already read"));
                    return Ok(listing);
                }
                Next::At(_) if page >= MOST_PAGES => {
                    listing.stopped =
                        stop(GapReason::Truncated, format!("the list did not end within {MOST_PAGES} pages"));
                    return Ok(listing);
                }
                Next::At(next) => next,
            };
        }
    }
}
