//! The fake held against GitHub's own description, and the collector against GitHub's own recorded answers.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use async_trait::async_trait;
use fakes::emulators;
use fakes::github::routes::ROUTES;
use fakes::github::{App, GithubFake, GithubWording, World};
use serde_json::{Value, json};
use testkit::{Handler, Reply, Request, Seen, Server, Wording, system};
use workspace_tests::github::{self, settings};

const TOKEN: &str = "token-of-a-test-000000000000";

/// Status, head and body of one answer.
fn asked(url: &str, method: &str, path: &str, token: &str) -> (u16, String, String) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nuser-agent: test\r\naccept: application/vnd.github+json, application/scim+json, application/json\r\n\
         x-github-api-version: 2022-11-28\r\nauthorization: Bearer {token}\r\ncontent-length: 0\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
}

/// The address of every recorded question, as it was asked.
fn questions(seen: &Seen) -> BTreeSet<(String, String)> {
    seen.exchanges
        .iter()
        .map(|one| {
            let parameters = one.exchange.parameters.as_object().unwrap();
            let query: Vec<String> = parameters
                .iter()
                .filter(|(name, _)| *name != "path")
                .map(|(name, value)| {
                    format!("{name}={}", value.as_str().unwrap().replace(' ', "%20").replace(">=", "%3E%3D"))
                })
                .collect();
            let mark = if query.is_empty() { "" } else { "?" };
            (
                one.exchange.operation.clone(),
                format!("{}{mark}{}", parameters["path"].as_str().unwrap(), query.join("&")),
            )
        })
        .collect()
}

#[tokio::test]
async fn every_answer_of_the_fake_is_one_that_github_describes() {
    let scratch = tempfile::tempdir().unwrap();
    let (private, public) = github::rsa_key();
    let mut world = World::small(TOKEN).paged(2);
    world.people.truncate(5);
    let upstream = Server::http(GithubFake::new(world.clone()));
    let seen = github::collect(&upstream.url(), TOKEN, settings(), 60).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let description = workspace_tests::root().join("testenv/github/description.json");
    let prism = emulators::prism(scratch.path(), &description, &upstream.url());

    let questions = questions(&seen);
    let mut held: BTreeSet<String> = BTreeSet::new();
    let mut wrong = Vec::new();
    for (operation, path) in &questions {
        let (expected, _, _) = asked(&upstream.url(), "GET", path, TOKEN);
        let (status, head, body) = asked(prism.url(), "GET", path, TOKEN);
        if status != expected || head.contains("sl-violations") {
            wrong.push(format!(
                "{operation} {path}: {expected} became {status}: {head} {}",
                body.chars().take(1500).collect::<String>()
            ));
        }
        held.insert(operation.clone());
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), questions.len(), wrong.join("\n"));
    // Prism holds answers against the description at all: an answer that lacks a member is a failure.
    let lacking = Server::http(Lacking(GithubFake::new(world)));
    let strict = emulators::prism(scratch.path(), &description, &lacking.url());
    let (status, head, body) = asked(strict.url(), "GET", "/orgs/northbank", TOKEN);
    assert!(status >= 500 || head.contains("sl-violations"), "{status} {head} {body}");

    let app = App { id: 77, installation: 88, public_key: public, permissions: vec!["metadata".to_owned()] };
    let key = scratch.path().join("app.pem");
    fs::write(&key, private).unwrap();
    let mut with_app = World::small(TOKEN);
    with_app.app = Some(app);
    let upstream = Server::http(GithubFake::new(with_app));
    let prism = emulators::prism(scratch.path(), &description, &upstream.url());
    let mut settings = settings();
    settings.insert("app".to_owned(), json!({"id": 77, "installation": 88, "private_key_file": key}));
    // The App's own token comes through Prism as well; it would not, were the answer not as described.
    let minted = github::collect_as_declared(prism.url(), settings, 60).await;
    assert!(minted.exchanges.iter().any(|one| one.exchange.status == Some(201)), "{:?}", minted.gaps);
    held.insert("POST /app/installations/{installation_id}/access_tokens".to_owned());
    let all: BTreeSet<String> = ROUTES.iter().map(|route| route.name.to_owned()).collect();
    assert_eq!(held, all, "each operation of the fake was held against the description");
}

