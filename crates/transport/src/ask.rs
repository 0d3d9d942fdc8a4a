//! One way to ask a source: what a call is for, how often it is tried within the run's deadline, and what came of it.
//!
//! A collector says what it asks ([`Call`]) and how one attempt is made. [`Asker`] counts attempts, waits between them as its
//! [`Patience`] says, keeps to a limit the source named, and gives an [`Answer`] with its exchange, or a [`Refusal`] that
//! becomes a gap.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use sdk::{
    Clock, CollectError, Environment, ExchangeFailure, ExchangeId, GapNote, GapReason, Patience, SinkError, Stop,
    Subject, Timestamp,
};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::record::Recording;
use crate::scope::{Scope, Seen};

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
            ExchangeFailure::Timeout => Self::passing(GapReason::TimedOut, words),
            ExchangeFailure::TooLarge => Self::lasting(GapReason::Malformed, words),
            // Who answers is not who was asked for: that does not pass.
            ExchangeFailure::Tls => Self::lasting(GapReason::Unreachable, words),
            ExchangeFailure::Connect | ExchangeFailure::Reset | ExchangeFailure::Cut => {
                Self::passing(GapReason::Unreachable, words)
            }
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
    /// By endpoint: one account has a host for each service and region, and one of them may be closed for good.
    health: Mutex<BTreeMap<String, Health>>,
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
            health: Mutex::default(),
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
            let before = scope.attempts();
            let brought = self.attempt(&scope, left, Box::pin(attempt(left))).await?;
            // An answer to the attempt before says nothing of one that never left.
            let seen = scope.last().filter(|_| scope.attempts() > before);
            let (refusal, again) = match self.conclude(call, &scope, brought, seen.clone(), &mut read) {
                Ok(answer) => return Ok(Ok(answer)),
                Err(refused) => refused,
            };
            let failing = *failing.get_or_insert_with(Instant::now);
            let failed = Failed {
                operation: &call.operation,
                reason: refusal.reason,
                connected: seen.as_ref().is_some_and(|seen| seen.failure != Some(ExchangeFailure::Connect)),
                heard: seen.as_ref().is_some_and(|seen| seen.status.is_some()),
                again,
                attempts: tries,
                failing,
            };
            let endpoint = seen.map(|seen| seen.endpoint).unwrap_or_default();
            if !self.wait(&endpoint, &failed).await {
                return Ok(Err(refusal));
            }
        }
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
        seen: Option<Seen>,
        read: &mut impl FnMut(O, Option<&Seen>) -> Result<T, Trouble>,
    ) -> Result<Answer<T>, (Refusal, Again)> {
        let attempts = scope.attempts();
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
                self.health_of(&seen.endpoint, |health| health.answered(&call.operation));
                return Ok(Answer { value, exchange: seen.exchange, body: seen.body.clone(), attempts });
            }
            // A call under another name than the one it was announced by proves nothing.
            (Ok(_), None) => {
                Trouble::lasting(GapReason::CollectorFailed, format!("no request of `{}` was seen", call.operation))
            }
            (Err(trouble), seen) => {
                // A refusal is an answer too.
                if let Some(seen) = seen
                    && trouble.again == Again::Never
                    && seen.status.is_some()
                {
                    self.health_of(&seen.endpoint, |health| health.answered(&call.operation));
                }
                trouble
            }
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
    async fn wait(&self, endpoint: &str, failed: &Failed<'_>) -> bool {
        let patience = &self.0.patience;
        let usual = patience.pause(failed.attempts, chance());
        let pause = match failed.again {
            Again::Never => return false,
            Again::Later => usual,
            Again::After(least) => usual.max(least),
            Again::Limit(pause) => pause,
        };
        if let Again::Limit(_) = failed.again {
            // Also where nobody can wait that long: asking on would be more of what the source refuses.
            let until = Instant::now().checked_add(pause).unwrap_or_else(|| Instant::now() + A_YEAR);
            let mut hold = self.0.hold.lock().unwrap_or_else(PoisonError::into_inner);
            *hold = Some(hold.map_or(until, |held| held.max(until)));
        }
        if self.time_left().is_none_or(|left| left <= pause) {
            return false;
        }
        if let Again::Limit(_) = failed.again {
            return failed.attempts < patience.attempts;
        }
        let waits = self.health_of(endpoint, |health| health.waits(failed, pause, Instant::now(), patience));
        waits && self.unless_stopped(tokio::time::sleep(pause)).await.is_some()
    }

    /// Looks at, or notes, what is known of an endpoint.
    fn health_of<T>(&self, endpoint: &str, of: impl FnOnce(&mut Health) -> T) -> T {
        let mut all = self.0.health.lock().unwrap_or_else(PoisonError::into_inner);
        of(all.entry(endpoint.to_owned()).or_default())
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

/// An attempt that failed for a reason that may pass.
#[derive(Clone, Copy, Debug)]
struct Failed<'a> {
    operation: &'a str,
    reason: GapReason,
    /// Somebody took the connection, whatever became of it.
    connected: bool,
    /// Somebody answered, if only that they cannot.
    heard: bool,
    again: Again,
    attempts: u32,
    /// When the first attempt of the call failed.
    failing: Instant,
}

