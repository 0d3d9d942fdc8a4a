//! One cluster's API server: credentials as kubectl finds them, requests over the recording transport, lists in chunks.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use kube::client::ConfigExt as _;
use kube::config::KubeConfigOptions;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sdk::{
    Clock, CollectError, Digest, Environment, ExchangeId, GapNote, GapReason, KnownSecrets, Recorder, Secret,
    SinkError, Subject, Target, Timestamp,
};
use serde_json::{Map, Value, json};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer as _, Service, ServiceExt as _};
use transport::{Asked, Dialect, Limits, Proxies, Recording, Scope, Seen, Transport};

use crate::plugin::{self, Tokens};
use crate::settings::Settings;
use crate::wire;

/// First try included; waits double from the first one.
const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// Objects asked for at once, as `kubectl` does.
const CHUNK: u32 = 500;
const MOST_PAGES: u64 = 10_000;

/// The way to one API server.
pub struct Client {
    service: BoxCloneSyncService<Request<Full<Bytes>>, Response<Bytes>, BoxError>,
    recording: Recording,
    /// Where a plugin of the kubeconfig gives them.
    tokens: Option<Tokens>,
    /// The API server's address, without a `/` at the end.
    pub base: String,
    clock: Clock,
    deadline: Timestamp,
    user_agent: String,
    /// SHA-256 of each certificate of the authorities this cluster is trusted by.
    pub authorities: Vec<String>,
}

/// What a call is for.
#[derive(Clone, Debug)]
pub struct Call {
    /// As `kubectl auth can-i` takes it: `list roles.rbac.authorization.k8s.io`.
    pub right: &'static str,
    pub population: Option<String>,
    pub subject: Option<Subject>,
    pub page: u64,
}

/// An answer that was read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub exchange: ExchangeId,
    pub body: Bytes,
    pub attempts: u32,
}

/// A call that brought nothing that can be used.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub call: Call,
    pub reason: GapReason,
    pub detail: String,
    pub exchange: Option<ExchangeId>,
    pub attempts: u32,
    /// 410: what the list was read from is no longer kept.
    pub gone: bool,
}

/// One list, as far as it could be read.
#[derive(Debug, Default)]
pub struct List {
    pub items: Vec<Listed>,
    pub last: Option<ExchangeId>,
    pub calls: u64,
    pub pages: u64,
    /// The server's own count, and where it says so.
    pub total: Option<(u64, ExchangeId)>,
    pub stopped: Option<Refusal>,
}

/// What every member of a list has to have; without it the answer is not what was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Belongs to a namespace. The others must not: a Role without one would pass for a ClusterRole.
    pub namespaced: bool,
    /// Names a role.
    pub binding: bool,
}

impl Form {
    fn lacks(self, object: &wire::Object) -> Option<&'static str> {
        match (&object.metadata.namespace, self.namespaced) {
            (None, true) => Some("it is in no namespace"),
            (Some(_), false) => Some("it is in a namespace"),
            _ if self.binding && object.role_ref.is_none() => Some("it names no role"),
            _ => None,
        }
    }
}

/// One object and where it stands.
#[derive(Debug)]
pub struct Listed {
    pub object: wire::Object,
    pub exchange: ExchangeId,
    pub index: usize,
}

impl Call {
    #[must_use]
    pub fn new(right: &'static str) -> Self {
        Self { right, population: None, subject: None, page: 0 }
    }

    #[must_use]
    pub fn refused(&self, reason: GapReason, detail: impl Into<String>, exchange: Option<ExchangeId>) -> Refusal {
        Refusal { call: self.clone(), reason, detail: detail.into(), exchange, attempts: 0, gone: false }
    }
}

impl Refusal {
    /// The gap of a population's list, or of one part of every member.
    #[must_use]
    pub fn gap(&self, population: &str, part: Option<&str>) -> GapNote {
        GapNote {
            population: Some(population.to_owned()),
            subject: None,
            part: part.map(str::to_owned),
            right: Some(self.call.right.to_owned()),
            reason: self.reason,
            detail: self.detail.clone(),
            exchange: self.exchange,
        }
    }

