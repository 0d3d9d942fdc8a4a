//! An HTTP or HTTPS server on a free loopback port, on a thread of its own, stopped when dropped.
//!
//! One thread with a single-threaded run time: tests may use any run time of their own, and the figures that are
//! measured against it stay comparable.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::reply::{Delivery, Reply};
use crate::request::{Request, Secure};
use crate::wording::Wording;

/// Answers requests.
#[async_trait]
pub trait Handler: Send + Sync {
    async fn answer(&self, request: &Request) -> Reply;

    /// How the source speaks that this handler stands for.
    fn wording(&self) -> &dyn Wording;
}

#[async_trait]
impl<H: Handler + ?Sized> Handler for Arc<H> {
    async fn answer(&self, request: &Request) -> Reply {
        (**self).answer(request).await
    }

    fn wording(&self) -> &dyn Wording {
        (**self).wording()
    }
}

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Logged {
    pub operation: String,
    pub region: Option<String>,
    pub parameters: Value,
    pub user_agent: String,
    /// What was answered; `None` for a reset.
    pub status: Option<u16>,
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    roots: Option<String>,
    log: Arc<Mutex<Vec<Logged>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.url())
    }
}

impl Server {
    /// Plain HTTP.
    #[must_use]
    pub fn http(handler: impl Handler + 'static) -> Self {
        Self::start(handler, None)
    }

    /// HTTPS with a certificate for `localhost` and `127.0.0.1`, from an authority made for this server: `roots`.
    #[must_use]
    pub fn https(handler: impl Handler + 'static) -> Self {
        Self::https_as(handler, &["localhost", "127.0.0.1"])
    }

    /// The same with a certificate for other names, `*` included: for a client that is led here by a proxy.
    #[must_use]
    pub fn https_as(handler: impl Handler + 'static, names: &[&str]) -> Self {
        Self::start(handler, Some(Certificates::of(names)))
    }

    /// `http://127.0.0.1:<port>` or `https://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.roots.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// PEM of the authority to be trusted; `None` for plain HTTP.
    #[must_use]
    pub fn roots(&self) -> Option<&str> {
        self.roots.as_deref()
    }

    /// Every request so far, in order of arrival.
    #[must_use]
    pub fn log(&self) -> Vec<Logged> {
        lock(&self.log).clone()
    }

    pub fn clear_log(&self) {
        lock(&self.log).clear();
    }

    fn start(handler: impl Handler + 'static, certificates: Option<Certificates>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        listener.set_nonblocking(true).expect("non-blocking socket");
        let address = listener.local_addr().expect("an address");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let (roots, tls) = match certificates {
            Some(made) => (Some(made.roots), Some(made.acceptor)),
            None => (None, None),
        };
        let shared = Arc::clone(&log);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a run time");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = accept(listener, Arc::new(handler), tls, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, roots, log, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone already: then there is nothing to stop.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept<H: Handler + 'static>(
    listener: TcpListener,
    handler: Arc<H>,
    tls: Option<tokio_rustls::TlsAcceptor>,
    log: Arc<Mutex<Vec<Logged>>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // Small answers in a chain of requests: without this each waits for the other side's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let reset = Arc::new(AtomicBool::new(false));
        let stream = Resettable { stream, reset: Arc::clone(&reset) };
        let (handler, tls, log) = (Arc::clone(&handler), tls.clone(), Arc::clone(&log));
        tokio::spawn(async move {
            match tls {
                None => serve(stream, handler, log, reset, false).await,
                // A client that does not trust the certificate: its own error says so.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, handler, log, reset, true).await;
                    }
                }
            }
        });
    }
}

async fn serve<H: Handler + 'static>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    handler: Arc<H>,
    log: Arc<Mutex<Vec<Logged>>>,
    reset: Arc<AtomicBool>,
    secure: bool,
) {
    let service = service_fn(|incoming: http::Request<Incoming>| {
        let (handler, log, reset) = (Arc::clone(&handler), Arc::clone(&log), Arc::clone(&reset));
        async move {
            let (mut head, body) = incoming.into_parts();
            if secure {
                head.extensions.insert(Secure);
            }
            let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
            let request = Request::new(&head, body, |head, body| handler.wording().understand(head, body));
            let reply = handler.answer(&request).await;
            let status = (reply.delivery != Delivery::Reset).then_some(reply.status);
            lock(&log).push(Logged {
                user_agent: request.header("user-agent").unwrap_or("").to_owned(),
                operation: request.operation,
                region: request.region,
                parameters: request.parameters,
                status,
            });
            respond(reply, &reset).await
        }
    });
    // An ended connection is what several deliveries are for.
    let _ = http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(reply: Reply, reset: &AtomicBool) -> Result<http::Response<Outgoing>, std::io::Error> {
    let mut response = http::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = match reply.delivery {
        Delivery::Whole => Outgoing::Whole(Some(reply.body)),
        Delivery::Slow(wait) => {
            tokio::time::sleep(wait).await;
            Outgoing::Whole(Some(reply.body))
        }
        Delivery::Never => std::future::pending().await,
        Delivery::Reset => {
            reset.store(true, Ordering::Relaxed);
            return Err(std::io::Error::other("reset on purpose"));
        }
        Delivery::Cut => {
            response = response.header("content-length", reply.body.len());
            Outgoing::Cut(vec![reply.body.slice(..reply.body.len() / 2)], false)
        }
        Delivery::Repeated(total) => Outgoing::Repeated { piece: reply.body, left: total },
    };
    response.body(body).map_err(std::io::Error::other)
}

enum Outgoing {
    Whole(Option<Bytes>),
    /// What is sent before the end, and whether it had its turn to be flushed.
    Cut(Vec<Bytes>, bool),
    Repeated {
        piece: Bytes,
        left: u64,
    },
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(match &mut *self {
            Self::Whole(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Self::Cut(bytes, flushed) => Some(match bytes.pop() {
                Some(bytes) => Ok(Frame::data(bytes)),
                None if *flushed => Err(std::io::Error::other("cut on purpose")),
                None => {
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }),
            Self::Repeated { piece, left } => {
                let size = usize::try_from(*left).unwrap_or(usize::MAX).min(piece.len());
                *left -= size as u64;
                (size > 0).then(|| Ok(Frame::data(piece.slice(..size))))
            }
        })
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Cut(..) | Self::Repeated { .. } => SizeHint::default(),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }
}

/// A connection that is reset, not closed, when it is told so before the end.
struct Resettable {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Resettable {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Where it cannot be set the connection is closed without an answer, which is as good.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// An authority and a server certificate, made anew for every server.
struct Certificates {
    roots: String,
    acceptor: tokio_rustls::TlsAcceptor,
}

impl Certificates {
    fn of(names: &[&str]) -> Self {
        let authority_key = rcgen::KeyPair::generate().expect("a key");
        let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).expect("parameters");
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let roots = authority.self_signed(&authority_key).expect("a certificate").pem();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().expect("a key");
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let leaf = rcgen::CertificateParams::new(names)
            .and_then(|parameters| parameters.signed_by(&key, &issuer))
            .expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            )
            .expect("a usable certificate");
        Self { roots, acceptor: Arc::new(config).into() }
    }
}

/// A poisoned lock means that a test has failed already; what it guards is still readable.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
