//! How often a source that fails is asked, how long it is waited for, and what is said of it in the end.
#![expect(clippy::disallowed_methods, reason = "it measures how long is really waited")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, request};
use sdk::{Clock, Environment, GapReason, KnownSecrets, Overrides, Patience, Timestamp};
use serde_json::Value;
use testkit::{HASTY, Handler, HttpWording, Memory, Reply, Server, Wording};
use tokio::sync::Semaphore;
use witnessmark_transport::{
    Again, Answer, Asked, Asker, Call, Dialect, Failure, Limits, Recording, Refusal, Seen, Settings, Transport, Trouble,
};

/// The operation is the path.
#[derive(Debug)]
struct Paths;

impl Dialect for Paths {
    fn asked(&self, request: &request::Parts, _: &Bytes) -> Asked {
        let operation = request.uri.path().to_owned();
        Asked { operation, parameters: Value::Null, credential_bearing: false, attempt: None }
    }

    fn request_id(&self, _: &HeaderMap) -> Option<String> {
        None
    }

    fn error_code(&self, _: u16, _: &HeaderMap, _: &Bytes) -> Option<String> {
        None
    }
}

/// Fails so often, then answers.
struct Failing {
    times: usize,
    how: Reply,
    came: AtomicUsize,
}

#[async_trait]
impl Handler for Failing {
    async fn answer(&self, _: &testkit::Request) -> Reply {
        if self.came.fetch_add(1, Ordering::Relaxed) < self.times {
            self.how.clone()
        } else {
            Reply::new(200, "text/plain", "here it is")
        }
    }

    fn wording(&self) -> &dyn Wording {
        &HttpWording
    }
}

fn failing(times: usize, status: u16) -> Failing {
    Failing { times, how: Reply::new(status, "text/plain", "not now"), came: AtomicUsize::new(0) }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

struct Setup {
    server: Server,
    memory: Memory,
    environment: Environment,
    asker: Asker,
}

fn setup(source: Failing, seconds: i64) -> Setup {
    setup_with(source, seconds, HASTY)
}

fn setup_with(source: Failing, seconds: i64, patience: Patience) -> Setup {
    let server = Server::http(source);
    let memory = Memory::default();
    let recorder = memory.recorder("target", "paths", KnownSecrets::default());
    let environment = Environment {
        run_id: "run".to_owned(),
        user_agent: "w/1".to_owned(),
        concurrency: 4,
        clock: Clock::new(now),
        deadline: Timestamp::from_millis(now().as_millis() + seconds * 1000).unwrap(),
        patience,
        stop: sdk::Stop::default(),
        overrides: Overrides::default(),
        pins: BTreeMap::new(),
    };
    let transport = Transport::new(&Settings::default()).unwrap();
    let recording = Recording::new(transport, Arc::new(Paths), recorder, environment.clock.clone());
    let asker = Asker::new(recording, &environment, Arc::new(Semaphore::new(4)));
    Setup { server, memory, environment, asker }
}

/// By the status alone; 429 is a limit on everybody, as long as `retry-after` says.
fn by_status(brought: Result<Response<Bytes>, Failure>, seen: Option<&Seen>) -> Result<(), Trouble> {
    let response = brought.map_err(|failure| Trouble::on_the_way(seen.unwrap(), &failure.to_string()).unwrap())?;
    let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().parse().unwrap());
    match (response.status().as_u16(), wait.map(Duration::from_millis)) {
        (200, _) => Ok(()),
        (429, Some(wait)) => Err(Trouble { again: Again::Limit(wait), ..Trouble::by_status(429, "a limit") }),
        (status, Some(wait)) => Err(Trouble { again: Again::After(wait), ..Trouble::by_status(status, "later") }),
        (status, None) => Err(Trouble::by_status(status, format!("status {status}"))),
    }
}

async fn ask(setup: &Setup) -> Result<Answer, Refusal> {
    ask_at(setup, &setup.server.url()).await
}