/// Leaves something out that GitHub describes.
struct Lacking(GithubFake);

#[async_trait]
impl Handler for Lacking {
    async fn answer(&self, request: &Request) -> Reply {
        let mut reply = self.0.answer(request).await;
        let mut value: Value = serde_json::from_slice(&reply.body).unwrap();
        value.as_object_mut().unwrap().remove("login");
        reply.body = value.to_string().into();
        reply
    }

    fn wording(&self) -> &dyn Wording {
        &GithubWording
    }
}

/// Answers with what GitHub was recorded to answer.
struct Recorded;

fn recording(scenario: &str, method: &str, index: usize) -> Value {
    let folder = system("WITNESSMARK_TEST_GITHUB");
    let path = Path::new(&folder)
        .join("node_modules/@octokit/fixtures/scenarios/api.github.com")
        .join(scenario)
        .join("normalized-fixture.json");
    let all: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    all.into_iter().filter(|one| one["method"] == method).nth(index).unwrap()
}

#[async_trait]
impl Handler for Recorded {
    async fn answer(&self, request: &Request) -> Reply {
        let path = request.path.split('?').next().unwrap();
        let one = match path {
            "/orgs/octokit-fixture-org" => recording("get-organization", "get", 0),
            "/repos/octokit-fixture-org/hello-world" => recording("get-repository", "get", 0),
            "/repos/octokit-fixture-org/branch-protection" => {
                let mut one = recording("get-repository", "get", 0);
                one["response"]["full_name"] = "octokit-fixture-org/branch-protection".into();
                one
            }
            path if path.starts_with("/repos/octokit-fixture-org/hello-world/branches/") => {
                recording("branch-protection", "get", 0)
            }
            // What GitHub answers to who sets a protection is what it answers to who asks for it.
            path if path.starts_with("/repos/octokit-fixture-org/branch-protection/branches/") => {
                recording("branch-protection", "put", 1)
            }
            _ => json!({"status": 404, "response": {"message": "Not Found"}}),
        };
        let status = u16::try_from(one["status"].as_u64().unwrap()).unwrap();
        Reply::new(status, "application/json; charset=utf-8", one["response"].to_string())
    }

    fn wording(&self) -> &dyn Wording {
        &GithubWording
    }
}

#[tokio::test]
async fn githubs_recorded_answers_are_read() {
    let server = Server::http(Recorded);
    let settings = json!({
        "organization": "octokit-fixture-org", "organization_id": 1000, "repositories": ["hello-world", "branch-protection"],
    });
    let Value::Object(settings) = settings else { panic!("an object") };
    let seen = github::collect(&server.url(), TOKEN, settings, 30).await;
    let of =
        |id: &str| seen.resources.iter().find(|one| one.id == id).unwrap_or_else(|| panic!("{id}: {:?}", seen.gaps));
    let organization = of("octokit-fixture-org");
    assert_eq!(organization.facts["id"], 1000);
    let told = recording("get-organization", "get", 0)["response"]["two_factor_requirement_enabled"].clone();
    assert_eq!(organization.facts.get("two_factor_required").cloned().unwrap_or(Value::Null), told);
    let unprotected = of("octokit-fixture-org/hello-world");
    assert_eq!(unprotected.facts["full_name"], "octokit-fixture-org/hello-world");
    assert!(unprotected.facts["protection"].is_null() && unprotected.parts.contains_key("protection"));
    let protected = &of("octokit-fixture-org/branch-protection").facts["protection"];
    let told = recording("branch-protection", "put", 1)["response"].clone();
    assert_eq!(protected["enforce_admins"], told["enforce_admins"]["enabled"], "{told}");
    assert_eq!(
        protected["reviews"]["required_approvals"],
        told["required_pull_request_reviews"]["required_approving_review_count"]
    );
    assert_eq!(protected["allow_force_pushes"], told["allow_force_pushes"]["enabled"]);
}
