//! Passes requests on to another server on loopback, and can write down what it answered.

use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::replay::RecordedBody;
use crate::server::lock;
use crate::{Handler, Recording, Reply, Request, Wording};

/// Headers of an answer that belong to one connection, not to the answer.
const OF_THE_CONNECTION: &[&str] = &["connection", "transfer-encoding", "content-length", "keep-alive"];

/// Forwards to `http://127.0.0.1:<port>`.
#[derive(Clone, Debug)]
pub struct Proxy {
    upstream: String,
    wording: &'static dyn Wording,
    recordings: Arc<Mutex<Vec<Recording>>>,
}

impl Proxy {
    /// # Panics
    /// When the address is not plain HTTP on loopback: a test reaches nothing else.
    #[must_use]
    pub fn to(url: &str, wording: &'static dyn Wording) -> Self {
        let upstream = url.trim_end_matches('/').strip_prefix("http://").unwrap_or("");
        assert!(
            upstream.starts_with("127.0.0.1:") || upstream.starts_with("localhost:"),
            "`{url}` is not plain HTTP on loopback"
        );
        Self { upstream: upstream.to_owned(), wording, recordings: Arc::default() }
    }

    /// What was answered so far, in order.
    #[must_use]
    pub fn recordings(&self) -> Vec<Recording> {
        lock(&self.recordings).clone()
    }

    async fn forward(&self, request: &Request) -> io::Result<Reply> {
        let stream = TcpStream::connect(&self.upstream).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        let mut outgoing = http::Request::builder().method(request.method.as_str()).uri(request.path.as_str());
        for (name, value) in &request.headers {
            if !OF_THE_CONNECTION.contains(&name.as_str()) {
                outgoing = outgoing.header(name, value);
            }
        }
        let outgoing = outgoing.body(Full::<Bytes>::from(request.body.clone())).map_err(io::Error::other)?;
        let answer = sender.send_request(outgoing).await.map_err(io::Error::other)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let headers = head
            .headers
            .iter()
            .filter(|(name, _)| !OF_THE_CONNECTION.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        Ok(Reply { status: head.status.as_u16(), headers, body, delivery: crate::Delivery::Whole })
    }
}

#[async_trait]
impl Handler for Proxy {
    async fn answer(&self, request: &Request) -> Reply {
        match self.forward(request).await {
            Ok(reply) => {
                lock(&self.recordings).push(Recording {
                    operation: request.operation.clone(),
                    region: request.region.clone(),
                    parameters: request.parameters.clone(),
                    status: reply.status,
                    headers: reply.headers.clone(),
                    body: RecordedBody::of(&reply.body),
                });
                reply
            }
            Err(error) => Reply::new(502, "text/plain", format!("{}: {error}", self.upstream)),
        }
    }

    fn wording(&self) -> &dyn Wording {
        self.wording
    }
}
