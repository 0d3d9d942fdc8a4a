//! One cluster's API server: credentials as kubectl finds them, requests over the recording transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::Full;
use kube::client::ConfigExt as _;
use kube::config::AuthInfo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sdk::{Clock, CollectError, Digest, Environment, GapReason, Recorder, SinkError, Target};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::{BoxError, ServiceExt as _};
use transport::{Again, Answer, Asker, Call, Proxies, Recording, Refusal, Seen, Transport, Trouble};

use crate::credentials::Credentials;
use crate::dialect::{Kubernetes, Recorded};
use crate::kubeconfig::{self, Credential, Found};
use crate::plugin;
use crate::settings::ClusterSettings;
use crate::wire;

/// The way to one API server.
pub struct Client {
    service: Recorded,
    asker: Asker,
    pub credentials: Credentials,
    /// The API server's address, without a `/` at the end.
    pub base: String,
    clock: Clock,
    user_agent: String,
    /// SHA-256 of each certificate of the authorities this cluster is trusted by.
    pub authorities: Vec<String>,
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
        settings: &ClusterSettings,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Self, CollectError> {
        let Found { mut config, credential, proxy } = found(recorder.collector(), target, settings, environment)?;
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
        let authorities = config.root_cert.iter().flatten().map(|der| Digest::of(der).to_string()).collect();
        let left = environment.deadline.as_millis() - environment.clock.now().as_millis();
        let left = u64::try_from(left).ok().map(Duration::from_millis);
        let tokens = match &credential {
            Credential::Plugin(plugin) => plugin::ask(plugin, &mut config.auth_info, left).await?,
            _ => None,
        };
        let credentials = Credentials::new(credential, tokens, recorder.secrets());
        let tls = config
            .rustls_client_config()
            .map_err(|error| CollectError::Credentials { problem: format!("{}: {error}", credentials.said) })?;
        let transport = Transport::new(&transport::Settings {
            tls: Some(tls),
            server_name: config.tls_server_name.clone(),
            // Without `ALL_PROXY`, which kubectl does not know.
            proxies: match proxy {
                Some(proxy) => Proxies { always: Some(proxy), ..Proxies::default() },
                None => Proxies::from_environment(None),
            },
            ..transport::Settings::default()
        })
        .map_err(|error| refuse("context", &error.to_string()))?;
        // There is no public cluster: the address is always a configured one.
        let mut route = transport.route(std::slice::from_ref(&config.cluster_url), None);
        match &config.root_cert {
            Some(roots) => route.authorities.extend(roots.iter().map(|der| Digest::of(der))),
            None => route.authorities.extend(transport::foreign_authorities()),
        }
        if settings.ca.is_some() {
            // That these are the pinned ones, and no others, is looked at before anything is asked.
            route.pinned.extend(config.root_cert.iter().flatten().map(|der| Digest::of(der)));
        }
        recorder.route(route)?;
        let base_path = config.cluster_url.path().trim_end_matches('/').to_owned();
        let dialect = Arc::new(Kubernetes { base_path });
        let recording = Recording::new(transport, dialect, recorder.clone(), environment.clock.clone());
        let recorded = Recorded { recording: recording.clone(), secrets: recorder.secrets().clone() };
        Ok(Self {
            service: recorded,
            asker: Asker::new(recording, environment, Arc::new(Semaphore::new(environment.concurrency.max(1)))),
            credentials,
            base: config.cluster_url.to_string().trim_end_matches('/').to_owned(),
            clock: environment.clock.clone(),
            user_agent: format!("{} run/{}", environment.user_agent, environment.run_id),
            authorities,
        })
    }