async fn ask_at(setup: &Setup, base: &str) -> Result<Answer, Refusal> {
    let uri = format!("{base}/thing");
    let attempt = |_| {
        let request = Request::get(&uri).body(Bytes::new()).unwrap();
        setup.asker.recording().send(request, Limits::default())
    };
    setup.asker.ask(&Call::new("/thing").population("things"), attempt, by_status).await.unwrap()
}

#[tokio::test]
async fn what_fails_for_a_while_is_not_lost() {
    let setup = setup(failing(6, 503), 60);
    let answer = ask(&setup).await.unwrap();
    assert_eq!((answer.attempts, answer.body.as_ref(), answer.exchange.0), (7, b"here it is".as_slice(), 6));
    let seen = setup.memory.seen();
    let attempts: Vec<u32> = seen.exchanges.iter().map(|one| one.exchange.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5, 6, 7], "each attempt is recorded");
}

#[tokio::test]
async fn what_fails_for_ever_is_a_refusal_with_its_last_attempt() {
    let setup = setup(failing(usize::MAX, 503), 60);
    let refusal = ask(&setup).await.unwrap_err();
    assert_eq!((refusal.reason, refusal.attempts, refusal.status), (GapReason::SourceError, 7, Some(503)));
    assert_eq!(refusal.exchange.unwrap().0, 6);
    assert_eq!(refusal.body, "not now");
    let gap = refusal.gap(None);
    assert_eq!((gap.population.as_deref(), gap.right.as_deref()), (Some("things"), Some("/thing")));
}

#[tokio::test]
async fn what_will_not_pass_is_asked_once() {
    for (status, reason) in [(403, GapReason::Denied), (404, GapReason::Unsupported), (401, GapReason::Unauthenticated)]
    {
        let refusal = ask(&setup(failing(usize::MAX, status), 60)).await.unwrap_err();
        assert_eq!((refusal.reason, refusal.attempts), (reason, 1), "{status}");
    }
}

#[tokio::test]
async fn nothing_is_waited_for_beyond_the_deadline() {
    let mut source = failing(usize::MAX, 503);
    source.how = source.how.with_header("retry-after", "600000");
    let setup = setup(source, 60);
    let started = Instant::now();
    let refusal = ask(&setup).await.unwrap_err();
    assert_eq!((refusal.reason, refusal.attempts), (GapReason::SourceError, 1));
    assert!(started.elapsed() < Duration::from_secs(30), "it was waited for in vain");
}

