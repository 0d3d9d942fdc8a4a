//! One attempt, sent and recorded.

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{DATE, PROXY_AUTHORIZATION};
use http::{HeaderMap, Request, Response, Uri, request};
use http_body_util::{BodyExt as _, Full};
use sdk::{Clock, ExchangeFailure, NewBody, NewExchange, Recorder, SinkError, WithheldReason};
use serde_json::Value;
use tokio::time::Instant;

use crate::client::{Limits, Transport};
use crate::connect::Peer;
use crate::route::endpoint;
use crate::scope::{Scope, Seen};

/// What a kind of source says in its requests and answers.
pub trait Dialect: Debug + Send + Sync {
    /// What a request asks.
    fn asked(&self, request: &request::Parts, body: &Bytes) -> Asked;

    /// The source's own id of the request, from the answer's headers.
    fn request_id(&self, answer: &HeaderMap) -> Option<String>;

    /// The source's own error code; `None` in an answer that is not a refusal.
    fn error_code(&self, status: u16, answer: &HeaderMap, body: &Bytes) -> Option<String>;
}

/// What a request asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// As the source spells it: `kms:ListKeys`.
    pub operation: String,
    /// A JSON object.
    pub parameters: Value,
    /// Answers bear credentials: their bodies are not kept.
    pub credential_bearing: bool,
    /// The SDK's own number of this attempt, from 1, where the request tells.
    pub attempt: Option<u32>,
}

/// Why an attempt brought no answer to hand on. It is recorded nevertheless.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    #[error("no connection: {0}")]
    Connect(String),
    #[error("no trusted TLS connection: {0}")]
    Tls(String),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection ended before an answer: {0}")]
    Reset(String),
    #[error("the answer was cut: {0}")]
    Cut(String),
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the answer seems to hold a secret and was not kept")]
    Withheld,
    #[error("the request cannot be sent: {0}")]
    Request(String),
    /// The cause is kept by the recording: [`Recording::take_sink_error`].
    #[error("evidence cannot be written")]
    Sink,
}

impl Failure {
    /// As it is in an `exchange` record. `None` where an answer came whole.
    #[must_use]
    pub const fn kind(&self) -> Option<ExchangeFailure> {
        match self {
            Self::Connect(_) | Self::Request(_) => Some(ExchangeFailure::Connect),
            Self::Tls(_) => Some(ExchangeFailure::Tls),
            Self::Timeout(_) => Some(ExchangeFailure::Timeout),
            Self::Reset(_) => Some(ExchangeFailure::Reset),
            Self::Cut(_) => Some(ExchangeFailure::Cut),
            Self::TooLarge { .. } => Some(ExchangeFailure::TooLarge),
            Self::Withheld | Self::Sink => None,
        }
    }
}

/// A transport that records all it does for one collector. Clones share connections and recorder.
#[derive(Clone, Debug)]
pub struct Recording {
    transport: Transport,
    dialect: Arc<dyn Dialect>,
    recorder: Recorder,
    clock: Clock,
    sink_error: Arc<Mutex<Option<SinkError>>>,
}

impl Recording {
    #[must_use]
    pub fn new(transport: Transport, dialect: Arc<dyn Dialect>, recorder: Recorder, clock: Clock) -> Self {
        Self { transport, dialect, recorder, clock, sink_error: Arc::default() }
    }

    /// Why evidence could not be written, once. The run must end then.
    #[must_use]
    pub fn take_sink_error(&self) -> Option<SinkError> {
        self.sink_error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Sends one attempt and records it before anything is handed on, also if this future is dropped half-way.
    ///
    /// # Errors
    /// When no whole answer came, or one that must not be handed on.
    pub async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, Failure> {
        let (mut parts, body) = request.into_parts();
        let asked = self.dialect.asked(&parts, &body);
        let mut attempt = Attempt::new(self, &parts.uri, asked);

        let routes = self.transport.routes();
        if parts.uri.scheme_str() == Some("http")
            && let Some(proxy) = routes.proxy_to(&parts.uri)
            && let Some(authorization) = proxy.basic_auth()
        {
            parts.headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        let pool = self.transport.pool(limits.connect);
        let end = Instant::now() + limits.total;
        let first = (Instant::now() + limits.connect + limits.read).min(end);
        let sent = pool.request(Request::from_parts(parts, Full::new(body)));
        let answer = match tokio::time::timeout_at(first, sent).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let failure = unsent(&self.transport, &error);
                return Err(attempt.fail(failure));
            }
            Err(_) => return Err(attempt.fail(Failure::Timeout(limits.connect + limits.read))),
        };

        let (head, mut frames) = answer.into_parts();
        attempt.answered(&head);
        let largest = self.transport.largest_body();
        loop {
            let next = (Instant::now() + limits.read).min(end);
            match tokio::time::timeout_at(next, frames.frame()).await {
                Ok(None) => break,
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        if attempt.body.len() + data.len() > largest {
                            return Err(attempt.fail(Failure::TooLarge { limit: largest }));
                        }
                        attempt.body.extend_from_slice(&data);
                    }
                }
                Ok(Some(Err(error))) => return Err(attempt.fail(Failure::Cut(causes(&error)))),
                Err(_) => return Err(attempt.fail(Failure::Timeout(limits.read))),
            }
        }
        let body = attempt.complete(&head.headers)?;
        Ok(Response::from_parts(head, body))
    }
}

