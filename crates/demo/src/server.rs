//! The loopback server that gives recorded answers again.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::tape::{Request, Tape, undated};

/// No request of ours is larger.
const MOST_REQUEST_BYTES: usize = 1 << 20;

/// A running replay. Ends when dropped.
#[derive(Debug)]
pub struct Replay {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct State(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    tape: Arc<Tape>,
    counts: HashMap<Request, usize>,
    unmatched: BTreeSet<String>,
}

/// Serves a tape on a free port of 127.0.0.1.
///
/// # Errors
/// When no port can be bound.
pub async fn serve(tape: Tape) -> io::Result<Replay> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let state = Arc::new(State(Mutex::new(Seen::nothing(tape))));
    let shared = Arc::clone(&state);
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let state = Arc::clone(&shared);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                // A client that breaks off is its own business.
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
            });
        }
    });
    Ok(Replay { address, state, task })
}

impl Replay {
    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Goes on with another tape, at the same place: what was asked of the one before is forgotten.
    pub fn put(&self, tape: Tape) {
        *self.state.seen() = Seen::nothing(tape);
    }

    /// Requests for which nothing was recorded.
    #[must_use]
    pub fn unmatched(&self) -> Vec<String> {
        self.state.seen().unmatched.iter().cloned().collect()
    }

    /// Recorded requests that no one made.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let seen = self.state.seen();
        let mut unused: Vec<String> =
            seen.tape.requests().filter(|request| !seen.counts.contains_key(request)).map(describe).collect();
        unused.sort();
        unused
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    fn nothing(tape: Tape) -> Self {
        Self { tape: Arc::new(tape), counts: HashMap::new(), unmatched: BTreeSet::new() }
    }
}

impl State {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(state: Arc<State>, request: hyper::Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MOST_REQUEST_BYTES).collect().await else {
        return Ok(plain(StatusCode::BAD_REQUEST, "the request broke off"));
    };
    let request = Request {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(String::new, |path| undated(path.as_str())),
        target: head.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    };
    let (tape, nth) = {
        let mut seen = state.seen();
        let count = seen.counts.entry(request.clone()).or_insert(0);
        *count += 1;
        let nth = *count - 1;
        (Arc::clone(&seen.tape), nth)
    };
    let Some(entry) = tape.answer(&request, nth) else {
        state.seen().unmatched.insert(describe(&request));
        return Ok(plain(StatusCode::NOT_IMPLEMENTED, "nothing was recorded for this request"));
    };
    let mut response = Response::builder().status(entry.status);
    for (name, value) in &entry.headers {
        response = response.header(name, value);
    }
    let body = Full::new(Bytes::from(entry.answer.clone()));
    Ok(response
        .body(body)
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "the recording holds no HTTP answer")))
}

fn describe(request: &Request) -> String {
    format!("{} {} {} {}", request.method, request.path, request.target, request.body)
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
