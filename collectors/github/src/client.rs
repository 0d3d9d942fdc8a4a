//! octocrab over the transport.
//!
//! It builds the requests, signs an App's assertions, and puts the credentials and the server's origin on them. What else it
//! could do (wait, follow, try again, keep an installation's token, parse) is not asked of it: docs/adr/0065.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, response};
use http_body_util::{BodyExt as _, Full};
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use sdk::{KnownSecrets, Secret};
use tower::Service;
use transport::{Failure, Limits, Recording};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.github+json");

/// The recording transport as the service under octocrab: one call of it is one attempt. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Wire {
    pub recording: Recording,
    pub secrets: KnownSecrets,
}

impl Wire {
    async fn send(self, request: Request<OctoBody>) -> Result<Response<Full<Bytes>>, Failure> {
        let (head, body) = request.into_parts();
        // Before it goes out, and whoever made it: what an answer or a gap repeats of it is withheld.
        if let Some(credential) = bearer(&head.headers) {
            self.secrets.add(credential);
        }
        let Ok(body) = body.collect().await else {
            return Err(Failure::Request("its body cannot be read".to_owned()));
        };
        // The run's deadline is held by whoever asks, who gives an attempt up.
        let request = Request::from_parts(head, body.to_bytes());
        let answer = self.recording.send(request, Limits::default()).await?;
        Ok(answer.map(Full::new))
    }
}

impl Service<Request<OctoBody>> for Wire {
    type Response = Response<Full<Bytes>>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    // octocrab's queue gives up for ever on a service that fails here.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    // Nothing is done before the future is polled: by the asking task, in whose scope the attempt is recorded.
    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let credential = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(Secret::new(credential.to_owned()))
}

/// octocrab for the server at `origin`, which is scheme and authority alone. Must be called inside a run time.
pub fn octocrab(wire: Wire, origin: Uri, user_agent: HeaderValue, auth: AuthState) -> Octocrab {
    let headers = vec![(ACCEPT, MEDIA_TYPE), (USER_AGENT, user_agent)];
    let Ok(octocrab) = OctocrabBuilder::new_empty()
        .with_service(wire)
        .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
        .with_layer(&BaseUriLayer::new(origin))
        .with_auth(auth)
        .build();
    octocrab
}

/// Why octocrab brought no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// An attempt was made and failed on its way.
    Failed(Failure),
    /// The App's key signs nothing.
    Unsigned(String),
    /// No request was made.
    Unasked,
}

/// One attempt: the answer as it was received, whatever its status.
///
/// `at` is the path on the server, its own prefix included: octocrab gives its credentials to no address with a host of its own.
pub async fn attempt(
    octocrab: &Octocrab,
    method: &Method,
    at: &PathAndQuery,
) -> Result<(response::Parts, Bytes), Unanswered> {
    let at = Uri::from(at.clone());
    let answer = match *method {
        Method::POST => octocrab._post(at, None::<&()>).await,
        _ => octocrab._get(at).await,
    };
    let (head, body) = answer.map_err(unanswered)?.into_parts();
    let body = body.collect().await.map_err(unanswered)?;
    Ok((head, body.to_bytes()))
}