/// Why a request was not answered.
pub(crate) fn unsent(transport: &Transport, error: &hyper_util::client::legacy::Error) -> Failure {
    if !error.is_connect() {
        return Failure::Reset(causes(error));
    }
    if is_tls(error) {
        let hint = transport.untrusting().map(|problem| format!(" ({problem})"));
        return Failure::Tls(format!("{}{}", causes(error), hint.unwrap_or_default()));
    }
    Failure::Connect(causes(error))
}

/// One attempt under way. Whatever happens to it, it is recorded: by `fail`, `complete`, or when dropped.
struct Attempt<'a> {
    recording: &'a Recording,
    scope: Option<Scope>,
    credential_bearing: bool,
    /// Taken when recorded.
    draft: Option<NewExchange>,
    answered: bool,
    body: BytesMut,
    began: Instant,
    /// Why it failed.
    words: Option<String>,
}

impl<'a> Attempt<'a> {
    fn new(recording: &'a Recording, uri: &Uri, asked: Asked) -> Self {
        let current = Scope::current();
        let counted = current.as_ref().map(|scope| scope.count(&asked.operation));
        let scope = current.filter(|scope| scope.owns(&asked.operation));
        let draft = NewExchange {
            endpoint: endpoint(uri),
            peer: None,
            population: scope.as_ref().and_then(|s| s.population().cloned()),
            subject: scope.as_ref().and_then(|s| s.subject().cloned()),
            page: scope.as_ref().map_or(0, Scope::page),
            attempt: asked.attempt.or(counted).unwrap_or(1),
            operation: asked.operation,
            started: recording.clock.now(),
            status: None,
            error: None,
            failure: None,
            request_id: None,
            date: None,
            parameters: asked.parameters,
            body: NewBody::None,
        };
        tracing::debug!(
            target_id = recording.recorder.target(),
            collector = recording.recorder.collector(),
            operation = draft.operation,
            host = draft.endpoint,
            attempt = draft.attempt,
            "asking"
        );
        Self {
            recording,
            scope,
            credential_bearing: asked.credential_bearing,
            draft: Some(draft),
            answered: false,
            body: BytesMut::new(),
            began: Instant::now(),
            words: None,
        }
    }

    fn answered(&mut self, head: &http::response::Parts) {
        self.answered = true;
        let request_id = self.recording.dialect.request_id(&head.headers);
        if let Some(draft) = &mut self.draft {
            draft.status = Some(head.status.as_u16());
            draft.peer = head.extensions.get::<Peer>().and_then(|peer| peer.0.clone());
            draft.request_id = request_id;
            draft.date = head.headers.get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
        }
    }

    /// Records the attempt as failed, with the bytes that came.
    fn fail(mut self, failure: Failure) -> Failure {
        self.words = Some(failure.to_string());
        match self.record(failure.kind(), None) {
            Ok(_) => failure,
            Err(unwritable) => unwritable,
        }
    }

    /// Records the attempt with its whole body, and gives that body back to be handed on.
    fn complete(mut self, headers: &HeaderMap) -> Result<Bytes, Failure> {
        self.record(None, Some(headers))
    }

    fn record(&mut self, failure: Option<ExchangeFailure>, headers: Option<&HeaderMap>) -> Result<Bytes, Failure> {
        let Some(mut draft) = self.draft.take() else {
            return Err(Failure::Sink);
        };
        let bytes = std::mem::take(&mut self.body).freeze();
        draft.failure = failure;
        if let (Some(headers), Some(status)) = (headers, draft.status) {
            draft.error = self.recording.dialect.error_code(status, headers, &bytes);
        }
        draft.body = match (self.answered, self.credential_bearing) {
            (false, _) => NewBody::None,
            (true, true) => NewBody::CredentialBearing { size: bytes.len() as u64 },
            (true, false) => NewBody::Received(bytes.clone()),
        };
        // Never the path's query, a header or a body: they may hold what no one else may know.
        tracing::debug!(
            target_id = self.recording.recorder.target(),
            collector = self.recording.recorder.collector(),
            operation = draft.operation,
            host = draft.endpoint,
            attempt = draft.attempt,
            status = draft.status,
            error = draft.error,
            failure = failure.map(ExchangeFailure::as_str),
            bytes = bytes.len(),
            ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "asked"
        );
        let (status, error, asked) = (draft.status, draft.error.clone(), draft.endpoint.clone());
        let captured = match self.recording.recorder.answer(draft) {
            Ok(captured) => captured,
            Err(cause) => {
                *self.recording.sink_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(cause);
                return Err(Failure::Sink);
            }
        };
        let withheld = captured.withheld == Some(WithheldReason::SuspectedSecret);
        // Nobody reads a text that is not kept.
        let bytes = captured.masked.unwrap_or(bytes);
        if let Some(scope) = &self.scope {
            scope.saw(Seen {
                exchange: captured.id,
                endpoint: asked,
                status,
                error,
                failure,
                words: self.words.take(),
                withheld,
                body: if withheld { Bytes::new() } else { bytes.clone() },
            });
        }
        if withheld {
            return Err(Failure::Withheld);
        }
        Ok(bytes)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.draft.is_some() {
            // Given up from outside: a deadline. A failure to write is kept for the next look.
            drop(self.record(Some(ExchangeFailure::Timeout), None));
        }
    }
}

/// An error and its causes as one line.
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

/// Whether TLS itself refused: certificates, protocol. A connection that broke during the handshake is none of these.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // `io::Error::source` skips the error it carries.
    if let Some(carried) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        return is_tls(carried);
    }
    error.source().is_some_and(is_tls)
}