#[tokio::test]
async fn after_the_deadline_nothing_is_asked() {
    let setup = setup(failing(0, 503), 0);
    let refusal = ask(&setup).await.unwrap_err();
    assert_eq!((refusal.reason, refusal.attempts), (GapReason::Deadline, 0));
    assert!(setup.server.log().is_empty());
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_asks_and_waits_no_more() {
    let mut source = failing(usize::MAX, 503);
    source.how = source.how.with_header("retry-after", "50000");
    let setup = setup(source, 60);
    let started = Instant::now();
    let told = async {
        while setup.server.log().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        setup.environment.stop.tell("SIGTERM");
    };
    // The pause that the source asked for is not waited out; what it said last is why.
    let (refusal, ()) = tokio::join!(ask(&setup), told);
    let refusal = refusal.unwrap_err();
    assert!(matches!(refusal.reason, GapReason::SourceError | GapReason::Deadline), "{refusal:?}");
    assert!(started.elapsed() < Duration::from_secs(30), "it was waited for in vain");
    let asked = setup.server.log().len();
    let refusal = ask(&setup).await.unwrap_err();
    assert_eq!((refusal.reason, refusal.attempts), (GapReason::Deadline, 0));
    assert_eq!(refusal.detail, "the run was told to stop (SIGTERM) before this call");
    assert_eq!(setup.server.log().len(), asked);
}

#[tokio::test]
async fn a_limit_holds_for_whoever_asks_next() {
    let mut source = failing(1, 429);
    source.how = source.how.with_header("retry-after", "300");
    let setup = setup(source, 60);
    let started = Instant::now();
    assert_eq!(ask(&setup).await.unwrap().attempts, 2);
    assert!(started.elapsed() >= Duration::from_millis(300));

    let mut source = failing(usize::MAX, 429);
    source.how = source.how.with_header("retry-after", "50000");
    let setup = self::setup(source, 60);
    // The first who runs into it waits; so does the second, who has not asked at all.
    let (first, second) = (ask(&setup), ask(&setup));
    let both = tokio::time::timeout(Duration::from_millis(800), async { tokio::join!(first, second) }).await;
    assert!(both.is_err(), "{both:?}");
    assert!(setup.server.log().len() <= 2, "nobody asks again before the limit ends");
}

#[tokio::test]
async fn a_limit_that_outlasts_the_run_is_a_refusal() {
    let mut source = failing(usize::MAX, 429);
    source.how = source.how.with_header("retry-after", "600000");
    let setup = setup(source, 60);
    let refusal = ask(&setup).await.unwrap_err();
    assert_eq!((refusal.reason, refusal.attempts), (GapReason::Throttled, 1));
    // Whoever asks next is told at once: to ask on is what limits punish.
    let refusal = ask(&setup).await.unwrap_err();
    assert_eq!((refusal.reason, refusal.attempts), (GapReason::Throttled, 0));
    assert_eq!(setup.server.log().len(), 1);
    let mut source = failing(usize::MAX, 429);
    source.how = source.how.with_header("retry-after", u64::MAX.to_string());
    assert_eq!(ask(&self::setup(source, 60)).await.unwrap_err().reason, GapReason::Throttled);
}

#[tokio::test]
async fn what_an_attempt_cannot_do_without_needs_no_permit_of_its_own() {
    let setup = setup(failing(1, 503), 60);
    let permits = Arc::new(Semaphore::new(1));
    let asker = Asker::new(setup.asker.recording().clone(), &setup.environment, permits);
    let send = |path: &str| {
        let request = Request::get(format!("{}{path}", setup.server.url())).body(Bytes::new()).unwrap();
        asker.recording().send(request, Limits::default())
    };
    let attempt = |_| async {
        let token = asker.ask_within(&Call::new("/token"), |_| send("/token"), by_status).await.unwrap().unwrap();
        assert_eq!(token.attempts, 2, "it is tried again like any other");
        send("/thing").await
    };
    let call = Call::new("/thing");
    let asked = asker.ask(&call, attempt, by_status);
    let answer = tokio::time::timeout(Duration::from_secs(20), asked).await.expect("no waiting for oneself");
    assert_eq!(answer.unwrap().unwrap().attempts, 1);
    let seen: Vec<(String, u32)> =
        setup.memory.seen().exchanges.into_iter().map(|one| (one.exchange.operation, one.exchange.attempt)).collect();
    let of = |operation: &str, attempt| (operation.to_owned(), attempt);
    assert_eq!(seen, [of("/token", 1), of("/token", 2), of("/thing", 1)]);
}

#[tokio::test]
async fn a_source_that_is_down_is_asked_each_thing_once() {
    const FAILURES: usize = 7 + 23;
    let setup = setup(failing(FAILURES, 503), 60);
    let mut attempts = Vec::new();
    for _ in 0..24 {
        attempts.push(ask(&setup).await.unwrap_err().attempts);
    }
    assert_eq!(attempts, [vec![7], vec![1; 23]].concat());
    assert_eq!(ask(&setup).await.unwrap().attempts, 1, "what is back is read");
}

#[tokio::test]
async fn a_host_that_never_answered_is_not_waited_for_because_another_did() {
    let patience = Patience { attempts: u32::MAX, unheard: Duration::from_millis(100), ..HASTY };
    let setup = setup_with(failing(0, 503), 20, patience);
    ask(&setup).await.unwrap();
    let began = Instant::now();
    // Nobody listens there.
    let refusal = ask_at(&setup, "http://127.0.0.1:1").await.unwrap_err();
    assert_eq!(refusal.reason, GapReason::Unreachable);
    assert!(refusal.attempts > 1, "{refusal:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "it was waited for until the run's deadline");
    assert_eq!(ask(&setup).await.unwrap().attempts, 1, "the other host's failure says nothing of this one");
}
