//! Questions to one GitHub: where they are asked, with what, and what its answers mean.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};
use octocrab::Octocrab;
use sdk::{CollectError, Environment, ExchangeId, GapReason, Recorder, SinkError, Source, Target, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use transport::{Again, Asker, Recording, Seen, Transport, Trouble};

pub use transport::Refusal;

use crate::client::{self, Unanswered, Wire};
use crate::credentials::{self, Credentials, Minted};
use crate::routes::{self, ACCESS_TOKENS};
use crate::settings::{PUBLIC, Settings};
use crate::wire::{self, GitHub, Limit};

/// What GitHub asks for where a limit does not say.
const UNSAID: Duration = Duration::from_secs(60);

/// One question.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it is for.
    pub call: transport::Call,
    path: String,
    query: Vec<(String, String)>,
}

impl Call {
    /// `arguments` stand for the names in the operation's template, in its order.
    pub fn new(operation: &str, arguments: &[&str]) -> Self {
        let (path, filter) = routes::path(operation, arguments);
        Self { call: transport::Call::new(operation), path, query: filter.into_iter().collect() }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub fn population(mut self, population: &str) -> Self {
        self.call = self.call.population(population);
        self
    }

    pub fn subject(mut self, kind: &str, id: &str) -> Self {
        self.call = self.call.subject(kind, id);
        self
    }

    /// The call led to nothing.
    pub fn refused(&self, reason: GapReason, detail: impl Into<String>) -> Refusal {
        self.call.refused(reason, detail)
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
    #[expect(clippy::result_large_err, reason = "made once for each request over a network")]
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

/// A session with one organisation.
#[derive(Debug)]
pub struct Session {
    pub settings: Settings,
    base: String,
    asker: Asker,
    recorder: Recorder,
    credentials: Credentials,
    /// With the token that was given, or as the App.
    octocrab: Octocrab,
    minted: tokio::sync::Mutex<Option<Minted>>,
}

/// What one attempt brought: head and bytes of an answer.
type Brought = Result<(Parts, Bytes), Unanswered>;

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
        let given = environment.overrides.extra_roots.as_ref();
        let transport =
            Transport::to_target(target, given, "ca_file", settings.ca_file.as_deref(), &settings.pinned())?;
        let endpoints: &[Uri] = if base == PUBLIC { &[] } else { std::slice::from_ref(&parsed) };
        recorder.route(transport.route(endpoints, [&parsed]))?;
        let dialect = Arc::new(GitHub { prefix });
        let recording = Recording::new(transport, dialect, recorder.clone(), environment.clock.clone());
        let wire = Wire { recording: recording.clone(), secrets: recorder.secrets().clone() };
        let permits = Arc::new(Semaphore::new(environment.concurrency.max(1)));
        let session = Self {
            settings,
            base,
            octocrab: client::octocrab(wire, origin, user_agent, credentials.for_octocrab()),
            asker: Asker::new(recording, environment, permits),
            recorder: recorder.clone(),
            credentials,
            minted: tokio::sync::Mutex::default(),
        };
        session.octocrab().await?.map_err(|refusal| CollectError::Credentials { problem: refusal.detail })?;
        Ok(session)
    }

    pub fn caller(&self) -> String {
        self.credentials.caller()
    }

    pub fn now(&self) -> Timestamp {
        self.asker.now()
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
        let uri = match at {
            Some(uri) => uri,
            None => match self.uri(call) {
                Ok(uri) => uri,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        // An attempt may be made an hour after the one before, when a limit ends: what it is made with is looked at each time.
        let no_token = Mutex::new(None);
        let attempt = |_: Duration| async {
            match self.octocrab().await {
                Ok(Ok(octocrab)) => Some(attempt(&octocrab, &Method::GET, &uri).await),
                refused => {
                    *no_token.lock().unwrap_or_else(PoisonError::into_inner) = Some(refused);
                    None
                }
            }
        };
        let read = |brought: Option<Brought>, seen: Option<&Seen>| match brought {
            Some(brought) => self.read(brought, seen),
            None => Err(Trouble::lasting(GapReason::Unauthenticated, "there is no token to ask with")),
        };
        let asked = self.asker.ask(&call.call.clone().page(page), attempt, read).await?;
        let no_token = no_token.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (asked, no_token) {
            (Err(_), Some(Err(cause))) => Err(cause),
            (Err(refusal), Some(Ok(Err(token)))) => {
                Ok(Err(Refusal { call: call.call.clone(), attempts: refusal.attempts, ..token }))
            }
            (asked, _) => Ok(asked.map(Answer::from)),
        }
    }

    /// Where a call is asked.
    #[expect(clippy::result_large_err, reason = "made once for each request over a network")]
    pub fn uri(&self, call: &Call) -> Result<Uri, Refusal> {
        let query: Vec<String> =
            call.query.iter().map(|(name, value)| format!("{name}={}", routes::encoded(value))).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", self.base, call.path, query.join("&"))
            .parse()
            .map_err(|error| call.refused(GapReason::CollectorFailed, format!("the address cannot be built: {error}")))
    }

    /// What one attempt means.
    fn read(&self, brought: Brought, seen: Option<&Seen>) -> Result<(Value, HeaderMap), Trouble> {
        let (head, body) = brought.map_err(|unanswered| match unanswered {
            Unanswered::Failed(failure) => {
                let words = failure.to_string();
                let unsent = || Trouble::lasting(GapReason::CollectorFailed, words.clone());
                seen.and_then(|seen| Trouble::on_the_way(seen, &words)).unwrap_or_else(unsent)
            }
            Unanswered::Unsigned(problem) => {
                Trouble::lasting(GapReason::Unauthenticated, format!("the App's key cannot sign: {problem}"))
            }
            Unanswered::Unasked => Trouble::lasting(GapReason::CollectorFailed, "the request cannot be built"),
        })?;
        let status = head.status.as_u16();
        if let Some(limit) = wire::limit(status, &head.headers, &body) {
            let pause = match limit {
                Limit::Seconds(seconds) => Duration::from_secs(seconds),
                Limit::Until(reset) => {
                    let left = reset.saturating_mul(1000).saturating_sub(self.now().as_millis());
                    // The reset is given in whole seconds.
                    Duration::from_millis(u64::try_from(left).unwrap_or(0)).saturating_add(Duration::from_millis(500))
                }
                Limit::Unsaid => UNSAID,
            };
            let (_, words) = wire::sort(status, &body);
            return Err(Trouble { again: Again::Limit(pause), ..Trouble::lasting(GapReason::Throttled, words) });
        }
        if !head.status.is_success() {
            let (reason, detail) = wire::sort(status, &body);
            let again = Trouble::by_status(status, "").again;
            return Err(Trouble { again, ..Trouble::lasting(reason, detail) });
        }
        match serde_json::from_slice(&body) {
            Ok(value) => Ok((value, head.headers)),
            Err(error) => Err(Trouble::lasting(GapReason::Malformed, format!("the answer is not JSON: {error}"))),
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
        let attempt = |_| attempt(&self.octocrab, &Method::POST, &uri);
        let asked = self.asker.ask_within(&call.call, attempt, |brought, seen| self.read(brought, seen)).await?;
        let answer = match asked {
            Ok(answer) => Answer::from(answer),
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

impl From<transport::Answer<(Value, HeaderMap)>> for Answer {
    fn from(answer: transport::Answer<(Value, HeaderMap)>) -> Self {
        let (value, headers) = answer.value;
        Self { exchange: answer.exchange, value, headers, attempts: answer.attempts }
    }
}

async fn attempt(octocrab: &Octocrab, method: &Method, uri: &Uri) -> Brought {
    // `wire::next` lets no address through that lies elsewhere: what is left of it is the path.
    let at = uri.path_and_query().ok_or(Unanswered::Unasked)?;
    client::attempt(octocrab, method, at).await
}

/// Scheme and authority of an address, where it has both.
fn origin(address: &Uri) -> Option<Uri> {
    let (scheme, authority) = (address.scheme()?.clone(), address.authority()?.clone());
    Uri::builder().scheme(scheme).authority(authority).path_and_query("/").build().ok()
}