    /// As the reason why nothing at all can be read.
    #[must_use]
    pub fn end(self) -> CollectError {
        CollectError::Refused {
            reason: self.reason,
            right: Some(self.call.right.to_owned()),
            detail: format!("`{}`: {}", self.call.right, self.detail),
            exchange: self.exchange,
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    /// Finds the cluster and credentials for it. Asks the cluster nothing.
    pub async fn connect(
        target: &Target,
        settings: &Settings,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Self, CollectError> {
        let mut config = config(target, settings, environment).await?;
        let refuse = |setting: &str, problem: &str| CollectError::Settings {
            target: target.id.clone(),
            setting: setting.to_owned(),
            problem: problem.to_owned(),
        };
        if config.accept_invalid_certs {
            return Err(refuse(
                "context",
                "`insecure-skip-tls-verify` proves nothing about who answers: name the cluster's certificate authority",
            ));
        }
        if config.tls_server_name.is_some() {
            return Err(refuse(
                "context",
                "`tls-server-name` is not supported: use an address that the server's certificate names",
            ));
        }
        if config.auth_info.impersonate.is_some() || config.auth_info.impersonate_groups.is_some() {
            return Err(refuse(
                "context",
                "its user impersonates another (`as`): name a user who has the rights, which `witnessmark rights` prints",
            ));
        }
        if config.auth_info.auth_provider.is_some() {
            return Err(refuse(
                "context",
                "its user has an `auth-provider`, which kubectl does not know since 1.26: use a plugin for credentials (`exec`)",
            ));
        }
        let authorities = config.root_cert.iter().flatten().map(|der| Digest::of(der).to_string()).collect();
        let left = time_left(&environment.clock, environment.deadline);
        let tokens = plugin::ask(&mut config.auth_info, left).await?;
        let credentials = |error: kube::Error| CollectError::Credentials { problem: error.to_string() };
        let tls = config.rustls_client_config().map_err(credentials)?;
        let layer = config.auth_layer().map_err(credentials)?;
        let transport = Transport::new(&transport::Settings {
            tls: Some(tls),
            proxies: proxies(&config),
            ..transport::Settings::default()
        })
        .map_err(|error| refuse("context", &error.to_string()))?;
        let recording = Recording::new(transport, Arc::new(Kubernetes), recorder.clone(), environment.clock.clone());
        let recorded = Recorded { recording: recording.clone(), secrets: recorder.secrets().clone() };
        let service = match layer {
            Some(layer) => BoxCloneSyncService::new(layer.layer(recorded)),
            None => BoxCloneSyncService::new(recorded),
        };
        Ok(Self {
            service,
            recording,
            tokens,
            base: config.cluster_url.to_string().trim_end_matches('/').to_owned(),
            clock: environment.clock.clone(),
            deadline: environment.deadline,
            user_agent: format!("{} run/{}", environment.user_agent, environment.run_id),
            authorities,
        })
    }

    fn time_left(&self) -> Option<Duration> {
        time_left(&self.clock, self.deadline)
    }

    /// One call, its retries included.
    pub async fn call(
        &self,
        call: &Call,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Answer, Refusal>, SinkError> {
        let scope = Scope::new(call.right.to_owned(), call.population.clone(), call.subject.clone(), call.page);
        let mut wait = FIRST_WAIT;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let Some(left) = self.time_left() else {
                let mut refusal =
                    call.refused(GapReason::Deadline, "the run's deadline was reached before this call", None);
                refusal.attempts = attempt - 1;
                return Ok(Err(refusal));
            };
            let mut request = match self.request(method.clone(), path, body) {
                Ok(request) => request,
                Err(error) => return Ok(Err(call.refused(GapReason::CollectorFailed, error.to_string(), None))),
            };
            if let Some(tokens) = &self.tokens {
                match tokens.authorization(&self.clock, Some(left)).await {
                    Ok(value) => _ = request.headers_mut().insert(header::AUTHORIZATION, value),
                    Err(failure) => {
                        let mut refusal = call.refused(failure.reason, failure.detail, None);
                        refusal.attempts = attempt - 1;
                        return Ok(Err(refusal));
                    }
                }
            }
            let outcome = tokio::time::timeout(left, scope.run(self.service.clone().oneshot(request))).await;
            if let Some(cause) = self.recording.take_sink_error() {
                return Err(cause);
            }
            let (mut refusal, again) = match judge(call, outcome, scope.last().as_ref()) {
                Ok(mut answer) => {
                    answer.attempts = attempt;
                    return Ok(Ok(answer));
                }
                Err(found) => found,
            };
            refusal.attempts = attempt;
            let pause = again.map(|asked| asked.unwrap_or(wait));
            match pause {
                Some(pause) if attempt < ATTEMPTS && self.time_left().is_some_and(|left| left > pause) => {
                    tokio::time::sleep(pause).await;
                    wait = wait.saturating_mul(2);
                }
                _ => return Ok(Err(refusal)),
            }
        }
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, &self.user_agent);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default()))
    }