    /// One call, its retries included.
    ///
    /// # Errors
    /// Outer: evidence can no longer be written. Inner: the call brought nothing, and why.
    pub async fn call(
        &self,
        call: &Call,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Answer, Refusal>, SinkError> {
        // Which token the last attempt was made with, and whether this call had another one already.
        let (token, renewed) = (AtomicU64::new(0), AtomicBool::new(false));
        let attempt = |left| self.attempt(method.clone(), path, body, left, &token);
        let read = |brought: Result<_, Trouble>, seen: Option<&Seen>| {
            classify(brought?, seen, &self.credentials.said).map_err(|trouble| {
                let refused = seen.and_then(|seen| seen.status) == Some(401);
                if !refused || !self.credentials.refused(token.load(Ordering::Relaxed)) {
                    return trouble;
                }
                let again = if renewed.swap(true, Ordering::Relaxed) { Again::Never } else { Again::Later };
                Trouble { again, ..trouble }
            })
        };
        self.asker.ask(call, attempt, read).await
    }

    /// Outer: the request could not be made.
    async fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        left: Duration,
        token: &AtomicU64,
    ) -> Result<Result<Response<Bytes>, BoxError>, Trouble> {
        let mut request = self
            .request(method, path, body)
            .map_err(|error| Trouble::lasting(GapReason::CollectorFailed, error.to_string()))?;
        let authorization = self.credentials.authorization(&self.clock, left).await;
        if let Some((value, number)) =
            authorization.map_err(|failure| Trouble::lasting(failure.reason, failure.detail))?
        {
            token.store(number, Ordering::Relaxed);
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        Ok(self.service.clone().oneshot(request).await)
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
}

/// The configuration that kubectl would use, or the pod's own; under test that of the overrides.
fn found(
    collector: &str,
    target: &Target,
    settings: &ClusterSettings,
    environment: &Environment,
) -> Result<Found, CollectError> {
    let credentials = |problem: String| CollectError::Credentials { problem };
    let overrides = &environment.overrides;
    let mut found = match overrides.endpoint_for(collector) {
        Some(url) => {
            let uri = url.parse().map_err(|error| CollectError::Settings {
                target: target.id.clone(),
                setting: "endpoint".to_owned(),
                problem: format!("`{url}` is not a valid address: {error}"),
            })?;
            let none = Credential::None("no credentials".to_owned());
            Found { config: kube::Config::new(uri), credential: none, proxy: None }
        }
        None => {
            let (file, context) = (settings.kubeconfig.as_deref(), settings.context.as_deref());
            match kubeconfig::find(file, context).map_err(credentials)? {
                Some(found) => found,
                None => kubeconfig::of_the_pod().map_err(|inside| {
                    credentials(format!(
                        "no kubeconfig names a current context, and this is no pod of a cluster: {inside}"
                    ))
                })?,
            }
        }
    };
    if let Some(token) = &overrides.token {
        found.config.auth_info = AuthInfo::default();
        found.credential = Credential::Token(token.clone(), "the command line".to_owned());
    }
    if let Some(pem) = &overrides.extra_roots {
        let roots: Result<Vec<Vec<u8>>, _> =
            CertificateDer::pem_slice_iter(pem.as_bytes()).map(|one| one.map(|der| der.to_vec())).collect();
        found.config.root_cert = Some(roots.map_err(|error| credentials(error.to_string()))?);
    }
    Ok(found)
}

/// What came of one attempt; `with`: what it was asked with, for a person.
fn classify(brought: Result<Response<Bytes>, BoxError>, seen: Option<&Seen>, with: &str) -> Result<(), Trouble> {
    let response = brought.map_err(|error| {
        let words = error.to_string();
        // Whatever is sent is recorded first: a request that was not seen never left, for want of credentials.
        let unseen = || Trouble::lasting(GapReason::Unauthenticated, words.clone());
        seen.and_then(|seen| Trouble::on_the_way(seen, &words)).unwrap_or_else(unseen)
    })?;
    let status = response.status().as_u16();
    if (200..300).contains(&status) {
        return Ok(());
    }
    let mut detail = format!("HTTP status {status}: {}", reason(response.body()));
    if status == 401 {
        detail = format!("{detail}; asked with {with}");
    }
    let mut trouble = Trouble::by_status(status, detail);
    if status == 410 {
        trouble.reason = GapReason::Truncated;
    }
    let wait = response.headers().get(header::RETRY_AFTER).and_then(|text| text.to_str().ok()?.parse().ok());
    if let (Again::Later, Some(seconds)) = (trouble.again, wait) {
        trouble.again = Again::After(Duration::from_secs(seconds));
    }
    Err(trouble)
}

/// Why it was refused, in the words of whoever did: a `Status`, or text such as that of a broken authorization webhook or a proxy.
fn reason(body: &[u8]) -> String {
    if let Some(message) = serde_json::from_slice::<wire::Status>(body).ok().and_then(|status| status.message) {
        return message;
    }
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    // A page is for a browser.
    let line = line.filter(|line| !line.starts_with('<') && !line.starts_with('{'));
    line.map_or_else(|| "without the API server's reason".to_owned(), str::to_owned)
}

/// What an access review asks about the caller itself; in no namespace: in all of them.
#[must_use]
pub fn access_review(verb: &str, group: &str, resource: &str, name: &str, namespace: &str) -> Value {
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes":
        {"verb": verb, "group": group, "resource": resource, "name": name, "namespace": namespace}}})
}
