//! One way to ask a source: what a call is for, how often it is tried within the run's deadline, and what came of it.
//!
//! A collector says what it asks ([`Call`]) and how one attempt is made. [`Asker`] counts attempts, waits between them as its
//! [`Patience`] says, keeps to a limit the source named, and gives an [`Answer`] with its exchange, or a [`Refusal`] that
//! becomes a gap.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use sdk::{
    Clock, CollectError, Environment, ExchangeId, GapNote, GapReason, Patience, SinkError, Stop, Subject, Timestamp,
};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::record::Recording;
use crate::scope::{Scope, Seen};

/// Attempts beyond the first that failures may cost before a source counts as down: each answer gives one back. A source that is
/// down is asked each thing once, instead of waiting in vain for each.
const SPARE: u32 = 100;

/// In place of a time that no clock reaches.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What a call is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// As it stands in requests: `kms:ListKeys`.
    pub operation: String,
    /// The right it needs; the operation's name unless said otherwise.
    pub right: String,
    pub population: Option<String>,
    pub subject: Option<Subject>,
    /// Counted from 1; 0 where the call has no pages.
    pub page: u64,
}

impl Call {
    /// A call of `operation`, for nothing in particular.
    #[must_use]
    pub fn new(operation: &str) -> Self {
        Self { operation: operation.to_owned(), right: operation.to_owned(), population: None, subject: None, page: 0 }
    }

    /// What is being listed.
    #[must_use]
    pub fn population(mut self, population: &str) -> Self {
        self.population = Some(population.to_owned());
        self
    }

    /// What it asks about.
    #[must_use]
    pub fn subject(mut self, kind: &str, id: &str) -> Self {
        self.subject = Some(Subject { kind: kind.to_owned(), id: id.to_owned() });
        self
    }

    /// The right it needs, where that is not named as the operation.
    #[must_use]
    pub fn right(mut self, right: &str) -> Self {
        self.right = right.to_owned();
        self
    }

    /// The page it asks for.
    #[must_use]
    pub fn page(mut self, page: u64) -> Self {
        self.page = page;
        self
    }

    /// The call was not made, or led to nothing.
    #[must_use]
    pub fn refused(&self, reason: GapReason, detail: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            detail: detail.into(),
            exchange: None,
            code: None,
            status: None,
            body: Bytes::new(),
            attempts: 0,
            call: self.clone(),
        }
    }

    fn scope(&self) -> Scope {
        Scope::new(self.operation.clone(), self.population.clone(), self.subject.clone(), self.page)
    }
}

/// An answer, as whoever asked reads it and as it came.
#[derive(Clone, Debug)]
pub struct Answer<T = ()> {
    pub value: T,
    /// The exchange it came in.
    pub exchange: ExchangeId,
    /// Exactly what came.
    pub body: Bytes,
    /// How many attempts it took.
    pub attempts: u32,
}

/// A call that brought nothing that can be used.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub reason: GapReason,
    /// What the source said, for a person.
    pub detail: String,
    /// The last attempt.
    pub exchange: Option<ExchangeId>,
    /// The source's own error code.
    pub code: Option<String>,
    pub status: Option<u16>,
    /// Exactly what came: a code is found in an answer that stops half-way too.
    pub body: Bytes,
    pub attempts: u32,
    /// The call it is about.
    pub call: Call,
}

impl Refusal {
    /// What is missing for it: `part` of the call's subject, or of every member of its population;
    /// without `part` the subject itself, or the list.
    #[must_use]
    pub fn gap(&self, part: Option<&str>) -> GapNote {
        GapNote {
            population: self.call.population.clone(),
            subject: self.call.subject.clone(),
            part: part.map(str::to_owned),
            right: Some(self.call.right.clone()),
            reason: self.reason,
            detail: self.detail.clone(),
            exchange: self.exchange,
        }
    }

    /// The same for another population than the call's, as a whole.
    #[must_use]
    pub fn gap_of(&self, population: &str, part: Option<&str>) -> GapNote {
        GapNote { population: Some(population.to_owned()), subject: None, ..self.gap(part) }
    }

    /// As the reason why nothing at all can be read.
    #[must_use]
    pub fn fatal(self) -> CollectError {
        CollectError::Refused {
            reason: self.reason,
            right: Some(self.call.right),
            detail: self.detail,
            exchange: self.exchange,
        }
    }

