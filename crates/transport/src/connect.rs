//! Connections: TCP, through a proxy where one is set, TLS, and the certificates that the peer sent.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use sdk::Certificates;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::error::TransportError;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// Proxies as the environment names them: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `https` sources; reached with CONNECT.
    pub https: Option<String>,
    /// For `http` sources.
    pub http: Option<String>,
    /// Names, suffixes and networks that are reached directly.
    pub none: Option<String>,
    /// In place of the others: for every source, this machine too, since what `localhost` means is then the proxy's to know.
    pub always: Option<String>,
    /// The variables that gave the first two, where they are not called so.
    pub variables: [Option<String>; 2],
}

impl Proxies {
    /// As the environment of this process names them, in capital or small letters. `for_all`: what is asked where there is no variable
    /// for one scheme, such as `ALL_PROXY`.
    #[must_use]
    pub fn from_environment(for_all: Option<&str>) -> Self {
        let variable = |names: &[&str]| {
            let spelt = names.iter().flat_map(|name| [(*name).to_owned(), name.to_ascii_lowercase()]);
            spelt.into_iter().find_map(|name| Some((sdk::variable(&[&name])?, name))).unzip()
        };
        let of = |name: &str| variable(&[Some(name), for_all].into_iter().flatten().collect::<Vec<_>>());
        let ((https, by), (http, also_by)) = (of("HTTPS_PROXY"), of("HTTP_PROXY"));
        Self { https, http, none: variable(&["NO_PROXY"]).0, always: None, variables: [by, also_by] }
    }
}

impl fmt::Debug for Proxies {
    // The texts may hold a user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("https", &self.https.is_some())
            .field("http", &self.http.is_some())
            .field("none", &self.none)
            .field("always", &self.always.is_some())
            .finish()
    }
}

/// Which way leads to a source.
#[derive(Clone)]
pub(crate) struct Routes {
    matcher: Option<Arc<Matcher>>,
    /// Also what is this machine to us.
    always: bool,
}

impl Routes {
    pub(crate) fn new(proxies: &Proxies) -> Result<Self, TransportError> {
        let set = |text: &Option<String>| text.as_deref().is_some_and(|t| !t.trim().is_empty());
        if set(&proxies.always) {
            let matcher = Matcher::builder().all(proxies.always.clone().unwrap_or_default()).build();
            usable(&matcher, &Uri::from_static("https://a.example"), "proxy-url", proxies.always.as_ref())?;
            return Ok(Self { matcher: Some(Arc::new(matcher)), always: true });
        }
        if !set(&proxies.https) && !set(&proxies.http) {
            return Ok(Self { matcher: None, always: false });
        }
        let build = |none: &str| {
            Matcher::builder()
                .https(proxies.https.clone().unwrap_or_default())
                .http(proxies.http.clone().unwrap_or_default())
                .no(none.to_owned())
                .build()
        };
        // A proxy that cannot be parsed must not become a direct connection without a word.
        let all = build("");
        let [https_by, http_by] = &proxies.variables;
        for (variable, by, text, probe) in [
            ("HTTPS_PROXY", https_by, &proxies.https, Uri::from_static("https://a.example")),
            ("HTTP_PROXY", http_by, &proxies.http, Uri::from_static("http://a.example")),
        ] {
            if set(text) {
                usable(&all, &probe, by.as_deref().unwrap_or(variable), text.as_ref())?;
            }
        }
        let matcher = build(proxies.none.as_deref().unwrap_or_default());
        Ok(Self { matcher: Some(Arc::new(matcher)), always: false })
    }

    /// The proxy to this source; `None`: directly.
    pub(crate) fn proxy_to(&self, source: &Uri) -> Option<Intercept> {
        let matcher = self.matcher.as_ref()?;
        if !self.always && is_local(source.host()?) {
            return None;
        }
        matcher.intercept(source)
    }
}

/// Whether this program can go through the proxy that `variable` names as `text`.
fn usable(matcher: &Matcher, probe: &Uri, variable: &str, text: Option<&String>) -> Result<(), TransportError> {
    if matcher.intercept(probe).is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https"))) {
        return Ok(());
    }
    let is_socks = text.is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("socks"));
    let problem = if is_socks {
        "names a SOCKS proxy, which is not supported: name one that speaks HTTP (`http://HOST:PORT`), or none"
    } else {
        "does not name a proxy that can be used: `http://` or `https://`, host and port"
    };
    Err(TransportError::Proxy { variable: variable.to_owned(), problem })
}

