//! Requests that are nobody's evidence: a store of ours is asked, and no source. Nothing of them is recorded.

use bytes::{Bytes, BytesMut};
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::time::{Instant, timeout_at};

use crate::client::{Limits, Transport};
use crate::record::{Failure, causes, unsent};

impl Transport {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, Failure> {
        let (mut parts, body) = request.into_parts();
        if parts.uri.scheme_str() == Some("http")
            && let Some(proxy) = self.routes().proxy_to(&parts.uri)
            && let Some(authorization) = proxy.basic_auth()
        {
            parts.headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        let end = Instant::now() + limits.total;
        let first = (Instant::now() + limits.connect + limits.read).min(end);
        let sent = self.pool(limits.connect).request(Request::from_parts(parts, Full::new(body)));
        let answer = timeout_at(first, sent)
            .await
            .map_err(|_| Failure::Timeout(limits.connect + limits.read))?
            .map_err(|error| unsent(self, &error))?;
        let (head, mut frames) = answer.into_parts();
        let mut body = BytesMut::new();
        loop {
            let next = (Instant::now() + limits.read).min(end);
            match timeout_at(next, frames.frame()).await.map_err(|_| Failure::Timeout(limits.read))? {
                None => return Ok(Response::from_parts(head, body.freeze())),
                Some(Err(error)) => return Err(Failure::Cut(causes(&error))),
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if body.len() + data.len() > self.largest_body() {
                        return Err(Failure::TooLarge { limit: self.largest_body() });
                    }
                    body.extend_from_slice(&data);
                }
            }
        }
    }
}
