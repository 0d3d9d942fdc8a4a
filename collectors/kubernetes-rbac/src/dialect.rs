//! What goes over the wire to an API server, and how it is recorded.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use sdk::{KnownSecrets, Secret};
use serde_json::{Map, Value};
use tower::{BoxError, Service};
use transport::{Asked, Dialect, Limits, Recording};

use crate::wire;

/// The transport as a service under kube's authentication: innermost, so that every attempt is recorded.
#[derive(Clone)]
pub struct Recorded {
    pub recording: Recording,
    pub secrets: KnownSecrets,
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
pub struct Kubernetes {
    /// The path of the server's address, without a `/` at the end: `/k8s/clusters/c-1` behind Rancher.
    pub base_path: String,
}

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
        let path = request.uri.path();
        Asked {
            operation: crate::rights::right_of(
                request.method.as_str(),
                path.strip_prefix(self.base_path.as_str()).unwrap_or(path),
            ),
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