/// This machine itself and the link-local addresses of metadata services: no proxy can reach what they mean to us.
fn is_local(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match bare.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(v4)) => v4.is_loopback() || v4.is_link_local(),
        // fd00:ec2::254 is the IPv6 address of AWS' instance metadata, fd00:ec2::23 that of EKS' credentials.
        Ok(std::net::IpAddr::V6(v6)) => v6.is_loopback() || matches!(v6.segments(), [0xfd00, 0x0ec2, ..]),
        Err(_) => false,
    }
}

/// Connects, and hands over who answered.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: HttpsConnector<Hop>,
    timeout: Duration,
}

impl Connector {
    /// `server_name`: whom the source's certificate has to name, where that is not its address.
    pub(crate) fn new(
        tls: &rustls::ClientConfig,
        server_name: Option<&ServerName<'static>>,
        routes: Routes,
        timeout: Duration,
    ) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        tcp.set_connect_timeout(Some(timeout));
        let to_proxy = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp.clone());
        let hop = Hop { tcp, to_proxy, routes };
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http();
        let tls = match server_name {
            Some(name) => tls.with_server_name_resolver(FixedServerNameResolver::new(name.clone())),
            None => tls,
        };
        Self { tls: tls.enable_all_versions().wrap_connector(hop), timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = Observed;
    type Error = BoxError;
    type Future = Connecting<Observed>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tls.poll_ready(cx)
    }

    fn call(&mut self, source: Uri) -> Self::Future {
        let connecting = self.tls.call(source);
        let limit = self.timeout;
        Box::pin(async move {
            let stream = tokio::time::timeout(limit, connecting).await.map_err(|_| ConnectTimeout(limit))??;
            let peer = match &stream {
                MaybeHttpsStream::Http(_) => None,
                MaybeHttpsStream::Https(tls) => {
                    let (_, session) = tls.inner().get_ref();
                    session.peer_certificates().map(certificates).transpose()?
                }
            };
            Ok(Observed { stream, peer: Peer(peer) })
        })
    }
}

/// No connection, or no TLS session on it, in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
pub(crate) struct ConnectTimeout(Duration);

/// The certificates as sent. A chain that could not be sealed is as bad as one that is not trusted.
fn certificates(chain: &[rustls::pki_types::CertificateDer<'_>]) -> Result<Certificates, rustls::Error> {
    Certificates::new(chain.iter().map(|der| der.to_vec()).collect())
        .map_err(|bad| rustls::Error::General(bad.to_string()))
}

/// The certificates of a connection's peer; they are among the extensions of every answer of the connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer(pub(crate) Option<Certificates>);

/// The bytes' way as far as TLS to the source: TCP, directly or through a proxy.
#[derive(Clone)]
struct Hop {
    tcp: HttpConnector,
    to_proxy: HttpsConnector<HttpConnector>,
    routes: Routes,
}

impl Service<Uri> for Hop {
    type Response = HopStream;
    type Error = BoxError;
    type Future = Connecting<HopStream>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.to_proxy.poll_ready(cx)
    }

    fn call(&mut self, source: Uri) -> Self::Future {
        let Some(proxy) = self.routes.proxy_to(&source) else {
            let connecting = self.tcp.call(source);
            return Box::pin(async move { Ok(HopStream::Direct(connecting.await?)) });
        };
        if source.scheme_str() == Some("https") {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
            if let Some(authorization) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(authorization.clone());
            }
            let connecting = tunnel.call(source);
            Box::pin(async move { Ok(HopStream::Tunnel(connecting.await?)) })
        } else {
            let connecting = self.to_proxy.call(proxy.uri().clone());
            Box::pin(async move { Ok(HopStream::Forward(connecting.await?)) })
        }
    }
}

/// A stream to the source, or to a proxy.
enum HopStream {
    Direct(TokioIo<TcpStream>),
    /// CONNECTed through: the proxy only passes bytes on.
    Tunnel(MaybeHttpsStream<TokioIo<TcpStream>>),
    /// The proxy reads the requests, which therefore name the whole address.
    Forward(MaybeHttpsStream<TokioIo<TcpStream>>),
}

impl Connection for HopStream {
    fn connected(&self) -> Connected {
        match self {
            Self::Direct(stream) => stream.connected(),
            Self::Tunnel(_) => Connected::new(),
            Self::Forward(_) => Connected::new().proxy(true),
        }
    }
}

