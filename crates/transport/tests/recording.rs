//! What is recorded of each attempt, whatever becomes of it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, request};
use sdk::{Clock, ExchangeFailure, KnownSecrets, NewBody, Secret, Timestamp, WithheldReason};
use serde_json::json;
use testkit::{Delivery, Handler, HttpWording, Memory, Reply, Server, Wording};
use witnessmark_transport::{Asked, Dialect, Failure, Limits, Recording, Scope, Settings, Transport};

/// Operation and credentials are told by the path; the error is the body.
#[derive(Debug)]
struct Paths;

impl Dialect for Paths {
    fn asked(&self, request: &request::Parts, body: &Bytes) -> Asked {
        Asked {
            operation: request.uri.path().to_owned(),
            parameters: json!({"body": String::from_utf8_lossy(body)}),
            credential_bearing: request.uri.path() == "/credentials",
            attempt: None,
        }
    }

    fn request_id(&self, answer: &HeaderMap) -> Option<String> {
        answer.get("x-request-id")?.to_str().ok().map(str::to_owned)
    }

    fn error_code(&self, status: u16, _: &HeaderMap, body: &Bytes) -> Option<String> {
        (status >= 400).then(|| String::from_utf8_lossy(body).into_owned())
    }
}

/// Answers every request alike.
struct Always(Reply);

#[async_trait]
impl Handler for Always {
    async fn answer(&self, _: &testkit::Request) -> Reply {
        self.0.clone()
    }

    fn wording(&self) -> &dyn Wording {
        &HttpWording
    }
}

fn text(body: &str) -> Reply {
    Reply::new(200, "text/plain", body.to_owned())
        .with_header("x-request-id", "id-1")
        .with_header("date", "Sat, 21 Nov 2026 11:00:00 GMT")
}

struct Setup {
    memory: Memory,
    recording: Recording,
}

fn setup(settings: &Settings) -> Setup {
    let memory = Memory::default();
    let known = KnownSecrets::default();
    known.add(Secret::new("our-own-secret-key".to_owned()));
    let recorder = memory.recorder("target", "paths", known);
    let clock = Clock::new(|| Timestamp::from_millis(0).unwrap());
    let transport = Transport::new(settings).unwrap();
    Setup { recording: Recording::new(transport, Arc::new(Paths), recorder, clock), memory }
}

fn limits() -> Limits {
    Limits { connect: Duration::from_secs(5), read: Duration::from_millis(300), total: Duration::from_secs(5) }
}

