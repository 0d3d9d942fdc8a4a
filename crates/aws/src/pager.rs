//! Paged lists, with the traps of paging turned into refusals.

use std::collections::BTreeSet;
use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use sdk::{CoverageNote, ExchangeId, GapReason, Recorder, SinkError, SourceTotal};
use transport::{Answer, Call, Refusal};

use crate::session::Session;

/// More pages than any list of an account has.
const MOST_PAGES: u64 = 10_000;

/// What a page says of its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// The source says that the list goes on.
    pub more: bool,
    /// Where it goes on.
    pub marker: Option<String>,
    /// A member that every page of this list has, and this one has not.
    pub missing: Option<&'static str>,
}

/// A paged list being read. Ends in [`Pager::close`], or where the list is not a population by a look at [`Pager::stopped`].
#[derive(Debug)]
pub struct Pager<'s> {
    session: &'s Session,
    info: Call,
    marker: Option<String>,
    seen: BTreeSet<String>,
    pages: u64,
    calls: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Open,
    Complete,
    Stopped(Box<Refusal>),
}

impl<'s> Pager<'s> {
    /// A list that `info` reads, from its first page.
    #[must_use]
    pub fn new(session: &'s Session, info: Call) -> Self {
        Self { session, info, marker: None, seen: BTreeSet::new(), pages: 0, calls: 0, state: State::Open }
    }

    /// The next page; `None` at the end, and where the list cannot be read further.
    ///
    /// `send` makes the call for the page at a marker; `turn` says what the answer says of the list.
    /// The items of a page that cannot be followed are still given out.
    ///
    /// # Errors
    /// When evidence can no longer be written.
    pub async fn next<T, E, F>(
        &mut self,
        mut send: impl FnMut(Option<String>) -> F + Send,
        turn: impl FnOnce(&Answer<T>) -> Turn + Send,
    ) -> Result<Option<Answer<T>>, SinkError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
        T: Send,
    {
        if !matches!(self.state, State::Open) {
            return Ok(None);
        }
        let info = self.info.clone().page(self.pages.saturating_add(1));
        let answer = match self.session.call(info.clone(), || send(self.marker.clone())).await? {
            Ok(answer) => answer,
            Err(refusal) => {
                self.calls = self.calls.saturating_add(u64::from(refusal.attempts));
                self.state = State::Stopped(Box::new(refusal));
                return Ok(None);
            }
        };
        self.calls = self.calls.saturating_add(u64::from(answer.attempts));
        let turn = turn(&answer);
        let stop = |reason, detail: String| {
            let mut refusal = info.refused(reason, detail);
            refusal.exchange = Some(answer.exchange);
            State::Stopped(Box::new(refusal))
        };
        if let Some(member) = turn.missing {
            self.state = stop(GapReason::Malformed, format!("the answer has no `{member}`"));
            return Ok(None);
        }
        self.pages = info.page;
        let marker = turn.marker.filter(|marker| !marker.is_empty());
        self.state = match (turn.more, marker) {
            (false, _) => State::Complete,
            (true, None) => {
                stop(GapReason::Truncated, format!("page {} says that the list continues, but not where", self.pages))
            }
            (true, Some(marker)) if !self.seen.insert(marker.clone()) => {
                stop(GapReason::Truncated, format!("page {} leads back to a page already read", self.pages))
            }
            (true, Some(_)) if self.pages >= MOST_PAGES => {
                stop(GapReason::Truncated, format!("the list did not end within {MOST_PAGES} pages"))
            }
            (true, Some(marker)) => {
                self.marker = Some(marker);
                State::Open
            }
        };
        Ok(Some(answer))
    }

    /// Whether the source said that the list had ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete)
    }

    /// Why the list could not be read to its end.
    #[must_use]
    pub fn stopped(&self) -> Option<&Refusal> {
        match &self.state {
            State::Stopped(refusal) => Some(refusal),
            State::Open | State::Complete => None,
        }
    }

    /// Pages read.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// Attempts made.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// The call that reads the list.
    #[must_use]
    pub fn info(&self) -> &Call {
        &self.info
    }

    /// Stops the list for a reason found in the items of a page.
    pub fn stop(&mut self, refusal: Refusal) {
        self.state = State::Stopped(Box::new(refusal));
    }

    /// Stops the list at an entry that does not have the documented form. `path`: where it is in the answer.
    pub fn stop_at(&mut self, exchange: ExchangeId, path: &str) {
        let mut refusal =
            self.info.refused(GapReason::Malformed, format!("`{path}` does not have the documented form"));
        refusal.exchange = Some(exchange);
        self.stop(refusal);
    }

    /// Ends a population's list: writes its coverage, and the gap if it was not read to its end.
    ///
    /// # Errors
    /// When evidence can no longer be written.
    pub fn close(
        self,
        recorder: &Recorder,
        population: &str,
        items: u64,
        total: Option<SourceTotal>,
    ) -> Result<bool, SinkError> {
        let complete = self.is_complete();
        let unread = match &self.state {
            State::Complete => None,
            State::Stopped(refusal) => Some(refusal.gap(None)),
            // No one asked for the rest.
            State::Open => {
                Some(self.info.refused(GapReason::CollectorFailed, "the rest of the list was not read").gap(None))
            }
        };
        if let Some(mut gap) = unread {
            gap.population = Some(population.to_owned());
            recorder.gap(gap)?;
        }
        recorder.coverage(CoverageNote {
            population: population.to_owned(),
            calls: self.calls,
            pages: self.pages,
            items,
            complete,
            total,
        })?;
        Ok(complete)
    }
}
