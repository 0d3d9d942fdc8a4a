//! One cluster's API server: credentials as kubectl finds them, requests over the recording transport.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::Full;
use kube::client::ConfigExt as _;
use kube::config::KubeConfigOptions;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sdk::{Clock, CollectError, Digest, Environment, GapReason, Recorder, SinkError, Target};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer as _, ServiceExt as _};
use transport::{Again, Answer, Asker, Call, Proxies, Recording, Refusal, Seen, Transport, Trouble};

use crate::dialect::{Kubernetes, Recorded};
use crate::plugin::{self, Tokens};
use crate::settings::ClusterSettings;
use crate::wire;

/// The way to one API server.
pub struct Client {
    service: BoxCloneSyncService<Request<Full<Bytes>>, Response<Bytes>, BoxError>,
    asker: Asker,
    /// Where a plugin of the kubeconfig gives them.
    tokens: Option<Tokens>,
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
        let mut config = config(recorder.collector(), target, settings, environment).await?;
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
                "its user impersonates another (`as`): name a user who has the permissions that `witnessmark rights` prints",
            ));
        }
        if config.auth_info.auth_provider.is_some() {
            return Err(refuse(
                "context",
                "its user has an `auth-provider`, which kubectl does not know since 1.26: use a plugin for credentials (`exec`)",
            ));
        }
        let authorities = config.root_cert.iter().flatten().map(|der| Digest::of(der).to_string()).collect();
        let left = environment.deadline.as_millis() - environment.clock.now().as_millis();
        let left = u64::try_from(left).ok().map(Duration::from_millis);
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
        let service = match layer {
            Some(layer) => BoxCloneSyncService::new(layer.layer(recorded)),
            None => BoxCloneSyncService::new(recorded),
        };
        Ok(Self {
            service,
            asker: Asker::new(recording, environment, Arc::new(Semaphore::new(environment.concurrency.max(1)))),
            tokens,
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
        let attempt = |left| self.attempt(method.clone(), path, body, left);
        self.asker.ask(call, attempt, |brought, seen| classify(brought?, seen)).await
    }

    /// Outer: the request could not be made.
    async fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        left: Duration,
    ) -> Result<Result<Response<Bytes>, BoxError>, Trouble> {
        let mut request = self
            .request(method, path, body)
            .map_err(|error| Trouble::lasting(GapReason::CollectorFailed, error.to_string()))?;
        if let Some(tokens) = &self.tokens {
            let authorization = tokens.authorization(&self.clock, Some(left)).await;
            let authorization = authorization.map_err(|failure| Trouble::lasting(failure.reason, failure.detail))?;
            request.headers_mut().insert(header::AUTHORIZATION, authorization);
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
async fn config(
    collector: &str,
    target: &Target,
    settings: &ClusterSettings,
    environment: &Environment,
) -> Result<kube::Config, CollectError> {
    let credentials = |problem: String| CollectError::Credentials { problem };
    let overrides = &environment.overrides;
    let mut config = match overrides.endpoint_for(collector) {
        Some(url) => {
            let uri = url.parse().map_err(|error| CollectError::Settings {
                target: target.id.clone(),
                setting: "endpoint".to_owned(),
                problem: format!("`{url}` is not a valid address: {error}"),
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
    // Without `ALL_PROXY`, which kubectl does not know.
    Proxies::from_environment(None)
}

/// What came of one attempt.
fn classify(brought: Result<Response<Bytes>, BoxError>, seen: Option<&Seen>) -> Result<(), Trouble> {
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
    let said = serde_json::from_slice::<wire::Status>(response.body()).ok().and_then(|status| status.message);
    let detail = format!("HTTP status {status}: {}", said.as_deref().unwrap_or("without the API server's reason"));
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

/// What an access review asks about the caller itself; in no namespace: in all of them.
#[must_use]
pub fn access_review(verb: &str, group: &str, resource: &str, name: &str, namespace: &str) -> Value {
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes":
        {"verb": verb, "group": group, "resource": resource, "name": name, "namespace": namespace}}})
}
