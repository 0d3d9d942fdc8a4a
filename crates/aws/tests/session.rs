//! Sessions and paging against a source that answers, errs and misleads.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use fakes::aws::{AwsFake, AwsWording, SESSION_SECRET, SESSION_TOKEN, Size, World};
use sdk::{
    Clock, CollectError, Environment, GapReason, KnownSecrets, Overrides, Secret, StaticCredentials, Target, Timestamp,
    WithheldReason,
};
use serde_json::{Value, json};
use testkit::{Fault, Faulty, HASTY, Handler, Memory, Reply, Request, Rule, Server, Wording};
use witnessmark_aws::Session;

const RUN: &str = "01J00000000000000000000RUN";

fn now(later: Duration) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + later;
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

fn target(settings: Value) -> Target {
    let Value::Object(settings) = settings else { panic!("an object") };
    Target { id: "prod".to_owned(), settings }
}

fn environment(server: &Server) -> Environment {
    Environment {
        run_id: RUN.to_owned(),
        user_agent: "witnessmark/0.1.0".to_owned(),
        concurrency: 4,
        clock: Clock::new(|| now(Duration::ZERO)),
        deadline: now(Duration::from_secs(60)),
        patience: HASTY,
        stop: sdk::Stop::default(),
        pins: std::collections::BTreeMap::new(),
        overrides: Overrides {
            endpoint_url: Some(server.url()),
            credentials: Some(StaticCredentials {
                access_key_id: "AKIACANARY0000000000".to_owned(),
                secret_access_key: Secret::new("canary-own-secret-key".to_owned()),
            }),
            extra_roots: server.roots().map(str::to_owned),
            ..Overrides::default()
        },
    }
}