    /// Whether the source answered with this code.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.call.operation, self.detail)
    }
}

/// Why one attempt brought nothing, and whether another may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub reason: GapReason,
    /// What the source said, for a person.
    pub detail: String,
    /// The source's own error code.
    pub code: Option<String>,
    pub again: Again,
}

/// Whether what failed is tried once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It would fail again.
    Never,
    /// After a pause.
    Later,
    /// After a pause of at least this length: the source says so.
    After(Duration),
    /// The source's limit on requests is reached, and ends after this long: until then nobody asks it anything.
    Limit(Duration),
}

impl Trouble {
    /// One that another attempt would not get over.
    #[must_use]
    pub fn lasting(reason: GapReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), code: None, again: Again::Never }
    }

    /// One that may have passed by the next attempt.
    #[must_use]
    pub fn passing(reason: GapReason, detail: impl Into<String>) -> Self {
        Self { again: Again::Later, ..Self::lasting(reason, detail) }
    }

    /// What happened on the way, where no answer was handed on; `words`: the error, for a person. `None`: there was an answer, whose
    /// sense is for the source's own protocol to say.
    #[must_use]
    pub fn on_the_way(seen: &Seen, words: &str) -> Option<Self> {
        if seen.withheld {
            return Some(Self::lasting(GapReason::WithheldSecret, crate::Failure::Withheld.to_string()));
        }
        Some(match seen.failure? {
            "timeout" => Self::passing(GapReason::TimedOut, words),
            "too-large" => Self::lasting(GapReason::Malformed, words),
            // Who answers is not who was asked for: that does not pass.
            "tls" => Self::lasting(GapReason::Unreachable, words),
            _ => Self::passing(GapReason::Unreachable, words),
        })
    }

    /// What an HTTP status alone says (RFC 9110, section 15), where the source's own words say nothing.
    #[must_use]
    pub fn by_status(status: u16, detail: impl Into<String>) -> Self {
        let (reason, again) = match status {
            401 | 407 => (GapReason::Unauthenticated, Again::Never),
            403 => (GapReason::Denied, Again::Never),
            404 | 405 | 501 => (GapReason::Unsupported, Again::Never),
            408 => (GapReason::TimedOut, Again::Later),
            429 => (GapReason::Throttled, Again::Later),
            500..=599 => (GapReason::SourceError, Again::Later),
            _ => (GapReason::Malformed, Again::Never),
        };
        Self { again, ..Self::lasting(reason, detail) }
    }
}

/// Asks one source. Clones ask together: they share its permits, its limits and its patience.
#[derive(Clone, Debug)]
pub struct Asker(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    recording: Recording,
    clock: Clock,
    deadline: Timestamp,
    patience: Patience,
    stop: Stop,
    /// One for each request under way: however a collector spreads its work, the source sees no more.
    permits: Arc<Semaphore>,
    /// A limit was reached: nobody asks before this.
    hold: Mutex<Option<Instant>>,
    spare: Mutex<u32>,
}

impl Asker {
    /// `permits`: requests under way at once, shared with whoever asks the same source.
    #[must_use]
    pub fn new(recording: Recording, environment: &Environment, permits: Arc<Semaphore>) -> Self {
        Self(Arc::new(Inner {
            recording,
            clock: environment.clock.clone(),
            deadline: environment.deadline,
            patience: environment.patience,
            stop: environment.stop.clone(),
            permits,
            hold: Mutex::default(),
            spare: Mutex::new(SPARE),
        }))
    }