    /// A whole list in chunks. What it is read from may be gone in the middle: then it is read once more from the start.
    pub async fn list(&self, right: &'static str, path: &str, population: &str, form: Form) -> Result<List, SinkError> {
        let (first, gone) = self.list_once(right, path, population, form, List::default()).await?;
        if !gone {
            return Ok(first);
        }
        let again = List { calls: first.calls, ..List::default() };
        Ok(self.list_once(right, path, population, form, again).await?.0)
    }

    async fn list_once(
        &self,
        right: &'static str,
        path: &str,
        population: &str,
        form: Form,
        mut list: List,
    ) -> Result<(List, bool), SinkError> {
        let mut token: Option<String> = None;
        let mut seen = BTreeSet::new();
        loop {
            let call = Call { population: Some(population.to_owned()), page: list.pages + 1, ..Call::new(right) };
            let at = match &token {
                Some(token) => format!("{path}?limit={CHUNK}&continue={}", query_value(token)),
                None => format!("{path}?limit={CHUNK}"),
            };
            let answer = match self.call(&call, Method::GET, &at, None).await? {
                Ok(answer) => answer,
                Err(refusal) => {
                    list.calls += u64::from(refusal.attempts);
                    let gone = refusal.gone && token.is_some();
                    list.stopped = Some(refusal);
                    return Ok((list, gone));
                }
            };
            list.calls += u64::from(answer.attempts);
            let stop = |reason, detail: String| Some(call.refused(reason, detail, Some(answer.exchange)));
            let page = match serde_json::from_slice::<wire::Page>(&answer.body) {
                Ok(page) => page,
                Err(error) => {
                    list.stopped =
                        stop(GapReason::Malformed, format!("the answer is not a list of Kubernetes: {error}"));
                    return Ok((list, false));
                }
            };
            list.pages = call.page;
            list.last = Some(answer.exchange);
            let more = page.metadata.remaining_item_count.unwrap_or(0);
            if token.is_none() && more > 0 {
                let count = u64::try_from(page.items.len()).unwrap_or(u64::MAX).saturating_add(more);
                list.total = Some((count, answer.exchange));
            }
            for (index, item) in page.items.into_iter().enumerate() {
                let read = serde_json::from_str::<wire::Object>(item.get()).map_err(|error| error.to_string());
                let whole = read.and_then(|object| match form.lacks(&object) {
                    Some(lack) => Err(lack.to_owned()),
                    None => Ok(object),
                });
                match whole {
                    Ok(object) => list.items.push(Listed { object, exchange: answer.exchange, index }),
                    Err(problem) => {
                        list.stopped = stop(
                            GapReason::Malformed,
                            format!("`/items/{index}` does not have the documented form: {problem}"),
                        );
                        return Ok((list, false));
                    }
                }
            }
            let next = page.metadata.continue_.filter(|next| !next.is_empty());
            list.stopped = match next {
                None if more > 0 => stop(
                    GapReason::Truncated,
                    format!("page {} says that {more} more follow, and not where", list.pages),
                ),
                None => return Ok((list, false)),
                Some(next) if !seen.insert(next.clone()) => {
                    stop(GapReason::Truncated, format!("page {} leads back to a page already read", list.pages))
                }
                Some(_) if list.pages >= MOST_PAGES => {
                    stop(GapReason::Truncated, format!("the list did not end within {MOST_PAGES} pages"))
                }
                Some(next) => {
                    token = Some(next);
                    continue;
                }
            };
            return Ok((list, false));
        }
    }
}

