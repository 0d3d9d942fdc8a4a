//! The pooled client and its settings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use sdk::{CollectError, Digest, RouteNote, Target};

use crate::connect::{Connector, Proxies, Routes};
use crate::error::TransportError;
use crate::route;

pub(crate) type Pool = Client<Connector, Full<Bytes>>;

/// How the transport reaches sources.
#[derive(Clone, Debug)]
pub struct Settings {
    pub proxies: Proxies,
    /// Certificate authorities beside the machine's own, as PEM.
    pub extra_roots: Vec<String>,
    /// SHA-256 of the DER of the authorities that are trusted, of the machine's and `extra_roots`; without any, all of them are.
    pub pinned: BTreeSet<Digest>,
    /// In place of the machine's authorities and `extra_roots`: whom to trust and which certificate to show, for a source
    /// that has an authority of its own.
    pub tls: Option<rustls::ClientConfig>,
    /// The name or address that a source's certificate has to bear, where that is not its address.
    pub server_name: Option<String>,
    /// Bytes of an answer's body beyond which it is refused.
    pub largest_body: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            proxies: Proxies::default(),
            extra_roots: Vec::new(),
            pinned: BTreeSet::new(),
            tls: None,
            server_name: None,
            // The largest known answers are a few megabytes.
            largest_body: 32 * 1024 * 1024,
        }
    }
}

/// Waiting times of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// Until the first byte of the answer, and from each piece of it to the next.
    pub read: Duration,
    /// For the whole attempt.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), read: Duration::from_secs(30), total: Duration::from_secs(120) }
    }
}

/// A pooled HTTP client. Clones share connections.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

struct Inner {
    tls: rustls::ClientConfig,
    server_name: Option<ServerName<'static>>,
    routes: Routes,
    largest_body: usize,
    roots: usize,
    /// What is wrong with the machine's own authorities, where they are trusted.
    problem: Option<&'static str>,
    /// Those of the trusted authorities that are not the system's.
    authorities: BTreeSet<Digest>,
    /// The only ones that are trusted, where the declaration says so.
    pinned: BTreeSet<Digest>,
    /// One pool for each time limit on connecting: the limit belongs to a connector.
    pools: Mutex<BTreeMap<Duration, Pool>>,
}

