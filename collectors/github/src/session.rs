//! Requests to one GitHub: credentials, limits, retries, and every way in which one can bring nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use octocrab::Octocrab;
use sdk::{
    CollectError, Environment, ExchangeId, GapNote, GapReason, Recorder, SinkError, Source, Subject, Target, Timestamp,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use transport::{Failure, Limits, Proxies, Recording, Scope, Seen, Transport, TransportError};

use crate::client::{self, Unanswered, Wire};
use crate::credentials::{self, Credentials, Minted};
use crate::routes::{self, ACCESS_TOKENS};
use crate::settings::{PUBLIC, Settings};
use crate::wire::{self, GitHub, Limit};

/// First try included.
const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// What GitHub asks for where a limit does not say.
const UNSAID: Duration = Duration::from_secs(60);

/// One question.
#[derive(Clone, Debug)]
pub struct Call {
    pub operation: &'static str,
    path: String,
    query: Vec<(String, String)>,
    pub population: Option<String>,
    pub subject: Option<Subject>,
}

impl Call {
    /// `arguments` stand for the names in the operation's template, in its order.
    pub fn new(operation: &'static str, arguments: &[&str]) -> Self {
        let (path, filter) = routes::path(operation, arguments);
        Self { operation, path, query: filter.into_iter().collect(), population: None, subject: None }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub fn population(mut self, population: &str) -> Self {
        self.population = Some(population.to_owned());
        self
    }

    pub fn subject(mut self, kind: &str, id: &str) -> Self {
        self.subject = Some(Subject { kind: kind.to_owned(), id: id.to_owned() });
        self
    }

    /// The call led to nothing.
    pub fn refused(&self, reason: GapReason, detail: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            detail: detail.into(),
            exchange: None,
            status: None,
            attempts: 0,
            call: Box::new(self.clone()),
        }
    }
}

/// A whole answer in JSON.
#[derive(Debug)]
pub struct Answer {
    pub exchange: ExchangeId,
    pub value: Value,
    pub headers: HeaderMap,
    pub attempts: u32,
}

impl Answer {
    /// The answer as what its operation documents.
    pub fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Refusal> {
        T::deserialize(&self.value).map_err(|error| {
            let mut refusal =
                call.refused(GapReason::Malformed, format!("the answer does not have the documented form: {error}"));
            refusal.exchange = Some(self.exchange);
            refusal
        })
    }

    pub fn source(&self, path: &str) -> Source {
        Source::json(self.exchange, path)
    }
}

/// A question that brought nothing that can be used.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub reason: GapReason,
    pub detail: String,
    pub exchange: Option<ExchangeId>,
    pub status: Option<u16>,
    pub attempts: u32,
    pub call: Box<Call>,
}

impl Refusal {
    /// What is missing for it: `part` of the call's subject, or of every member of its population; without `part`
    /// the subject itself, or the list.
    pub fn gap(&self, part: Option<&str>) -> GapNote {
        GapNote {
            population: self.call.population.clone(),
            subject: self.call.subject.clone(),
            part: part.map(str::to_owned),
            right: Some(self.call.operation.to_owned()),
            reason: self.reason,
            detail: self.detail.clone(),
            exchange: self.exchange,
        }
    }

    /// Nothing at all can be read for it.
    pub fn fatal(self) -> CollectError {
        CollectError::Refused {
            reason: self.reason,
            right: Some(self.call.operation.to_owned()),
            detail: self.detail,
            exchange: self.exchange,
        }
    }
}

/// A session with one organisation.
#[derive(Debug)]
pub struct Session {
    pub settings: Settings,
    base: String,
    wire: Wire,
    recorder: Recorder,
    credentials: Credentials,
    /// With the token that was given, or as the App.
    octocrab: Octocrab,
    minted: tokio::sync::Mutex<Option<Minted>>,
    permits: Semaphore,
    /// A limit was reached: nobody asks before this.
    hold: Mutex<Option<Instant>>,
}

/// What one attempt brought.
enum Attempt {
    Answer(Answer),
    /// Try again after this long, at most so often.
    Again(Duration, Refusal),
    /// A limit: nobody asks until then.
    Limited(Duration, Refusal),
    Never(Refusal),
}