fn time_left(clock: &Clock, deadline: Timestamp) -> Option<Duration> {
    let left = deadline.as_millis() - clock.now().as_millis();
    u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis)
}

/// The configuration that kubectl would use, or the pod's own; under test that of the overrides.
async fn config(target: &Target, settings: &Settings, environment: &Environment) -> Result<kube::Config, CollectError> {
    let credentials = |problem: String| CollectError::Credentials { problem };
    let overrides = &environment.overrides;
    let mut config = match overrides.endpoint_for(crate::NAME) {
        Some(url) => {
            let uri = url.parse().map_err(|error| CollectError::Settings {
                target: target.id.clone(),
                setting: "endpoint".to_owned(),
                problem: format!("`{url}` is no address: {error}"),
            })?;
            kube::Config::new(uri)
        }
        None => {
            let options = KubeConfigOptions { context: settings.context.clone(), ..KubeConfigOptions::default() };
            let from_file = match &settings.kubeconfig {
                Some(path) => {
                    let read =
                        kube::config::Kubeconfig::read_from(path).map_err(|error| credentials(error.to_string()))?;
                    kube::Config::from_custom_kubeconfig(read, &options).await
                }
                None => kube::Config::from_kubeconfig(&options).await,
            };
            match from_file {
                Ok(config) => config,
                Err(error) if settings.context.is_some() || settings.kubeconfig.is_some() => {
                    return Err(credentials(error.to_string()));
                }
                Err(error) => kube::Config::incluster().map_err(|inside| {
                    credentials(format!("no kubeconfig ({error}), and not inside a cluster ({inside})"))
                })?,
            }
        }
    };
    if let Some(token) = &overrides.token {
        config.auth_info =
            kube::config::AuthInfo { token: Some(token.expose().to_owned().into()), ..Default::default() };
    }
    if let Some(pem) = &overrides.extra_roots {
        let roots: Result<Vec<Vec<u8>>, _> =
            CertificateDer::pem_slice_iter(pem.as_bytes()).map(|one| one.map(|der| der.to_vec())).collect();
        config.root_cert = Some(roots.map_err(|error| credentials(error.to_string()))?);
    }
    Ok(config)
}

/// The kubeconfig's own proxy, else those of the environment.
fn proxies(config: &kube::Config) -> Proxies {
    if let Some(url) = &config.proxy_url {
        return Proxies { https: Some(url.to_string()), http: Some(url.to_string()), none: None };
    }
    let variable = |name: &str| std::env::var(name).or_else(|_| std::env::var(name.to_lowercase())).ok();
    Proxies { https: variable("HTTPS_PROXY"), http: variable("HTTP_PROXY"), none: variable("NO_PROXY") }
}

type Outcome = Result<Result<Response<Bytes>, BoxError>, tokio::time::error::Elapsed>;