impl Transport {
    /// Loads the machine's certificate authorities and those of the settings. Makes no connection.
    ///
    /// # Errors
    /// When a proxy or an authority of the settings cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, TransportError> {
        let machine = route::machine();
        let (roots, authorities) = trusted(settings)?;
        let count = roots.len();
        // The provider is named here: the process-wide default is ambiguous as soon as a second one is compiled in.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let own = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TransportError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = settings.tls.clone().unwrap_or(own);
        let server_name = settings
            .server_name
            .clone()
            .map(|name| ServerName::try_from(name.clone()).map_err(|_| TransportError::ServerName { name }));
        Ok(Self(Arc::new(Inner {
            tls,
            server_name: server_name.transpose()?,
            routes: Routes::new(&settings.proxies)?,
            largest_body: settings.largest_body,
            roots: count,
            problem: machine.problem.as_deref().filter(|_| settings.tls.is_none()),
            // Whoever gave a configuration of their own says whom it trusts.
            authorities: if settings.tls.is_some() { BTreeSet::new() } else { authorities },
            pinned: settings.pinned.clone(),
            pools: Mutex::default(),
        })))
    }

    /// The way to a declared target, through the proxies of the environment. `given`: authorities of a test or the demonstration;
    /// `path`: a PEM file with further ones, and `setting` where its name stands; `pinned`: those that the setting `ca` pins.
    ///
    /// # Errors
    /// Which setting or variable cannot be used, and why.
    pub fn to_target(
        target: &Target,
        given: Option<&String>,
        setting: &str,
        path: Option<&str>,
        pinned: &BTreeSet<Digest>,
    ) -> Result<Self, CollectError> {
        let wrong = |setting: &str, problem: String| CollectError::Settings {
            target: target.id.clone(),
            setting: setting.to_owned(),
            problem,
        };
        let mut extra_roots: Vec<String> = given.into_iter().cloned().collect();
        if let Some(path) = path {
            let pem = std::fs::read_to_string(path)
                .map_err(|error| wrong(setting, format!("`{path}` cannot be read: {error}")))?;
            extra_roots.push(pem);
        }
        let settings = Settings {
            proxies: Proxies::from_environment(Some("ALL_PROXY")),
            extra_roots,
            pinned: pinned.clone(),
            ..Settings::default()
        };
        Self::new(&settings).map_err(|error| {
            let setting = match error {
                TransportError::Proxy { ref variable, .. } => variable,
                TransportError::NotThere { .. } => "ca",
                _ => setting,
            };
            wrong(setting, error.to_string())
        })
    }

    /// What of the way is not the sources' own: these configured `endpoints`, the proxies on the way to any of `sources`, and
    /// authorities beside the system's.
    #[must_use]
    pub fn route<'u>(&self, endpoints: &'u [Uri], sources: impl IntoIterator<Item = &'u Uri>) -> RouteNote {
        let through = |source: &Uri| self.0.routes.proxy_to(source).map(|proxy| route::proxy(proxy.uri()));
        RouteNote {
            // What is none is refused by the first request that it is used for.
            endpoints: endpoints.iter().map(route::endpoint).filter(|text| model::is_endpoint(text)).collect(),
            proxies: sources.into_iter().chain(endpoints).filter_map(through).collect(),
            authorities: self.0.authorities.clone(),
            pinned: self.0.pinned.clone(),
        }
    }

    /// Why a peer may not be trusted that should be.
    pub(crate) fn untrusting(&self) -> Option<&'static str> {
        self.0.problem
    }

    pub(crate) fn largest_body(&self) -> usize {
        self.0.largest_body
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.0.routes
    }

    pub(crate) fn pool(&self, connect: Duration) -> Pool {
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools
            .entry(connect)
            .or_insert_with(|| {
                let (tls, name) = (&self.0.tls, self.0.server_name.as_ref());
                let connector = Connector::new(tls, name, self.0.routes.clone(), connect);
                Client::builder(TokioExecutor::new())
                    .timer(TokioTimer::new())
                    .pool_timer(TokioTimer::new())
                    // Shorter than AWS and its load balancers keep idle connections: a reused one is not a dying one.
                    .pool_idle_timeout(Duration::from_secs(15))
                    .pool_max_idle_per_host(32)
                    .build(connector)
            })
            .clone()
    }
}

/// Whom to trust, and which of these are not the system's.
fn trusted(settings: &Settings) -> Result<(RootCertStore, BTreeSet<Digest>), TransportError> {
    let machine = route::machine();
    let mut additional = Vec::new();
    for pem in &settings.extra_roots {
        let before = additional.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            additional.push(certificate.map_err(TransportError::Roots)?);
        }
        if additional.len() == before {
            return Err(TransportError::NoRoots);
        }
    }
    let is_pinned = |der: &CertificateDer<'_>| settings.pinned.contains(&Digest::of(der));
    let (mut roots, mut authorities) = (machine.roots.clone(), machine.foreign.clone());
    if !settings.pinned.is_empty() {
        let found: Vec<CertificateDer<'static>> =
            machine.certificates.iter().filter(|der| is_pinned(der)).cloned().collect();
        let there: BTreeSet<Digest> = found.iter().chain(&additional).map(|der| Digest::of(der)).collect();
        if let Some(digest) = settings.pinned.iter().find(|one| !there.contains(one)) {
            return Err(TransportError::NotThere { digest: *digest });
        }
        additional.retain(is_pinned);
        roots = RootCertStore::empty();
        roots.add_parsable_certificates(found);
        authorities.retain(|one| settings.pinned.contains(one));
    }
    for certificate in additional {
        authorities.extend(Some(Digest::of(&certificate)).filter(|one| !machine.system.contains(one)));
        roots.add(certificate).map_err(TransportError::Root)?;
    }
    Ok((roots, authorities))
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("largest_body", &self.0.largest_body)
            .field("roots", &self.0.roots)
            .finish_non_exhaustive()
    }
}