    /// The moment now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// What is left until the run's deadline; `None` once it has passed, or the run was told to stop.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        if self.0.stop.told().is_some() {
            return None;
        }
        let left = self.0.deadline.as_millis() - self.now().as_millis();
        u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis)
    }

    /// What every attempt is sent and recorded by.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.0.recording
    }

    /// Whether both wait for the same permits.
    #[must_use]
    pub fn shares_permits_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.permits, &other.0.permits)
    }

    /// Asks, again where that may help, until there is an answer, the trouble is lasting, or patience or the run's time ends.
    ///
    /// `attempt` makes one, given the time left; `read` says what it brought, with what was seen of it on the wire (`None`: nothing was
    /// sent).
    ///
    /// # Errors
    /// Outer: evidence can no longer be written. Inner: the call brought nothing, and why.
    pub async fn ask<T, O, F>(
        &self,
        call: &Call,
        attempt: impl FnMut(Duration) -> F + Send,
        read: impl FnMut(O, Option<&Seen>) -> Result<T, Trouble> + Send,
    ) -> Result<Result<Answer<T>, Refusal>, SinkError>
    where
        F: Future<Output = O> + Send,
    {
        let _permit = self.permit().await;
        self.ask_within(call, attempt, read).await
    }

    /// The same for what an attempt of another call cannot do without, such as a token: within that call's permit, since one that waited
    /// for a permit of its own could wait for ever.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    pub async fn ask_within<T, O, F>(
        &self,
        call: &Call,
        mut attempt: impl FnMut(Duration) -> F + Send,
        mut read: impl FnMut(O, Option<&Seen>) -> Result<T, Trouble> + Send,
    ) -> Result<Result<Answer<T>, Refusal>, SinkError>
    where
        F: Future<Output = O> + Send,
    {
        let scope = call.scope();
        let mut failing: Option<Instant> = None;
        let mut tries: u32 = 0;
        loop {
            tries = tries.saturating_add(1);
            if let Some(refusal) = self.wait_for_limit(call, &scope).await {
                return Ok(Err(refusal));
            }
            let Some(left) = self.time_left() else {
                return Ok(Err(self.too_late(call, &scope)));
            };
            let brought = self.attempt(&scope, left, Box::pin(attempt(left))).await?;
            let (refusal, again) = match self.conclude(call, &scope, brought, &mut read) {
                Ok(answer) => return Ok(Ok(answer)),
                Err(refused) => refused,
            };
            let failing = *failing.get_or_insert_with(Instant::now);
            if !self.wait(again, tries, failing).await {
                return Ok(Err(refusal));
            }
        }
    }

    /// Makes a call that tries again by itself, as those of an SDK do: here there is only the run's deadline.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    pub async fn ask_once<T, O>(
        &self,
        call: &Call,
        attempts: impl Future<Output = O> + Send,
        mut read: impl FnMut(O, Option<&Seen>) -> Result<T, Trouble> + Send,
    ) -> Result<Result<Answer<T>, Refusal>, SinkError> {
        let _permit = self.permit().await;
        let scope = call.scope();
        let Some(left) = self.time_left() else {
            return Ok(Err(self.too_late(call, &scope)));
        };
        let brought = self.attempt(&scope, left, attempts).await?;
        Ok(self.conclude(call, &scope, brought, &mut read).map_err(|(refusal, _)| refusal))
    }

    /// Waits for its turn. The semaphore is never closed, and without a permit a request would only be one too many.
    async fn permit(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.0.permits.acquire().await.ok()
    }

    /// `None`: the run's deadline came first, or it was told to stop.
    async fn attempt<O>(
        &self,
        scope: &Scope,
        left: Duration,
        attempt: impl Future<Output = O> + Send,
    ) -> Result<Option<O>, SinkError> {
        let brought = self.unless_stopped(tokio::time::timeout(left, scope.run(attempt))).await;
        match self.0.recording.take_sink_error() {
            Some(cause) => Err(cause),
            None => Ok(brought.and_then(Result::ok)),
        }
    }

    /// `None`: the run was told to stop before this was done.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T> + Send) -> Option<T> {
        tokio::select! {
            // What is done already counts.
            biased;
            done = work => Some(done),
            _ = self.0.stop.wait() => None,
        }
    }

    fn too_late(&self, call: &Call, scope: &Scope) -> Refusal {
        let detail = match self.0.stop.told() {
            Some(by) => format!("the run was told to stop ({by}) before this call"),
            None => "the run's deadline was reached before this call".to_owned(),
        };
        let mut refusal = call.refused(GapReason::Deadline, detail);
        refusal.attempts = scope.attempts();
        refusal
    }

    #[expect(clippy::result_large_err, reason = "made once for each request over a network")]
    fn conclude<T, O>(
        &self,
        call: &Call,
        scope: &Scope,
        brought: Option<O>,
        read: &mut impl FnMut(O, Option<&Seen>) -> Result<T, Trouble>,
    ) -> Result<Answer<T>, (Refusal, Again)> {
        let (seen, attempts) = (scope.last(), scope.attempts());
        let read = match brought {
            Some(brought) => read(brought, seen.as_ref()),
            None => Err(match self.0.stop.told() {
                Some(by) => Trouble::lasting(
                    GapReason::Deadline,
                    format!("the run was told to stop ({by}) while waiting for the answer"),
                ),
                None => {
                    Trouble::lasting(GapReason::TimedOut, "the run's deadline was reached while waiting for the answer")
                }
            }),
        };
        let trouble = match (read, &seen) {
            (Ok(value), Some(seen)) => {
                self.spare(|spare| (spare + 1).min(SPARE));
                return Ok(Answer { value, exchange: seen.exchange, body: seen.body.clone(), attempts });
            }
            // A call under another name than the one it was announced by proves nothing.
            (Ok(_), None) => {
                Trouble::lasting(GapReason::CollectorFailed, format!("no request of `{}` was seen", call.operation))
            }
            (Err(trouble), _) => trouble,
        };
        let refusal = Refusal {
            reason: trouble.reason,
            detail: readable(&trouble.detail),
            exchange: seen.as_ref().map(|seen| seen.exchange),
            code: trouble.code.or_else(|| seen.as_ref().and_then(|seen| seen.error.clone())),
            status: seen.as_ref().and_then(|seen| seen.status),
            body: seen.map(|seen| seen.body).unwrap_or_default(),
            attempts,
            call: call.clone(),
        };
        Err((refusal, trouble.again))
    }

    /// Waits until the next attempt; `false`: there is none.
    async fn wait(&self, again: Again, attempts: u32, failing: Instant) -> bool {
        let patience = &self.0.patience;
        let usual = patience.pause(attempts, chance());
        let pause = match again {
            Again::Never => return false,
            Again::Later => usual,
            Again::After(least) => usual.max(least),
            Again::Limit(pause) => pause,
        };
        if let Again::Limit(_) = again {
            // Also where nobody can wait that long: asking on would be more of what the source refuses.
            let until = Instant::now().checked_add(pause).unwrap_or_else(|| Instant::now() + A_YEAR);
            let mut hold = self.0.hold.lock().unwrap_or_else(PoisonError::into_inner);
            *hold = Some(hold.map_or(until, |held| held.max(until)));
        }
        if attempts >= patience.attempts || self.time_left().is_none_or(|left| left <= pause) {
            return false;
        }
        if let Again::Limit(_) = again {
            return true;
        }
        let patient = failing.elapsed().saturating_add(pause) <= patience.within || matches!(again, Again::After(_));
        if !patient || self.spare(|spare| spare.saturating_sub(1)) == 0 {
            return false;
        }
        self.unless_stopped(tokio::time::sleep(pause)).await.is_some()
    }

    /// Changes what is left to be spent on failures, and says what was there before.
    fn spare(&self, change: impl FnOnce(u32) -> u32) -> u32 {
        let mut spare = self.0.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *spare;
        *spare = change(before);
        before
    }

    /// Waits while a limit says so, also one that another call ran into.
    async fn wait_for_limit(&self, call: &Call, scope: &Scope) -> Option<Refusal> {
        loop {
            let until = *self.0.hold.lock().unwrap_or_else(PoisonError::into_inner);
            let pause = until?.checked_duration_since(Instant::now()).filter(|pause| !pause.is_zero())?;
            if self.0.stop.told().is_some() {
                return Some(self.too_late(call, scope));
            }
            if self.time_left().is_none_or(|left| left <= pause) {
                let mut refusal =
                    call.refused(GapReason::Throttled, "the source's limit on requests ends after the run's deadline");
                refusal.attempts = scope.attempts();
                refusal.exchange = scope.last().map(|seen| seen.exchange);
                return Some(refusal);
            }
            self.unless_stopped(tokio::time::sleep(pause)).await;
        }
    }
}

/// From 0 to 1. Pauses need no good randomness: where the system has none, they are of middle length.
fn chance() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

/// A source's words as a gap may hold them: of bearable length, and without characters that a terminal obeys.
#[must_use]
pub fn readable(words: &str) -> String {
    const LONGEST: usize = 1000;
    let mut text: String = words.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if words.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_words_readable() {
        assert_eq!(readable("a\u{1b}[31m\nb"), "a [31m b");
        assert_eq!(readable(&"ä".repeat(2000)).chars().count(), 1001);
    }
}
