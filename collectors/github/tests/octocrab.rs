//! What octocrab 0.54 does that docs/adr/0065 rests on, and what of it reaches GitHub. If one of these fails with a newer
//! version, the decision named there is to be taken anew.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use collector_github::Github;
use fakes::github::{App, GithubFake, GithubWording, PERMISSIONS, World};
use futures_util::future::join_all;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use octocrab::auth::{AppAuth, EncodingKey};
use octocrab::models::{AppId, InstallationId};
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use sdk::{
    Clock, CollectorKind as _, Environment, GapReason, KnownSecrets, Overrides, Secret, Target, Timestamp,
    WithheldReason,
};
use serde_json::{Map, Value, json};
use testkit::{HASTY, Handler, Memory, Reply, Seen, Server, Wording};
use tower::Service;

const TOKEN: &str = "token-of-a-test-000000000000";

// ---- octocrab alone

/// What was asked: address and credential.
type Asked = (String, Option<String>);

/// Answers everything alike, and keeps what was asked.
#[derive(Clone)]
struct Source {
    answer: fn(&Uri) -> (u16, &'static str),
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Source {
    fn new(answer: fn(&Uri) -> (u16, &'static str)) -> Self {
        Self { answer, asked: Arc::default() }
    }

    fn client(&self, base: &'static str, auth: AuthState) -> Octocrab {
        let Ok(client) = OctocrabBuilder::new_empty()
            .with_service(self.clone())
            .with_layer(&BaseUriLayer::new(Uri::from_static(base)))
            .with_auth(auth)
            .build();
        client
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(address, _)| address.clone()).collect()
    }

    fn credentials(&self) -> Vec<bool> {
        self.asked.lock().unwrap().iter().map(|(_, credential)| credential.is_some()).collect()
    }
}

impl Service<Request<OctoBody>> for Source {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        let credential = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().push((request.uri().to_string(), credential));
        let (status, body) = (self.answer)(request.uri());
        let answer = Response::builder().status(status).header("location", "https://elsewhere.example/");
        ready(Ok(answer.body(Full::from(body)).unwrap()))
    }
}

fn by_token() -> AuthState {
    AuthState::AccessToken { token: TOKEN.into() }
}

fn rsa_key() -> rcgen::KeyPair {
    rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap()
}

fn by_app() -> AuthState {
    let key = EncodingKey::from_rsa_pem(rsa_key().serialize_pem().as_bytes()).unwrap();
    AuthState::App(AppAuth { app_id: AppId(77), key })
}

/// A server whose tokens are of no use.
fn refuses_tokens(at: &Uri) -> (u16, &'static str) {
    match at.path().starts_with("/app/") {
        true => (201, r#"{"token": "ghs_t", "expires_at": "2099-01-01T00:00:00Z", "permissions": {}}"#),
        false => (401, r#"{"message": "Bad credentials"}"#),
    }
}

#[tokio::test]
async fn untyped_calls_give_back_what_came() {
    const BODY: &str = "<html> a proxy of the house \u{fffd}</html>\n";
    for status in [200, 302, 403, 404, 429, 500, 503] {
        let answer: fn(&Uri) -> (u16, &'static str) = match status {
            200 => |_| (200, BODY),
            302 => |_| (302, BODY),
            403 => |_| (403, BODY),
            404 => |_| (404, BODY),
            429 => |_| (429, BODY),
            500 => |_| (500, BODY),
            _ => |_| (503, BODY),
        };
        let source = Source::new(answer);
        let client = source.client("https://github.example", by_token());
        let got = client._get("/orgs/northbank").await.unwrap();
        assert_eq!(got.status().as_u16(), status);
        assert_eq!(got.into_body().collect().await.unwrap().to_bytes(), BODY);
        // Neither followed nor tried again.
        assert_eq!(source.asked(), ["https://github.example/orgs/northbank"], "{status}");
    }
}

#[tokio::test]
async fn of_a_refusal_typed_calls_keep_the_members_they_know() {
    let source = Source::new(|_| (403, r#"{"message": "No", "status": "403", "policy": "house-17"}"#));
    let client = source.client("https://github.example", by_token());
    let typed: octocrab::Result<Value> = client.get("/orgs/northbank", None::<&()>).await;
    let error = format!("{:?}", typed.unwrap_err());
    assert!(error.contains("No") && !error.contains("house-17"), "{error}");
}

#[tokio::test]
async fn a_base_that_begins_like_the_path_is_left_out() {
    let source = Source::new(|_| (200, "{}"));
    let client = source.client("https://github.example/o", by_token());
    client._get("/orgs/northbank").await.unwrap();
    client._get("/repos/northbank/signer").await.unwrap();
    assert_eq!(
        source.asked(),
        ["https://github.example/orgs/northbank", "https://github.example/o/repos/northbank/signer"]
    );
}

#[tokio::test]
async fn a_whole_address_is_asked_without_credentials_except_on_github_com() {
    let source = Source::new(|_| (200, "{}"));
    let client = source.client("https://github.example/api/v3", by_token());
    client._get("/orgs/northbank/members").await.unwrap();
    client._get("https://github.example/api/v3/orgs/northbank/members?page=2").await.unwrap();
    client._get("https://api.github.com/orgs/northbank/members?page=2").await.unwrap();
    assert_eq!(source.credentials(), [true, false, true]);
}

#[tokio::test]
async fn an_installation_of_its_own_asks_for_a_token_for_each_call_under_way() {
    let source = Source::new(|at| match at.path().starts_with("/app/") {
        true => (201, r#"{"token": "ghs_t", "expires_at": "2099-01-01T00:00:00Z", "permissions": {}}"#),
        false => (200, "{}"),
    });
    let installation = source.client("https://github.example", by_app()).installation(InstallationId(88)).unwrap();
    let answers = join_all((0..8).map(|_| installation._get("/orgs/northbank"))).await;
    assert!(answers.into_iter().all(|answer| answer.is_ok()));
    let minted = source.asked().iter().filter(|address| address.contains("/app/")).count();
    assert!(minted > 1, "{minted} for eight calls");
}

#[tokio::test]
async fn an_installation_of_its_own_asks_again_after_401_and_one_with_a_token_does_not() {
    let source = Source::new(refuses_tokens);
    let app = source.client("https://github.example", by_app());
    let installation = app.installation(InstallationId(88)).unwrap();
    assert_eq!(installation._get("/orgs/northbank").await.unwrap().status(), 401);
    assert_eq!(source.asked().len(), 4, "two tokens and the question twice: {:?}", source.asked());

    source.asked.lock().unwrap().clear();
    let with_token = app.user_access_token("ghs_t").unwrap();
    assert_eq!(with_token._get("/orgs/northbank").await.unwrap().status(), 401);
    assert_eq!(source.asked(), ["https://github.example/orgs/northbank"]);
}

#[tokio::test]
async fn an_installation_of_its_own_refuses_a_token_without_permissions() {
    // Enough to ask with; octocrab refuses it, and tells neither status nor bytes.
    let source = Source::new(|_| (201, r#"{"token": "ghs_t", "expires_at": "2099-01-01T00:00:00Z"}"#));
    let installation = source.client("https://github.example", by_app()).installation(InstallationId(88)).unwrap();
    let error = installation.installation_token().await.unwrap_err();
    assert!(error.to_string().contains("missing field `permissions`"), "{error}");
}

#[tokio::test]
async fn what_octocrab_prints_of_itself_holds_no_credential() {
    let source = Source::new(|_| (200, "{}"));
    let client = source.client("https://github.example", by_token());
    assert!(!format!("{client:?}").contains(TOKEN), "{client:?}");
    let key = rsa_key().serialize_pem();
    let line = key.lines().nth(1).unwrap();
    let app = source.client("https://github.example", by_app());
    assert!(!format!("{app:?}").contains(line) && format!("{app:?}").contains("77"), "{app:?}");
}

// ---- the collector over it

/// A handler that keeps the heads of what it is asked.
#[derive(Clone)]
struct Heads {
    fake: GithubFake,
    heads: Arc<Mutex<Vec<testkit::Request>>>,
}

impl Heads {
    fn new(world: World) -> Self {
        Self { fake: GithubFake::new(world), heads: Arc::default() }
    }

    fn heads(&self) -> Vec<testkit::Request> {
        self.heads.lock().unwrap().clone()
    }
}

#[async_trait]
impl Handler for Heads {
    async fn answer(&self, request: &testkit::Request) -> Reply {
        self.heads.lock().unwrap().push(request.clone());
        self.fake.answer(request).await
    }

    fn wording(&self) -> &dyn Wording {
        &GithubWording
    }
}

fn settings(more: &Value) -> Map<String, Value> {
    let mut settings = json!({"organization": "northbank", "organization_id": 4_711_201, "repositories": ["signer"]});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings.as_object().unwrap().clone()
}

fn after(seconds: u64) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(seconds);
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

/// What was recorded of the whole organisation at this address.
async fn collected(url: &str, settings: Map<String, Value>, token: Option<&str>, secrets: &KnownSecrets) -> Seen {
    let memory = Memory::default();
    let recorder = memory.recorder("github", "github", secrets.clone());
    let environment = Environment {
        run_id: "01J0000000000000000000TEST".to_owned(),
        user_agent: "witnessmark/0.0.0".to_owned(),
        concurrency: 8,
        clock: Clock::new(|| after(0)),
        deadline: after(60),
        patience: HASTY,
        stop: sdk::Stop::default(),
        pins: std::collections::BTreeMap::new(),
        overrides: Overrides {
            endpoint_url: Some(url.to_owned()),
            token: token.map(|token| Secret::new(token.to_owned())),
            ..Overrides::default()
        },
    };
    let target = Target { id: "github".to_owned(), settings };
    let collector = Github.connect(&target, &environment, &recorder).await.unwrap();
    collector.identify(&recorder).await.unwrap();
    collector.collect(&recorder).await.unwrap();
    memory.seen()
}

#[tokio::test]
async fn every_request_says_once_what_it_is_and_who_asks() {
    let handler = Heads::new(World::small(TOKEN).paged(2));
    let server = Server::http(handler.clone());
    let seen = collected(&server.url(), settings(&json!({})), Some(TOKEN), &KnownSecrets::default()).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let heads = handler.heads();
    assert_eq!(heads.len(), seen.exchanges.len(), "every attempt is recorded");
    for request in heads {
        for (name, value) in [
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", "2022-11-28"),
            ("user-agent", "witnessmark/0.0.0 (01J0000000000000000000TEST)"),
            ("authorization", &format!("Bearer {TOKEN}")),
        ] {
            let found: Vec<&str> = request.headers.get_all(name).iter().map(|one| one.to_str().unwrap()).collect();
            assert_eq!(found, [value], "`{name}` of {}", request.path);
        }
    }
}

/// An organisation that an App alone may read, and the setting that names the App, whose key lies in this folder.
fn with_app(folder: &std::path::Path) -> (World, Value) {
    let key = rsa_key();
    let file = folder.join("app.pem");
    std::fs::write(&file, key.serialize_pem()).unwrap();
    let mut world = World::small(TOKEN).paged(2);
    world.access.clear();
    let permissions = PERMISSIONS.map(str::to_owned).to_vec();
    world.app = Some(App { id: 77, installation: 88, public_key: key.public_key_raw().to_vec(), permissions });
    (world, json!({"app": {"id": 77, "installation": 88, "private_key_file": file}}))
}

#[tokio::test]
async fn an_app_asks_once_for_a_token_and_reads_every_page_of_an_enterprise_server_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (world, app) = with_app(folder.path());
    let handler = Heads::new(world);
    let server = Server::http(handler.clone());
    let secrets = KnownSecrets::default();
    let seen = collected(&format!("{}/api/v3", server.url()), settings(&app), None, &secrets).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert!(seen.exchanges.iter().any(|one| one.exchange.page == 3), "the lists had pages");

    let heads = handler.heads();
    let minted: Vec<_> = heads.iter().filter(|one| one.method == "POST").collect();
    assert_eq!(minted.len(), 1, "one token for the whole run");
    assert!(heads.iter().all(|one| one.path.starts_with("/api/v3/")));
    let withheld = seen.exchanges.iter().filter(|one| one.withheld == Some(WithheldReason::CredentialBearing)).count();
    assert_eq!(withheld, 1);
    // Neither what the App signed nor what it was given stands anywhere in what would be sealed.
    let everything = format!("{seen:?}");
    for request in &heads {
        let credential = request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
        assert!(!everything.contains(credential), "{credential}");
    }
}

#[tokio::test]
async fn a_token_that_ends_while_a_limit_is_waited_for_is_asked_for_again() {
    /// The first token lasts two seconds longer than one may that is still used, and the first question runs into a limit of three.
    struct Limited(Heads);

    #[async_trait]
    impl Handler for Limited {
        async fn answer(&self, request: &testkit::Request) -> Reply {
            let before = self.0.heads();
            let reply = self.0.answer(request).await;
            let first = |method: &str| request.method == method && !before.iter().any(|one| one.method == method);
            if first("POST") {
                let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
                body["expires_at"] = after(302).to_string().into();
                return reply.with_body(body.to_string());
            }
            if first("GET") {
                let body = r#"{"message": "You have exceeded a secondary rate limit."}"#;
                return Reply::new(403, "application/json", body).with_header("retry-after", "3");
            }
            reply
        }

        fn wording(&self) -> &dyn Wording {
            &GithubWording
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let (world, app) = with_app(folder.path());
    let handler = Heads::new(world);
    let server = Server::http(Limited(handler.clone()));
    let seen = collected(&server.url(), settings(&app), None, &KnownSecrets::default()).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let heads = handler.heads();
    let began: Vec<&str> = heads.iter().take(4).map(|one| one.method.as_str()).collect();
    assert_eq!(began, ["POST", "GET", "POST", "GET"], "after the limit with a new token");
    let credential = |index: usize| heads[index].header("authorization").unwrap();
    assert_ne!(credential(1), credential(3));
    assert_eq!(heads.iter().filter(|one| one.method == "POST").count(), 2);
    let attempts: Vec<u32> = seen.exchanges.iter().take(4).map(|one| one.exchange.attempt).collect();
    assert_eq!(attempts, [1, 1, 1, 2]);
}

/// Repeats the credential it was asked with, as a debugging proxy would.
struct Echo(GithubFake);

#[async_trait]
impl Handler for Echo {
    async fn answer(&self, request: &testkit::Request) -> Reply {
        if !request.path.ends_with("/hooks?per_page=100") {
            return self.0.answer(request).await;
        }
        let credential = request.header("authorization").unwrap_or_default();
        Reply::new(403, "application/json", json!({"message": format!("no right for {credential}")}).to_string())
    }

    fn wording(&self) -> &dyn Wording {
        &GithubWording
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_the_credential_is_withheld() {
    let server = Server::http(Echo(GithubFake::new(World::small(TOKEN))));
    let seen = collected(&server.url(), settings(&json!({})), Some(TOKEN), &KnownSecrets::default()).await;
    let [gap] = &seen.gaps[..] else { panic!("{:?}", seen.gaps) };
    assert_eq!(gap.reason, GapReason::WithheldSecret);
    assert!(!format!("{seen:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_server_under_any_path_is_asked_under_it() {
    // With octocrab's own base this one would be lost: `/orgs` begins with it.
    let server = Server::http(Under("/o", GithubFake::new(World::small(TOKEN).paged(2))));
    let seen =
        collected(&format!("{}/o", server.url()), settings(&json!({})), Some(TOKEN), &KnownSecrets::default()).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}

/// The fake under a path.
struct Under(&'static str, GithubFake);

#[async_trait]
impl Handler for Under {
    async fn answer(&self, request: &testkit::Request) -> Reply {
        let mut request = request.clone();
        match request.path.strip_prefix(self.0).filter(|rest| rest.starts_with('/')) {
            Some(rest) => request.path = rest.to_owned(),
            None => return Reply::new(404, "application/json", r#"{"message": "not under the path"}"#),
        }
        self.1.answer(&request).await
    }

    fn wording(&self) -> &dyn Wording {
        &GithubWording
    }
}

#[tokio::test]
async fn an_address_without_scheme_or_host_is_refused_by_name() {
    let memory = Memory::default();
    let recorder = memory.recorder("github", "github", KnownSecrets::default());
    for address in ["github.example", "/api/v3"] {
        let environment = Environment {
            run_id: "run".to_owned(),
            user_agent: "witnessmark".to_owned(),
            concurrency: 1,
            clock: Clock::new(|| after(0)),
            deadline: after(60),
            patience: HASTY,
            stop: sdk::Stop::default(),
            pins: std::collections::BTreeMap::new(),
            overrides: Overrides {
                endpoint_url: Some(address.to_owned()),
                token: Some(Secret::new(TOKEN.to_owned())),
                ..Overrides::default()
            },
        };
        let target = Target { id: "github".to_owned(), settings: settings(&json!({})) };
        let refused = Github.connect(&target, &environment, &recorder).await.err();
        let error = refused.expect("no such address can be asked").to_string();
        assert!(error.contains("api_url") && error.contains(address), "{error}");
    }
}