/// What came of one attempt: an answer, or why not and, where it may be tried again, after how long if the server says so.
#[expect(clippy::result_large_err, reason = "made once for each request over a network")]
fn judge(call: &Call, outcome: Outcome, seen: Option<&Seen>) -> Result<Answer, (Refusal, Option<Option<Duration>>)> {
    let exchange = seen.map(|seen| seen.exchange);
    let no = |reason, detail: String| call.refused(reason, detail, exchange);
    let response = match outcome {
        Err(_) => {
            return Err((
                no(GapReason::TimedOut, "the run's deadline was reached while waiting for the answer".to_owned()),
                None,
            ));
        }
        Ok(Err(error)) => {
            return Err(match seen {
                Some(seen) if seen.withheld => (no(GapReason::WithheldSecret, error.to_string()), None),
                Some(seen) => match seen.failure {
                    Some("timeout") => (no(GapReason::TimedOut, error.to_string()), Some(None)),
                    Some("too-large") => (no(GapReason::Malformed, error.to_string()), None),
                    Some("tls") => (no(GapReason::Unreachable, error.to_string()), None),
                    _ => (no(GapReason::Unreachable, error.to_string()), Some(None)),
                },
                // Whatever is sent is recorded first: this request never left for want of credentials.
                None => (no(GapReason::Unauthenticated, error.to_string()), None),
            });
        }
        Ok(Ok(response)) => response,
    };
    let status = response.status().as_u16();
    let Some(exchange) = exchange else {
        return Err((no(GapReason::CollectorFailed, "the attempt was not recorded".to_owned()), None));
    };
    if (200..300).contains(&status) {
        return Ok(Answer { exchange, body: response.into_body(), attempts: 0 });
    }
    let wait = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|text| text.to_str().ok())
        .and_then(|text| text.parse().ok());
    let said = serde_json::from_slice::<wire::Status>(response.body()).ok().and_then(|status| status.message);
    let detail =
        format!("HTTP status {status}: {}", readable(said.as_deref().unwrap_or("without the API server's reason")));
    let (reason, again) = match status {
        401 => (GapReason::Unauthenticated, false),
        403 => (GapReason::Denied, false),
        404 | 405 | 501 => (GapReason::Unsupported, false),
        408 => (GapReason::TimedOut, true),
        429 => (GapReason::Throttled, true),
        500..=599 => (GapReason::SourceError, true),
        410 => (GapReason::Truncated, false),
        _ => (GapReason::Malformed, false),
    };
    let mut refusal = no(reason, detail);
    refusal.gone = status == 410;
    Err((refusal, again.then(|| wait.map(Duration::from_secs))))
}

/// A server's words as a gap may hold them.
fn readable(words: &str) -> String {
    words.chars().take(1000).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A continue token is base64; what means something in a query is written so that it does not.
fn query_value(token: &str) -> String {
    token
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The transport as a service under kube's authentication: innermost, so that every attempt is recorded.
#[derive(Clone)]
struct Recorded {
    recording: Recording,
    secrets: KnownSecrets,
}

impl Service<Request<Full<Bytes>>> for Recorded {
    type Response = Response<Bytes>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            if let Some(token) = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) {
                // Whatever plugin or file it came from: found in any answer, it must not get out.
                let bare = token.split_once(' ').map_or(token, |(_, bare)| bare);
                this.secrets.add(Secret::new(bare.to_owned()));
            }
            let body = body.collect().await?.to_bytes();
            Ok(this.recording.send(Request::from_parts(parts, body), Limits::default()).await?)
        })
    }
}

/// What requests to an API server ask, and what its answers say.
#[derive(Debug)]
struct Kubernetes;

impl Dialect for Kubernetes {
    fn asked(&self, request: &http::request::Parts, body: &Bytes) -> Asked {
        let mut parameters = Map::new();
        parameters.insert("path".to_owned(), request.uri.path().into());
        if let Some(query) = request.uri.query() {
            parameters.insert("query".to_owned(), query.into());
        }
        if let Ok(body @ Value::Object(_)) = serde_json::from_slice(body) {
            parameters.insert("body".to_owned(), body);
        }
        Asked {
            operation: crate::rights::right_of(request.method.as_str(), request.uri.path()),
            parameters: Value::Object(parameters),
            credential_bearing: false,
            attempt: None,
        }
    }

    fn request_id(&self, answer: &HeaderMap) -> Option<String> {
        answer.get("audit-id")?.to_str().ok().map(str::to_owned)
    }

    fn error_code(&self, status: u16, _: &HeaderMap, body: &Bytes) -> Option<String> {
        if status < 400 {
            return None;
        }
        serde_json::from_slice::<wire::Status>(body).ok()?.reason
    }
}

/// What an access review asks about the caller itself.
#[must_use]
pub fn access_review(verb: &str, group: &str, resource: &str, name: &str) -> Value {
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": verb, "group": group, "resource": resource, "name": name}}})
}