impl Session {
    /// Finds the credentials. Asks for nothing but an App's token.
    pub async fn connect(
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Self, CollectError> {
        let settings = Settings::of(target)?;
        let credentials = Credentials::find(target, &settings, environment, recorder.secrets())?;
        let base = environment.overrides.endpoint_for(recorder.collector()).or(settings.api_url.as_deref());
        let base = base.unwrap_or(PUBLIC).trim_end_matches('/').to_owned();
        let wrong = |problem: String| CollectError::Settings {
            target: target.id.clone(),
            setting: "api_url".to_owned(),
            problem,
        };
        let parsed: Uri = base.parse().map_err(|error| wrong(format!("`{base}` is no address: {error}")))?;
        let origin = origin(&parsed).ok_or_else(|| wrong(format!("`{base}` names no scheme and host")))?;
        let prefix = parsed.path().trim_end_matches('/').to_owned();
        let user_agent = format!("{} ({})", environment.user_agent, environment.run_id);
        let user_agent = HeaderValue::try_from(user_agent).map_err(|error| CollectError::Refused {
            reason: GapReason::CollectorFailed,
            right: None,
            detail: format!("the user agent cannot be sent: {error}"),
            exchange: None,
        })?;
        let transport = transport(target, &settings, environment.overrides.extra_roots.as_ref())?;
        let endpoints: &[Uri] = if base == PUBLIC { &[] } else { std::slice::from_ref(&parsed) };
        recorder.route(transport.route(endpoints, [&parsed]))?;
        let dialect = Arc::new(GitHub { prefix });
        let wire = Wire {
            recording: Recording::new(transport, dialect, recorder.clone(), environment.clock.clone()),
            secrets: recorder.secrets().clone(),
            clock: environment.clock.clone(),
            deadline: environment.deadline,
        };
        let session = Self {
            settings,
            base,
            octocrab: client::octocrab(wire.clone(), origin, user_agent, credentials.for_octocrab()),
            wire,
            recorder: recorder.clone(),
            credentials,
            minted: tokio::sync::Mutex::default(),
            permits: Semaphore::new(environment.concurrency.max(1)),
            hold: Mutex::default(),
        };
        session.octocrab().await?.map_err(|refusal| CollectError::Credentials { problem: refusal.detail })?;
        Ok(session)
    }

    pub fn caller(&self) -> String {
        self.credentials.caller()
    }

    pub fn now(&self) -> Timestamp {
        self.wire.clock.now()
    }

    /// Asks once, retries and waiting included.
    ///
    /// # Errors
    /// Outer: evidence can no longer be written. Inner: it brought nothing, and why.
    pub async fn get(&self, call: &Call) -> Result<Result<Answer, Refusal>, SinkError> {
        self.get_page(call, None, 0).await
    }

    /// The same for one page of a list; `at`: where the page before said it is.
    pub async fn get_page(
        &self,
        call: &Call,
        at: Option<Uri>,
        page: u64,
    ) -> Result<Result<Answer, Refusal>, SinkError> {
        // The semaphore is never closed, and without a permit a request would only be one too many.
        let _turn = self.permits.acquire().await.ok();
        let uri = match at.map_or_else(|| self.uri(call), Ok) {
            Ok(uri) => uri,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let octocrab = match self.octocrab().await? {
            Ok(octocrab) => octocrab,
            Err(mut refusal) => {
                refusal.call = Box::new(call.clone());
                return Ok(Err(refusal));
            }
        };
        self.ask(call, &octocrab, &Method::GET, &uri, page).await
    }

    /// Where a call is asked.
    pub fn uri(&self, call: &Call) -> Result<Uri, Refusal> {
        let query: Vec<String> =
            call.query.iter().map(|(name, value)| format!("{name}={}", routes::encoded(value))).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", self.base, call.path, query.join("&"))
            .parse()
            .map_err(|error| call.refused(GapReason::CollectorFailed, format!("the address cannot be built: {error}")))
    }

    async fn ask(
        &self,
        call: &Call,
        octocrab: &Octocrab,
        method: &Method,
        uri: &Uri,
        page: u64,
    ) -> Result<Result<Answer, Refusal>, SinkError> {
        let scope = Scope::new(call.operation.to_owned(), call.population.clone(), call.subject.clone(), page);
        let mut wait = FIRST_WAIT;
        loop {
            if let Some(refusal) = self.wait_for_limit(call).await {
                return Ok(Err(Refusal { attempts: scope.attempts(), ..refusal }));
            }
            let Some(left) = self.wire.time_left() else {
                return Ok(Err(call.refused(GapReason::Deadline, "the run's deadline was reached before this call")));
            };
            let outcome = self.attempt(&scope, call, octocrab, method, uri, left).await?;
            let last = scope.attempts() >= ATTEMPTS;
            match outcome {
                Attempt::Answer(answer) => return Ok(Ok(Answer { attempts: scope.attempts(), ..answer })),
                Attempt::Never(refusal) => return Ok(Err(Refusal { attempts: scope.attempts(), ..refusal })),
                Attempt::Again(least, refusal) => {
                    let pause = wait.max(least);
                    if last || self.wire.time_left().is_none_or(|left| left <= pause) {
                        return Ok(Err(Refusal { attempts: scope.attempts(), ..refusal }));
                    }
                    tokio::time::sleep(pause).await;
                    wait = wait.saturating_mul(2);
                }
                Attempt::Limited(pause, refusal) => {
                    if last || self.wire.time_left().is_none_or(|left| left <= pause) {
                        return Ok(Err(Refusal { attempts: scope.attempts(), ..refusal }));
                    }
                    self.hold_until(Instant::now() + pause);
                }
            }
        }
    }

    /// Waits while a limit says so, also one that another call ran into.
    async fn wait_for_limit(&self, call: &Call) -> Option<Refusal> {
        loop {
            let until = *self.hold.lock().unwrap_or_else(PoisonError::into_inner);
            let pause = until?.checked_duration_since(Instant::now()).filter(|pause| !pause.is_zero())?;
            if self.wire.time_left().is_none_or(|left| left <= pause) {
                return Some(call.refused(GapReason::Throttled, "GitHub's limit ends after the run's deadline"));
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn hold_until(&self, until: Instant) {
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        *hold = Some(hold.map_or(until, |held| held.max(until)));
    }

    async fn attempt(
        &self,
        scope: &Scope,
        call: &Call,
        octocrab: &Octocrab,
        method: &Method,
        uri: &Uri,
        left: Duration,
    ) -> Result<Attempt, SinkError> {
        // `wire::next` lets no address through that lies elsewhere: what is left of it is the path.
        let Some(at) = uri.path_and_query() else {
            return Ok(Attempt::Never(call.refused(GapReason::CollectorFailed, "the address has no path")));
        };
        let sent = scope.run(client::attempt(octocrab, method, at)).await;
        if let Some(cause) = self.wire.recording.take_sink_error() {
            return Err(cause);
        }
        let seen = scope.last();
        Ok(match sent {
            Ok((head, body)) => self.answered(call, head.status.as_u16(), head.headers, &body, seen.as_ref()),
            Err(Unanswered::Failed(failure)) => self.failed(call, &failure, seen.as_ref(), left),
            Err(Unanswered::Unsigned(problem)) => Attempt::Never(
                call.refused(GapReason::Unauthenticated, format!("the App's key cannot sign: {problem}")),
            ),
            Err(Unanswered::Unasked) => {
                Attempt::Never(call.refused(GapReason::CollectorFailed, "the request cannot be built"))
            }
        })
    }

    fn failed(&self, call: &Call, failure: &Failure, seen: Option<&Seen>, left: Duration) -> Attempt {
        let (reason, again) = match failure {
            Failure::Connect(_) | Failure::Reset(_) | Failure::Cut(_) => (GapReason::Unreachable, true),
            Failure::Tls(_) => (GapReason::Unreachable, false),
            Failure::Timeout(_) => (GapReason::TimedOut, left > Limits::default().read),
            Failure::TooLarge { .. } => (GapReason::Malformed, false),
            Failure::Withheld => (GapReason::WithheldSecret, false),
            _ => (GapReason::CollectorFailed, false),
        };
        let mut refusal = call.refused(reason, failure.to_string());
        refusal.exchange = seen.map(|seen| seen.exchange);
        if again { Attempt::Again(Duration::ZERO, refusal) } else { Attempt::Never(refusal) }
    }

    fn answered(&self, call: &Call, status: u16, headers: HeaderMap, body: &Bytes, seen: Option<&Seen>) -> Attempt {
        let Some(exchange) = seen.map(|seen| seen.exchange) else {
            // A call under another name than the one it was announced by proves nothing.
            return Attempt::Never(
                call.refused(GapReason::CollectorFailed, format!("no request of `{}` was seen", call.operation)),
            );
        };
        let refused = |reason, detail: String| Refusal {
            exchange: Some(exchange),
            status: Some(status),
            ..call.refused(reason, detail)
        };
        if let Some(limit) = wire::limit(status, &headers, body) {
            let pause = match limit {
                Limit::Seconds(seconds) => Duration::from_secs(seconds),
                Limit::Until(reset) => {
                    let left = reset.saturating_mul(1000).saturating_sub(self.now().as_millis());
                    // The reset is given in whole seconds.
                    Duration::from_millis(u64::try_from(left).unwrap_or(0)).saturating_add(Duration::from_millis(500))
                }
                Limit::Unsaid => UNSAID,
            };
            let (_, words) = wire::sort(status, body);
            return Attempt::Limited(pause, refused(GapReason::Throttled, words));
        }
        if !(200..300).contains(&status) {
            let (reason, detail) = wire::sort(status, body);
            let refusal = refused(reason, detail);
            return if status >= 500 { Attempt::Again(Duration::ZERO, refusal) } else { Attempt::Never(refusal) };
        }
        match serde_json::from_slice(body) {
            Ok(value) => Attempt::Answer(Answer { exchange, value, headers, attempts: 0 }),
            Err(error) => Attempt::Never(refused(GapReason::Malformed, format!("the answer is no JSON: {error}"))),
        }
    }

    /// octocrab with what is asked with; an App's token is asked for when there is none that lasts, by one call at a time.
    async fn octocrab(&self) -> Result<Result<Octocrab, Refusal>, SinkError> {
        let Credentials::App { app, .. } = &self.credentials else {
            return Ok(Ok(self.octocrab.clone()));
        };
        let mut held = self.minted.lock().await;
        if let Some(minted) = held.as_ref().filter(|minted| minted.lasts(self.now())) {
            return Ok(Ok(minted.octocrab.clone()));
        }
        let call = Call::new(ACCESS_TOKENS, &[&app.installation.to_string()]);
        let uri = match self.uri(&call) {
            Ok(uri) => uri,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let answer = match self.ask(&call, &self.octocrab, &Method::POST, &uri, 0).await? {
            Ok(answer) => answer,
            Err(mut refusal) => {
                if refusal.reason == GapReason::Denied || refusal.status == Some(404) {
                    refusal.reason = GapReason::Unauthenticated;
                }
                return Ok(Err(refusal));
            }
        };
        let refused = |reason, detail| Refusal { exchange: Some(answer.exchange), ..call.refused(reason, detail) };
        let Some((token, expires)) = credentials::token(&answer.value) else {
            return Ok(Err(refused(GapReason::Malformed, "GitHub's answer holds no token of the installation")));
        };
        self.recorder.secrets().add(token.clone());
        let Ok(octocrab) = self.octocrab.user_access_token(token.expose()) else {
            return Ok(Err(refused(
                GapReason::CollectorFailed,
                "octocrab does not take the token of the installation",
            )));
        };
        *held = Some(Minted { octocrab: octocrab.clone(), expires });
        Ok(Ok(octocrab))
    }
}

/// Scheme and authority of an address, where it has both.
fn origin(address: &Uri) -> Option<Uri> {
    let (scheme, authority) = (address.scheme()?.clone(), address.authority()?.clone());
    Uri::builder().scheme(scheme).authority(authority).path_and_query("/").build().ok()
}

fn transport(target: &Target, settings: &Settings, given: Option<&String>) -> Result<Transport, CollectError> {
    let wrong = |setting: &str, problem: String| CollectError::Settings {
        target: target.id.clone(),
        setting: setting.to_owned(),
        problem,
    };
    let mut extra_roots: Vec<String> = given.into_iter().cloned().collect();
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read_to_string(path)
            .map_err(|error| wrong("ca_file", format!("`{path}` cannot be read: {error}")))?;
        extra_roots.push(pem);
    }
    let settings = transport::Settings {
        proxies: Proxies {
            https: variable(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            http: variable(&["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]),
            none: variable(&["NO_PROXY", "no_proxy"]),
        },
        extra_roots,
        ..transport::Settings::default()
    };
    Transport::new(&settings).map_err(|error| {
        let setting = match error {
            TransportError::Proxy { variable } => variable,
            _ => "ca_file",
        };
        wrong(setting, error.to_string())
    })
}

fn variable(names: &[&str]) -> Option<String> {
    sdk::variable(names)
}
