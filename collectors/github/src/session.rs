//! Requests to one GitHub: credentials, limits, retries, and every way in which one can bring nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri};
use sdk::{
    Clock, CollectError, Environment, ExchangeId, GapNote, GapReason, Recorder, SinkError, Source, Subject, Target,
    Timestamp,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use transport::{Failure, Limits, Proxies, Recording, Scope, Seen, Transport, TransportError};

use crate::credentials::{self, Credentials, Minted};
use crate::routes::{self, ACCESS_TOKENS};
use crate::settings::{PUBLIC, Settings};
use crate::wire::{self, GitHub, Limit};

/// First try included.
const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// What GitHub asks for where a limit does not say.
const UNSAID: Duration = Duration::from_secs(60);
const API_VERSION: &str = "2022-11-28";

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
    recording: Recording,
    recorder: Recorder,
    credentials: Credentials,
    clock: Clock,
    deadline: Timestamp,
    user_agent: String,
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
        let parsed: Uri = base.parse().map_err(|error| CollectError::Settings {
            target: target.id.clone(),
            setting: "api_url".to_owned(),
            problem: format!("`{base}` is no address: {error}"),
        })?;
        let prefix = parsed.path().trim_end_matches('/').to_owned();
        let transport = transport(target, &settings, environment.overrides.extra_roots.as_ref())?;
        let dialect = Arc::new(GitHub { prefix });
        let session = Self {
            settings,
            base,
            recording: Recording::new(transport, dialect, recorder.clone(), environment.clock.clone()),
            recorder: recorder.clone(),
            credentials,
            clock: environment.clock.clone(),
            deadline: environment.deadline,
            user_agent: format!("{} ({})", environment.user_agent, environment.run_id),
            permits: Semaphore::new(environment.concurrency.max(1)),
            hold: Mutex::default(),
        };
        session.token().await?.map_err(|refusal| CollectError::Credentials { problem: refusal.detail })?;
        Ok(session)
    }

    pub fn caller(&self) -> String {
        self.credentials.caller()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn time_left(&self) -> Option<Duration> {
        let left = self.deadline.as_millis() - self.clock.now().as_millis();
        u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis)
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
        let token = match self.token().await? {
            Ok(token) => token,
            Err(mut refusal) => {
                refusal.call = Box::new(call.clone());
                return Ok(Err(refusal));
            }
        };
        self.ask(call, &Method::GET, &uri, &token, page).await
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
        method: &Method,
        uri: &Uri,
        token: &sdk::Secret,
        page: u64,
    ) -> Result<Result<Answer, Refusal>, SinkError> {
        let scope = Scope::new(call.operation.to_owned(), call.population.clone(), call.subject.clone(), page);
        let mut wait = FIRST_WAIT;
        loop {
            if let Some(refusal) = self.wait_for_limit(call).await {
                return Ok(Err(Refusal { attempts: scope.attempts(), ..refusal }));
            }
            let Some(left) = self.time_left() else {
                return Ok(Err(call.refused(GapReason::Deadline, "the run's deadline was reached before this call")));
            };
            let outcome = self.attempt(&scope, call, method, uri, token, left).await?;
            let last = scope.attempts() >= ATTEMPTS;
            match outcome {
                Attempt::Answer(answer) => return Ok(Ok(Answer { attempts: scope.attempts(), ..answer })),
                Attempt::Never(refusal) => return Ok(Err(Refusal { attempts: scope.attempts(), ..refusal })),
                Attempt::Again(least, refusal) => {
                    let pause = wait.max(least);
                    if last || self.time_left().is_none_or(|left| left <= pause) {
                        return Ok(Err(Refusal { attempts: scope.attempts(), ..refusal }));
                    }
                    tokio::time::sleep(pause).await;
                    wait = wait.saturating_mul(2);
                }
                Attempt::Limited(pause, refusal) => {
                    if last || self.time_left().is_none_or(|left| left <= pause) {
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
            if self.time_left().is_none_or(|left| left <= pause) {
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
        method: &Method,
        uri: &Uri,
        token: &sdk::Secret,
        left: Duration,
    ) -> Result<Attempt, SinkError> {
        let request = Request::builder()
            .method(method.clone())
            .uri(uri.clone())
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", API_VERSION)
            .header("user-agent", &self.user_agent)
            .header("authorization", format!("Bearer {}", token.expose()))
            .body(Bytes::new());
        let request = match request {
            Ok(request) => request,
            // The text of the error could hold the token.
            Err(_) => {
                return Ok(Attempt::Never(call.refused(GapReason::CollectorFailed, "the request cannot be built")));
            }
        };
        let limits = Limits { total: Limits::default().total.min(left), ..Limits::default() };
        let sent = scope.run(self.recording.send(request, limits)).await;
        if let Some(cause) = self.recording.take_sink_error() {
            return Err(cause);
        }
        let seen = scope.last();
        Ok(match sent {
            Err(failure) => self.failed(call, &failure, seen.as_ref(), left),
            Ok(response) => {
                let (head, body) = response.into_parts();
                self.answered(call, head.status.as_u16(), head.headers, &body, seen.as_ref())
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

    /// The token to ask with; an App's is asked for when there is none that lasts.
    async fn token(&self) -> Result<Result<sdk::Secret, Refusal>, SinkError> {
        let (app, key, minted) = match &self.credentials {
            Credentials::Token { secret, .. } => return Ok(Ok(secret.clone())),
            Credentials::App { app, key, minted } => (app, key, minted),
        };
        let mut held = minted.lock().await;
        if let Some(minted) = held.as_ref().filter(|minted| minted.lasts(self.now())) {
            return Ok(Ok(minted.token.clone()));
        }
        let call = Call::new(ACCESS_TOKENS, &[&app.installation.to_string()]);
        let assertion = match credentials::assertion(app, key, self.now()) {
            Ok(assertion) => assertion,
            Err(problem) => return Ok(Err(call.refused(GapReason::Unauthenticated, problem))),
        };
        self.recorder.secrets().add(assertion.clone());
        let uri = match self.uri(&call) {
            Ok(uri) => uri,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let answer = match self.ask(&call, &Method::POST, &uri, &assertion, 0).await? {
            Ok(answer) => answer,
            Err(mut refusal) => {
                if refusal.reason == GapReason::Denied || refusal.status == Some(404) {
                    refusal.reason = GapReason::Unauthenticated;
                }
                return Ok(Err(refusal));
            }
        };
        let bytes = answer.value.to_string();
        let Some(Minted { token, expires }) = credentials::minted(bytes.as_bytes()) else {
            return Ok(Err(call.refused(GapReason::Malformed, "GitHub's answer holds no token of the installation")));
        };
        self.recorder.secrets().add(token.clone());
        *held = Some(Minted { token: token.clone(), expires });
        Ok(Ok(token))
    }
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
    names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}