fn account() -> AwsFake {
    AwsFake::new(World::new(Size::SMALL))
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

async fn connect(server: &Server, memory: &Memory, settings: Value) -> Result<Session, CollectError> {
    let recorder = memory.recorder("prod", "aws-kms", KnownSecrets::default());
    Session::connect(&target(settings), &environment(server), &recorder).await
}

#[test]
fn says_who_it_is_and_whose_run() {
    run(async {
        let (server, memory) = (Server::https(account()), Memory::default());
        let session = connect(&server, &memory, json!({"account": "111122223333"})).await.unwrap();
        let identity = session.identify().await.unwrap();
        assert_eq!(identity.found, "111122223333");
        let log = server.log();
        assert_eq!(log.len(), 1);
        for part in [format!("app/witnessmark-{RUN}"), "lib/witnessmark/0.1.0".to_owned()] {
            assert!(log[0].user_agent.contains(&part), "{}", log[0].user_agent);
        }
        assert!(memory.seen().exchanges[0].withheld.is_none());
    });
}

#[test]
fn stops_at_another_account() {
    run(async {
        let (server, memory) = (Server::http(account()), Memory::default());
        let session = connect(&server, &memory, json!({"account": "444455556666"})).await.unwrap();
        let error = session.identify().await.unwrap_err();
        assert!(matches!(error, CollectError::WrongIdentity { .. }), "{error}");
    });
}

#[test]
fn takes_a_role_on_once_and_keeps_its_credentials_to_itself() {
    run(async {
        let (server, memory) = (Server::http(account()), Memory::default());
        let settings = json!({
            "account": "111122223333", "assume_role": "arn:aws:iam::111122223333:role/witnessmark", "external_id": "x-1",
        });
        let session = connect(&server, &memory, settings).await.unwrap();
        session.identify().await.unwrap();
        let operations: Vec<String> = server.log().iter().map(|one| one.operation.clone()).collect();
        assert_eq!(operations, ["sts:AssumeRole", "sts:GetCallerIdentity"]);
        assert_eq!(server.log()[0].parameters["RoleSessionName"], format!("witnessmark-{RUN}"));
        assert_eq!(server.log()[0].parameters["ExternalId"], "x-1");

        let seen = memory.seen();
        assert_eq!(seen.exchanges[0].withheld, Some(WithheldReason::CredentialBearing));
        assert_eq!(seen.exchanges[0].exchange.operation, "sts:AssumeRole");
        let all = format!("{seen:?}");
        for canary in [SESSION_SECRET, SESSION_TOKEN, "canary-own-secret-key", "x-1"] {
            assert!(!all.contains(canary), "{canary}");
        }
    });
}

#[test]
fn takes_roles_on_one_after_the_other() {
    run(async {
        let (server, memory) = (Server::http(account()), Memory::default());
        let roles = ["arn:aws:iam::999999999999:role/hub", "arn:aws:iam::999999999999:role/spoke"];
        let last = "arn:aws:iam::111122223333:role/witnessmark";
        let settings = json!({"account": "111122223333", "via": roles, "assume_role": last, "external_id": "x-1"});
        let session = connect(&server, &memory, settings).await.unwrap();
        session.identify().await.unwrap();
        let log = server.log();
        let operations: Vec<&str> = log.iter().map(|one| one.operation.as_str()).collect();
        assert_eq!(operations, ["sts:AssumeRole", "sts:AssumeRole", "sts:AssumeRole", "sts:GetCallerIdentity"]);
        for (asked, role) in log.iter().zip(roles.into_iter().chain([last])) {
            assert_eq!(asked.parameters["RoleArn"], role);
            assert_eq!(
                asked.parameters["RoleSessionName"],
                format!("witnessmark-{RUN}"),
                "whose run it is, at each step"
            );
            assert_eq!(asked.parameters.get("ExternalId").is_some(), role == last);
        }
        let seen = memory.seen();
        assert!(seen.exchanges[..3].iter().all(|one| one.withheld == Some(WithheldReason::CredentialBearing)));
        let all = format!("{seen:?}");
        for canary in [SESSION_SECRET, SESSION_TOKEN, "canary-own-secret-key", "x-1"] {
            assert!(!all.contains(canary), "{canary}");
        }
    });
}

#[test]
fn a_step_that_is_refused_ends_the_chain() {
    run(async {
        let rule = Rule::always("sts:AssumeRole", Fault::Deny).when("RoleArn", "arn:aws:iam::999999999999:role/hub");
        let (server, memory) = (Server::http(Faulty::new(account(), vec![rule])), Memory::default());
        let settings = json!({
            "account": "111122223333",
            "via": ["arn:aws:iam::999999999999:role/hub"],
            "assume_role": "arn:aws:iam::111122223333:role/witnessmark",
        });
        let error = connect(&server, &memory, settings).await.unwrap_err();
        assert!(matches!(error, CollectError::Credentials { .. }), "{error}");
        assert!(server.log().iter().all(|one| one.parameters["RoleArn"] == "arn:aws:iam::999999999999:role/hub"));
    });
}

#[test]
fn one_limit_for_all_that_read_an_account_in_a_run() {
    run(async {
        let (server, memory) = (Server::http(account()), Memory::default());
        let recorder = memory.recorder("prod", "aws-kms", KnownSecrets::default());
        let environment = environment(&server);
        let mine = |account: &str| target(json!({"account": account}));
        let first = Session::connect(&mine("111122223333"), &environment, &recorder).await.unwrap();
        let second = Session::connect(&mine("111122223333"), &environment, &recorder).await.unwrap();
        let other = Session::connect(&mine("444455556666"), &environment, &recorder).await.unwrap();
        assert!(first.shares_permits_with(&second), "two collectors of one account wait for each other");
        assert!(!first.shares_permits_with(&other), "another account has its own");
        let later = Environment { run_id: "another-run".to_owned(), ..environment.clone() };
        let third = Session::connect(&mine("111122223333"), &later, &recorder).await.unwrap();
        assert!(!first.shares_permits_with(&third), "and so has another run");
    });
}

#[test]
fn a_role_that_is_refused_is_an_error_of_credentials() {
    run(async {
        let rules = vec![Rule::always("sts:AssumeRole", Fault::Deny)];
        let (server, memory) = (Server::http(Faulty::new(account(), rules)), Memory::default());
        let settings = json!({"account": "111122223333", "assume_role": "arn:aws:iam::111122223333:role/witnessmark"});
        let error = connect(&server, &memory, settings).await.unwrap_err();
        assert!(matches!(error, CollectError::Credentials { .. }), "{error}");
        assert!(error.to_string().contains("AccessDenied") || error.to_string().contains("not authorized"), "{error}");
        assert_eq!(memory.seen().exchanges[0].exchange.error.as_deref(), Some("AccessDenied"));
    });
}

#[test]
fn lists_regions_page_by_page() {
    run(async {
        let (server, memory) = (Server::http(Pages::default()), Memory::default());
        let session = connect(&server, &memory, json!({"account": "111122223333"})).await.unwrap();
        let recorder = memory.recorder("prod", "aws-kms", KnownSecrets::default());
        let listed = session.list_regions(&recorder, "aws-kms/region").await.unwrap();
        assert!(listed.stopped.is_none());
        assert_eq!(session.regions_to_read(&listed), ["eu-central-1", "eu-west-1"]);
        let coverage = &memory.seen().coverage[0];
        assert_eq!((coverage.pages, coverage.items, coverage.complete), (3, 3, true));
    });
}

#[test]
fn a_list_that_misleads_is_not_followed() {
    run(async {
        for (answers, reason, items) in [
            // Back to a page already read.
            (vec![page(&["eu-west-1"], Some("a")), page(&["eu-west-2"], Some("a"))], GapReason::Truncated, 2),
            (vec![json!({"NextToken": "a"}).to_string()], GapReason::Malformed, 0),
            (vec![page(&["eu-west-1"], Some("a")), "<html>".to_owned()], GapReason::Malformed, 1),
            (vec![json!({"Regions": [{"RegionName": "eu-west-1"}]}).to_string()], GapReason::Malformed, 0),
        ] {
            let shown = format!("{answers:?}");
            let (server, memory) = (Server::http(Pages::of(answers)), Memory::default());
            let session = connect(&server, &memory, json!({"account": "111122223333"})).await.unwrap();
            let recorder = memory.recorder("prod", "aws-kms", KnownSecrets::default());
            let listed = session.list_regions(&recorder, "aws-kms/region").await.unwrap();
            assert!(listed.stopped.is_some(), "{shown}");
            let seen = memory.seen();
            assert_eq!(seen.gaps[0].reason, reason, "{shown} {:?}", seen.gaps);
            assert_eq!(seen.gaps[0].right.as_deref(), Some("account:ListRegions"));
            assert!(seen.gaps[0].exchange.is_some());
            assert_eq!((seen.coverage[0].items, seen.coverage[0].complete), (items, false), "{shown}");
        }
    });
}

#[test]
fn makes_no_call_after_the_deadline() {
    run(async {
        let (server, memory) = (Server::http(account()), Memory::default());
        let recorder = memory.recorder("prod", "aws-kms", KnownSecrets::default());
        let late = Environment { deadline: now(Duration::ZERO), ..environment(&server) };
        let session = Session::connect(&target(json!({"account": "111122223333"})), &late, &recorder).await.unwrap();
        let listed = session.list_regions(&recorder, "aws-kms/region").await.unwrap();
        assert_eq!(listed.stopped.map(|refusal| refusal.reason), Some(GapReason::Deadline));
        assert!(server.log().is_empty());
    });
}

fn page(regions: &[&str], next: Option<&str>) -> String {
    let regions: Vec<Value> =
        regions.iter().map(|name| json!({"RegionName": name, "RegionOptStatus": "ENABLED"})).collect();
    json!({"Regions": regions, "NextToken": next}).to_string()
}

/// Answers one page after the other, whatever is asked.
struct Pages {
    answers: Vec<String>,
    next: AtomicUsize,
}

impl Pages {
    fn of(answers: Vec<String>) -> Self {
        Self { answers, next: AtomicUsize::new(0) }
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self::of(vec![
            page(&["eu-west-1"], Some("a")),
            json!({"Regions": [{"RegionName": "af-south-1", "RegionOptStatus": "DISABLED"}], "NextToken": "b"})
                .to_string(),
            page(&["eu-central-1"], None),
        ])
    }
}

#[async_trait]
impl Handler for Pages {
    async fn answer(&self, _: &Request) -> Reply {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        Reply::new(200, "application/json", self.answers[turn].clone())
    }

    fn wording(&self) -> &dyn Wording {
        &AwsWording
    }
}