/// What is known of an endpoint by how it answered so far.
#[derive(Debug, Default)]
struct Health {
    /// Anything at all.
    answered: bool,
    /// Operations that were answered.
    known: BTreeSet<String>,
    /// Since when nothing was answered, whatever was asked.
    silent: Option<Instant>,
    /// Operations that were waited for in vain, and not answered since: each is asked once. So nothing is waited for a thousand times.
    lost: BTreeSet<String>,
    /// The source as a whole.
    all_lost: bool,
}

impl Health {
    fn answered(&mut self, operation: &str) {
        (self.answered, self.silent, self.all_lost) = (true, None, false);
        if !self.known.contains(operation) {
            self.known.insert(operation.to_owned());
        }
        self.lost.remove(operation);
    }

    /// Whether a call that failed is tried again after this pause.
    fn waits(&mut self, failed: &Failed<'_>, pause: Duration, now: Instant, patience: &Patience) -> bool {
        let silent = *self.silent.get_or_insert(if failed.attempts == 1 { failed.failing } else { now });
        if self.all_lost || self.lost.contains(failed.operation) {
            return false;
        }
        // Nothing was answered to anyone since this call began to fail.
        let nobody = silent <= failed.failing;
        let asked_to = matches!(failed.again, Again::After(_));
        let limit = match (self.answered, failed.reason) {
            // A limit on requests ends.
            (_, GapReason::Throttled) if failed.heard => patience.gone,
            (false, _) if !failed.heard => patience.unheard,
            (true, GapReason::Unreachable) if nobody && !failed.connected => patience.gone,
            // It alone fails, and has never done anything else: it may be a call that the source does not have.
            _ if !nobody && !self.known.contains(failed.operation) => patience.unheard,
            _ => patience.within,
        };
        let elapsed = now.saturating_duration_since(failed.failing).saturating_add(pause);
        if failed.attempts < patience.attempts && (asked_to || elapsed <= limit) {
            return true;
        }
        self.lost.insert(failed.operation.to_owned());
        self.all_lost |= nobody;
        false
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

    /// A source whose operations answer or do not, in virtual time.
    struct Virtual {
        health: Health,
        now: Instant,
        patience: Patience,
        chance: f64,
    }

    impl Virtual {
        fn new(answered: bool, chance: f64) -> Self {
            let mut health = Health::default();
            if answered {
                health.answered("before");
            }
            Self { health, now: Instant::now(), patience: Patience::default(), chance }
        }

        /// Asks until `back`, counted from now, and says after how long it was answered; `None`: it was given up.
        fn ask(&mut self, operation: &str, reason: GapReason, back: Duration) -> Option<Duration> {
            let began = self.now;
            let heard = !matches!(reason, GapReason::Unreachable | GapReason::TimedOut);
            for attempts in 1.. {
                if self.now >= began + back {
                    self.health.answered(operation);
                    return Some(self.now - began);
                }
                let failed = Failed {
                    operation,
                    reason,
                    connected: false,
                    heard,
                    again: Again::Later,
                    attempts,
                    failing: began,
                };
                let pause = self.patience.pause(attempts, self.chance);
                if !self.health.waits(&failed, pause, self.now, &self.patience) {
                    return None;
                }
                self.now += pause;
            }
            None
        }
    }

    #[test]
    fn an_outage_is_outlasted_at_every_phase_whatever_chance_says() {
        for millis in [300, 2_000, 6_000, 30_000] {
            for chance in [0.0, 0.5, 1.0] {
                for (answered, reason) in [
                    (false, GapReason::Unreachable),
                    (false, GapReason::SourceError),
                    (true, GapReason::Unreachable),
                    (true, GapReason::SourceError),
                    (true, GapReason::TimedOut),
                    (true, GapReason::Throttled),
                ] {
                    let back = Duration::from_millis(millis);
                    let after = Virtual::new(answered, chance).ask("x:List", reason, back);
                    let late = after.unwrap_or_else(|| panic!("{millis} ms, {chance}, {answered}, {reason:?}")) - back;
                    assert!(late <= Duration::from_secs(8), "{late:?}");
                }
            }
        }
    }

    #[test]
    fn what_was_there_is_waited_for_as_long_as_the_run_lasts() {
        let half_an_hour = Duration::from_secs(1800);
        for reason in [GapReason::Unreachable, GapReason::Throttled] {
            assert!(Virtual::new(true, 0.5).ask("x:List", reason, half_an_hour).is_some(), "{reason:?}");
        }
        // Failures of minutes, and not for ever; and what never answered may not be there at all.
        let mut failing = Virtual::new(true, 0.5);
        assert!(failing.ask("x:List", GapReason::SourceError, Duration::from_secs(4 * 60)).is_some());
        assert!(failing.ask("x:List", GapReason::SourceError, half_an_hour).is_none());
        assert!(Virtual::new(false, 0.5).ask("x:List", GapReason::Unreachable, Duration::from_secs(90)).is_none());
        // Who says that there are too many requests, or that they fail, is there.
        assert!(Virtual::new(false, 0.5).ask("x:List", GapReason::Throttled, half_an_hour).is_some());
        assert!(Virtual::new(false, 0.5).ask("x:List", GapReason::SourceError, Duration::from_secs(4 * 60)).is_some());
    }

    #[test]
    fn what_was_waited_for_in_vain_is_asked_once_until_it_answers() {
        let ever = Duration::from_secs(3600);
        let mut source = Virtual::new(true, 0.5);
        assert!(source.ask("x:Get", GapReason::SourceError, ever).is_none());
        // Nobody answered meanwhile: nothing else is waited for either.
        let before = source.now;
        for operation in ["x:Get", "x:List"] {
            assert!(source.ask(operation, GapReason::SourceError, ever).is_none());
        }
        assert_eq!(source.now, before);
        // Another operation is answered: it is the one operation that fails, and stays lost.
        source.health.answered("x:List");
        assert!(source.ask("x:Get", GapReason::SourceError, ever).is_none());
        assert_eq!(source.now, before);
        assert!(source.ask("x:List", GapReason::SourceError, Duration::from_secs(60)).is_some());
        source.health.answered("x:Get");
        assert!(source.ask("x:Get", GapReason::SourceError, Duration::from_secs(60)).is_some());
    }

    #[test]
    fn a_call_that_fails_beside_others_that_are_answered_is_not_an_outage() {
        let mut source = Virtual::new(true, 0.5);
        let began = source.now;
        let failed = |attempts| Failed {
            operation: "x:Get",
            reason: GapReason::Unreachable,
            connected: false,
            heard: false,
            again: Again::Later,
            attempts,
            failing: began,
        };
        source.health.answered("x:Get");
        assert!(source.health.waits(&failed(1), Duration::ZERO, began, &source.patience));
        source.health.answered("x:List");
        let early = began + source.patience.unheard + Duration::from_secs(1);
        assert!(source.health.waits(&failed(5), Duration::ZERO, early, &source.patience));
        let late = began + source.patience.within + Duration::from_secs(1);
        assert!(!source.health.waits(&failed(9), Duration::ZERO, late, &source.patience));
        assert!(!source.health.all_lost);
        // One that was never answered is given up sooner.
        let mut source = Virtual::new(true, 0.5);
        assert!(source.health.waits(&failed(1), Duration::ZERO, began, &source.patience));
        source.health.answered("x:List");
        assert!(!source.health.waits(&failed(5), Duration::ZERO, early, &source.patience));
    }

    #[test]
    fn keeps_words_readable() {
        assert_eq!(readable("a\u{1b}[31m\nb"), "a [31m b");
        assert_eq!(readable(&"ä".repeat(2000)).chars().count(), 1001);
    }
}