/// A connection whose peer is known.
pub(crate) struct Observed {
    stream: MaybeHttpsStream<HopStream>,
    peer: Peer,
}

impl Connection for Observed {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.peer.clone())
    }
}

/// What hyper asks of a stream.
trait Duplex: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Duplex for T {}

impl HopStream {
    fn duplex(self: Pin<&mut Self>) -> Pin<&mut dyn Duplex> {
        match self.get_mut() {
            Self::Direct(stream) => Pin::new(stream),
            Self::Tunnel(stream) | Self::Forward(stream) => Pin::new(stream),
        }
    }
}

impl Observed {
    fn duplex(self: Pin<&mut Self>) -> Pin<&mut dyn Duplex> {
        Pin::new(&mut self.get_mut().stream)
    }
}

macro_rules! pass_on {
    ($stream:ty) => {
        impl Read for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: ReadBufCursor<'_>,
            ) -> Poll<io::Result<()>> {
                self.duplex().poll_read(cx, buffer)
            }
        }

        impl Write for $stream {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
                self.duplex().poll_write(cx, bytes)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.duplex().poll_flush(cx)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.duplex().poll_shutdown(cx)
            }
        }
    };
}

pass_on!(HopStream);
pass_on!(Observed);

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(https: &str, http: &str, none: &str) -> Result<Routes, TransportError> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Routes::new(&Proxies { https: some(https), http: some(http), none: some(none), ..Proxies::default() })
    }

    #[test]
    fn finds_the_way() {
        let routes = routes("http://proxy:3128", "", "internal.example, 10.0.0.0/8").unwrap();
        let through = |source: &str| routes.proxy_to(&source.parse().unwrap()).is_some();
        assert!(through("https://kms.eu-west-1.amazonaws.com"));
        for direct in [
            "http://kms.eu-west-1.amazonaws.com",
            "https://kms.internal.example",
            "https://10.1.2.3",
            // This machine, and what is metadata to it alone.
            "https://127.0.0.1:4566",
            "https://localhost",
            "https://[::1]:4566",
            "https://169.254.169.254",
            "https://[fd00:ec2::254]",
        ] {
            assert!(!through(direct), "{direct}");
        }
    }

    #[test]
    fn refuses_a_proxy_it_cannot_use() {
        let says = |routes: Result<Routes, TransportError>| routes.err().unwrap().to_string();
        for (wrong, words) in [
            ("socks5://proxy:1080", "names a SOCKS proxy, which is not supported"),
            ("SOCKS5H://proxy:1080", "names a SOCKS proxy, which is not supported"),
            ("socks://proxy", "names a SOCKS proxy, which is not supported"),
            ("http://", "does not name a proxy"),
            ("http://pro xy", "does not name a proxy"),
            ("ftp://proxy", "does not name a proxy"),
        ] {
            let said = [says(routes(wrong, "", "")), says(routes("", wrong, ""))];
            assert!(said[0].starts_with(&format!("`HTTPS_PROXY` {words}")), "{wrong}: {said:?}");
            assert!(said[1].starts_with(&format!("`HTTP_PROXY` {words}")), "{wrong}: {said:?}");
            let by_all = Proxies {
                https: Some(wrong.to_owned()),
                variables: [Some("all_proxy".to_owned()), None],
                ..Proxies::default()
            };
            assert!(says(Routes::new(&by_all)).starts_with(&format!("`all_proxy` {words}")), "{wrong}");
        }
        assert!(routes(" ", "", "").unwrap().matcher.is_none());
        for wrong in ["socks5://proxy:1080", "http://", "http://pro xy"] {
            let always = Proxies { always: Some(wrong.to_owned()), ..Proxies::default() };
            assert!(says(Routes::new(&always)).starts_with("`proxy-url` "), "{wrong}");
        }
        // What a kubeconfig names is the only way, to this machine too.
        let always =
            Proxies { always: Some("http://proxy:3128".to_owned()), none: Some("*".to_owned()), ..Proxies::default() };
        let always = Routes::new(&always).unwrap();
        for source in ["https://kms.eu-west-1.amazonaws.com", "http://a.example", "https://127.0.0.1:6443"] {
            assert!(always.proxy_to(&source.parse().unwrap()).is_some(), "{source}");
        }
        assert!(
            !format!("{:?}", Proxies { https: Some("http://u:hidden@p".to_owned()), ..Proxies::default() })
                .contains("hidden")
        );
    }
}