fn unanswered(error: octocrab::Error) -> Unanswered {
    match error {
        octocrab::Error::Service { source, .. } => match source.downcast::<Failure>() {
            Ok(failure) => Unanswered::Failed(*failure),
            // octocrab's own queue ended; its words are about nothing that was asked.
            Err(_) => Unanswered::Unasked,
        },
        octocrab::Error::JWT { source, .. } => Unanswered::Unsigned(source.to_string()),
        // The text of the others could hold the token.
        _ => Unanswered::Unasked,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_trait::async_trait;
    use sdk::{Clock, NewBody, Timestamp, suspects_secret};
    use serde_json::json;
    use testkit::{Delivery, Handler, Memory, Reply, Server, Wording};
    use transport::{Scope, Settings, Transport};

    use super::*;
    use crate::routes;
    use crate::wire::GitHub;

    /// Answers everything in one way.
    struct Always(Reply);

    #[async_trait]
    impl Handler for Always {
        async fn answer(&self, _: &testkit::Request) -> Reply {
            self.0.clone()
        }

        fn wording(&self) -> &dyn Wording {
            &fakes::github::GithubWording
        }
    }

    fn over(server: &Server, memory: &Memory, secrets: &KnownSecrets, token: &str) -> Octocrab {
        let now = || Timestamp::from_millis(0).unwrap();
        let clock = Clock::new(now);
        let recorder = memory.recorder("github", "github", secrets.clone());
        let transport = Transport::new(&Settings::default()).unwrap();
        let dialect = Arc::new(GitHub { prefix: String::new() });
        let wire = Wire { recording: Recording::new(transport, dialect, recorder, clock), secrets: secrets.clone() };
        let auth = AuthState::AccessToken { token: token.into() };
        octocrab(wire, server.url().parse().unwrap(), HeaderValue::from_static("a test"), auth)
    }

    fn northbank() -> PathAndQuery {
        PathAndQuery::from_static("/orgs/northbank")
    }

    #[tokio::test]
    async fn a_credential_is_known_before_it_is_sent() {
        const TOKEN: &str = "nobody-said-that-this-is-one";
        let reply = Reply::new(200, "application/json", json!({"repeated": TOKEN}).to_string());
        let server = Server::http(Always(reply));
        let (memory, secrets) = (Memory::default(), KnownSecrets::default());
        assert!(!suspects_secret(TOKEN.as_bytes(), &secrets));
        let client = over(&server, &memory, &secrets, TOKEN);
        let answer = attempt(&client, &Method::GET, &northbank()).await;
        assert!(matches!(answer, Err(Unanswered::Failed(Failure::Withheld))), "{answer:?}");
        assert!(suspects_secret(TOKEN.as_bytes(), &secrets));
    }

    #[tokio::test]
    async fn the_bytes_of_any_answer_come_through_and_are_recorded() {
        for (status, body) in
            [(200, "{\"id\": 1 }\n"), (302, "<html>"), (404, "{\"message\":\"Not Found\"}"), (503, "")]
        {
            let server = Server::http(Always(Reply::new(status, "text/plain", body).with_header("location", "/")));
            let memory = Memory::default();
            let client = over(&server, &memory, &KnownSecrets::default(), "token-0000");
            let (head, bytes) = attempt(&client, &Method::GET, &northbank()).await.unwrap();
            assert_eq!((head.status.as_u16(), &bytes[..]), (status, body.as_bytes()));
            let [one] = &memory.seen().exchanges[..] else { panic!("one attempt: {:?}", memory.seen().exchanges) };
            assert_eq!(one.exchange.status, Some(status));
            assert!(matches!(&one.exchange.body, NewBody::Received(kept) if *kept == bytes), "{one:?}");
        }
    }

    #[tokio::test]
    async fn an_attempt_that_is_given_up_is_recorded_with_its_call() {
        let server = Server::http(Always(Reply::new(200, "application/json", "{}").delivered(Delivery::Never)));
        let memory = Memory::default();
        let client = over(&server, &memory, &KnownSecrets::default(), "token-0000");
        let scope = Scope::new(routes::ORGANIZATION.to_owned(), Some("github/organization".to_owned()), None, 0);
        let at = northbank();
        let asking = scope.run(attempt(&client, &Method::GET, &at));
        let ended = tokio::time::timeout(Duration::from_millis(500), asking).await;
        assert!(ended.is_err(), "{ended:?}");
        let [one] = &memory.seen().exchanges[..] else { panic!("one attempt: {:?}", memory.seen().exchanges) };
        assert_eq!(one.exchange.failure, Some(sdk::ExchangeFailure::Timeout));
        assert_eq!(one.exchange.population.as_deref(), Some("github/organization"));
        assert_eq!(one.exchange.operation, routes::ORGANIZATION);
    }

    #[tokio::test]
    async fn what_fails_on_the_way_comes_out_as_it_went_in() {
        let server = Server::http(Always(Reply::new(200, "application/json", "{}").delivered(Delivery::Reset)));
        let client = over(&server, &Memory::default(), &KnownSecrets::default(), "token-0000");
        let answer = attempt(&client, &Method::GET, &northbank()).await;
        assert!(matches!(answer, Err(Unanswered::Failed(Failure::Reset(_)))), "{answer:?}");
        let client = over(&server, &Memory::default(), &KnownSecrets::default(), "not a\ntoken");
        let answer = attempt(&client, &Method::GET, &northbank()).await;
        assert!(matches!(answer, Err(Unanswered::Unasked)), "{answer:?}");
    }
}