fn get(url: &str, path: &str) -> Request<Bytes> {
    Request::post(format!("{url}{path}"))
        .header("authorization", "our-own-secret-key")
        .body(Bytes::from_static(b"asked"))
        .unwrap()
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

#[test]
fn keeps_an_answer_byte_for_byte() {
    run(async {
        let server = Server::http(Always(text("\u{0}odd \"bytes\"\r\n")));
        let Setup { memory, recording } = setup(&Settings::default());
        let answer = recording.send(get(&server.url(), "/a"), limits()).await.unwrap();
        assert_eq!(answer.body(), "\u{0}odd \"bytes\"\r\n");

        let seen = memory.seen().exchanges;
        let one = &seen[0].exchange;
        assert_eq!(one.endpoint, server.url());
        assert_eq!(one.operation, "/a");
        assert_eq!((one.status, one.page, one.attempt), (Some(200), 0, 1));
        assert_eq!(one.request_id.as_deref(), Some("id-1"));
        assert_eq!(one.date.as_deref(), Some("Sat, 21 Nov 2026 11:00:00 GMT"));
        assert_eq!(one.parameters, json!({"body": "asked"}));
        assert_eq!((&one.peer, &one.failure, &one.error), (&None, &None, &None));
        assert!(matches!(&one.body, NewBody::Received(bytes) if bytes == answer.body()));
        assert!(!format!("{seen:?}").contains("our-own-secret-key"));
    });
}

#[test]
fn keeps_refusals_with_their_code() {
    run(async {
        let server = Server::http(Always(Reply::new(403, "text/plain", "Denied")));
        let Setup { memory, recording } = setup(&Settings::default());
        let answer = recording.send(get(&server.url(), "/a"), limits()).await.unwrap();
        assert_eq!(answer.status(), 403);
        let one = &memory.seen().exchanges[0].exchange;
        assert_eq!((one.status, one.error.as_deref()), (Some(403), Some("Denied")));
    });
}

#[test]
fn keeps_what_came_of_a_broken_answer() {
    run(async {
        let whole = "0123456789".repeat(10);
        let cases = [
            (Delivery::Cut, Some(ExchangeFailure::Cut), Some(200), 50),
            (Delivery::Reset, Some(ExchangeFailure::Reset), None, 0),
            (Delivery::Never, Some(ExchangeFailure::Timeout), None, 0),
        ];
        for (delivery, failure, status, length) in cases {
            let server = Server::http(Always(text(&whole).delivered(delivery)));
            let Setup { memory, recording } = setup(&Settings::default());
            let short = Limits { connect: Duration::from_millis(200), ..limits() };
            let error = recording.send(get(&server.url(), "/a"), short).await.unwrap_err();
            assert_eq!(error.kind(), failure, "{delivery:?}");
            let seen = memory.seen().exchanges;
            assert_eq!(seen.len(), 1, "{delivery:?}");
            let one = &seen[0].exchange;
            assert_eq!((one.failure, one.status), (failure, status), "{delivery:?}");
            let kept = match &one.body {
                NewBody::Received(bytes) => bytes.len(),
                _ => 0,
            };
            assert_eq!(kept, length, "{delivery:?}");
        }
    });
}

#[test]
fn refuses_what_is_too_large() {
    run(async {
        let server = Server::http(Always(text(&"x".repeat(1000)).delivered(Delivery::Repeated(100_000))));
        let Setup { memory, recording } = setup(&Settings { largest_body: 4096, ..Settings::default() });
        let error = recording.send(get(&server.url(), "/a"), limits()).await.unwrap_err();
        assert!(matches!(error, Failure::TooLarge { limit: 4096 }));
        let one = &memory.seen().exchanges[0].exchange;
        assert_eq!(one.failure, Some(ExchangeFailure::TooLarge));
        assert!(matches!(&one.body, NewBody::Received(bytes) if bytes.len() <= 4096));
    });
}

#[test]
fn records_that_nobody_answered() {
    run(async {
        // A port that was free a moment ago.
        let gone = Server::http(Always(text(""))).url();
        let Setup { memory, recording } = setup(&Settings::default());
        let error = recording.send(get(&gone, "/a"), limits()).await.unwrap_err();
        assert!(matches!(error, Failure::Connect(_)), "{error}");
        let one = &memory.seen().exchanges[0].exchange;
        assert_eq!((one.failure, one.status), (Some(ExchangeFailure::Connect), None));
        assert!(matches!(one.body, NewBody::None));
    });
}

#[test]
fn records_an_attempt_given_up_from_outside() {
    run(async {
        let server = Server::http(Always(text("").delivered(Delivery::Never)));
        let Setup { memory, recording } = setup(&Settings::default());
        let call = recording.send(get(&server.url(), "/a"), Limits::default());
        assert!(tokio::time::timeout(Duration::from_millis(100), call).await.is_err());
        assert_eq!(memory.seen().exchanges[0].exchange.failure, Some(ExchangeFailure::Timeout));
    });
}

#[test]
fn hands_no_secret_on() {
    run(async {
        let server = Server::http(Always(text("x our-own-secret-key y")));
        let Setup { memory, recording } = setup(&Settings::default());
        let scope = Scope::new("/a".to_owned(), None, None, 0);
        let sent = scope.run(recording.send(get(&server.url(), "/a"), limits())).await;
        assert!(matches!(sent, Err(Failure::Withheld)));
        assert_eq!(memory.seen().exchanges[0].withheld, Some(WithheldReason::SuspectedSecret));
        let seen = scope.last().unwrap();
        assert!(seen.withheld && seen.body.is_empty());
    });
}

#[test]
fn keeps_no_credentials() {
    run(async {
        let server = Server::http(Always(text("token")));
        let Setup { memory, recording } = setup(&Settings::default());
        let answer = recording.send(get(&server.url(), "/credentials"), limits()).await.unwrap();
        assert_eq!(answer.body(), "token");
        assert_eq!(memory.seen().exchanges[0].withheld, Some(WithheldReason::CredentialBearing));
    });
}

#[test]
fn knows_which_call_a_request_belongs_to() {
    run(async {
        let server = Server::http(Always(text("")));
        let Setup { memory, recording } = setup(&Settings::default());
        let subject = sdk::Subject { kind: "k".to_owned(), id: "i".to_owned() };
        let scope = Scope::new("/list".to_owned(), Some("p".to_owned()), Some(subject.clone()), 3);
        scope
            .run(async {
                // What the SDK does by itself before and between.
                recording.send(get(&server.url(), "/credentials"), limits()).await.unwrap();
                recording.send(get(&server.url(), "/list"), limits()).await.unwrap();
                recording.send(get(&server.url(), "/list"), limits()).await.unwrap();
            })
            .await;
        recording.send(get(&server.url(), "/list"), limits()).await.unwrap();

        let seen = memory.seen().exchanges;
        let of = |n: usize| {
            let one = &seen[n].exchange;
            (one.population.as_deref(), one.subject.clone(), one.page, one.attempt)
        };
        assert_eq!(of(0), (None, None, 0, 1));
        assert_eq!(of(1), (Some("p"), Some(subject.clone()), 3, 1));
        assert_eq!(of(2), (Some("p"), Some(subject), 3, 2));
        assert_eq!(of(3), (None, None, 0, 1));
        assert_eq!(scope.attempts(), 2);
        assert_eq!(scope.last().unwrap().exchange, sdk::ExchangeId(2));
    });
}

#[test]
fn names_the_peer_and_reads_no_other() {
    run(async {
        let server = Server::https(Always(text("hello")));
        let trusting = Settings { extra_roots: vec![server.roots().unwrap().to_owned()], ..Settings::default() };
        let Setup { memory, recording } = setup(&trusting);
        for _ in 0..2 {
            recording.send(get(&server.url(), "/a"), limits()).await.unwrap();
        }
        let seen = memory.seen().exchanges;
        assert!(seen[0].exchange.peer.is_some());
        assert_eq!(seen[0].exchange.peer, seen[1].exchange.peer);

        let Setup { memory, recording } = setup(&Settings::default());
        let error = recording.send(get(&server.url(), "/a"), limits()).await.unwrap_err();
        assert!(matches!(error, Failure::Tls(_)), "{error}");
        let one = &memory.seen().exchanges[0].exchange;
        assert_eq!((one.failure, one.status, &one.peer), (Some(ExchangeFailure::Tls), None, &None));
    });
}

#[test]
fn refuses_authorities_that_are_none() {
    for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "nothing"] {
        let settings = Settings { extra_roots: vec![pem.to_owned()], ..Settings::default() };
        assert!(Transport::new(&settings).is_err(), "{pem}");
    }
}
