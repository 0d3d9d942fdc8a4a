//! What the environment of a run changes about the way to its sources is sealed, and makes a rehearsal of what it has to. The
//! programs are run as they are shipped, each with an environment of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle::trust::Trust;
use fakes::aws::{AwsFake, Size, World};
use fakes::github::{self as organisations, GithubFake};
use model::Digest;
use model::record::{GapReason, Override, Route};
use testkit::{Server, Tunnel};
use workspace_tests::contents::Contents;
use workspace_tests::desk::{Desk, template};
use workspace_tests::github;

const TOKEN: &str = "ghp_tokenOfTheEnvironment000000000000000";

fn aws(endpoint: Option<&str>) -> Desk {
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    desk.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    desk.set("AWS_SECRET_ACCESS_KEY", "an example of a secret key");
    desk.set("AWS_REGION", "eu-west-1");
    if let Some(endpoint) = endpoint {
        desk.set("AWS_ENDPOINT_URL", endpoint);
    }
    desk
}

fn fake() -> AwsFake {
    AwsFake::new(World::new(Size::SMALL))
}

/// A run, and what it sealed.
fn sealed(desk: &Desk) -> Contents {
    let (_, sealed) = desk.seal();
    let trust = Trust::parse(&fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    Contents::of_store(&desk.path("evidence"), sealed.index, &trust)
}

/// The exit code of a verification that allows no rehearsal.
fn accepted_as_evidence(desk: &Desk) -> i32 {
    let exported = desk.witnessmark(&["export", "--bundle", "0", "--out", "b.tar"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    desk.verify(&["b.tar", "--trust", "keys/trust.json"]).code
}

fn digest_of(pem: &str) -> Digest {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    Digest::of(&STANDARD.decode(text).unwrap())
}

/// Of the computed objects nobody is asked; their route says of what they are a rehearsal.
fn asked(route: &&Route) -> bool {
    route.target != "joined"
}

#[test]
fn an_endpoint_of_the_environment_is_sealed_and_makes_a_rehearsal() {
    let (server, of_kms) = (Server::http(fake()), Server::http(fake()));
    let mut desk = aws(Some(&server.url()));
    desk.set("AWS_ENDPOINT_URL_KMS", &of_kms.url());
    let contents = sealed(&desk);
    assert_eq!(contents.run[0].overrides, [Override::Endpoint]);
    assert_eq!(accepted_as_evidence(&desk), 21);
    assert!(!contents.routes.is_empty());
    let both = BTreeSet::from([server.url(), of_kms.url()]);
    for route in contents.routes.iter().filter(asked) {
        assert_eq!(route.endpoints.iter().cloned().collect::<BTreeSet<_>>(), both, "{route:?}");
        assert!(route.proxies.is_empty() && route.authorities.is_empty(), "{route:?}");
    }
    for exchange in &contents.exchanges {
        let asked = if exchange.operation.starts_with("kms:") { of_kms.url() } else { server.url() };
        assert_eq!(exchange.endpoint, asked, "{}", exchange.operation);
    }
    assert!(contents.exchanges.iter().any(|exchange| exchange.endpoint == of_kms.url()));

    // Whoever ignores configured endpoints asks AWS itself, here through a proxy that leads nowhere.
    desk.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    desk.set("HTTPS_PROXY", "http://127.0.0.1:9");
    server.clear_log();
    let ignoring = sealed(&desk);
    assert!(server.log().is_empty(), "{:?}", server.log());
    assert!(ignoring.routes.iter().all(|route| route.endpoints.is_empty()), "{:?}", ignoring.routes);
    assert!(ignoring.exchanges.iter().all(|one| one.endpoint.ends_with(".amazonaws.com") && one.status.is_none()));
}

#[test]
fn authorities_of_the_environment_are_sealed() {
    let server = Server::https(fake());
    let authority = digest_of(server.roots().unwrap());
    for (variable, folder) in [("SSL_CERT_FILE", false), ("SSL_CERT_DIR", true)] {
        let mut desk = aws(Some(&server.url()));
        fs::create_dir(desk.path("authorities")).unwrap();
        fs::write(desk.path("authorities/one.pem"), server.roots().unwrap()).unwrap();
        let path = desk.path(if folder { "authorities" } else { "authorities/one.pem" });
        desk.set(variable, path.to_str().unwrap());
        let contents = sealed(&desk);
        assert!(contents.exchanges.iter().all(|one| one.status == Some(200) || one.error.is_some()), "{variable}");
        assert!(!contents.resources.is_empty(), "{variable}: {:?}", contents.gaps);
        for route in contents.routes.iter().filter(asked) {
            assert_eq!(route.authorities, [authority], "{variable}: {route:?}");
        }
    }
    // With none of them, and the same authority given otherwise.
    let mut desk = aws(Some(&server.url()));
    fs::write(desk.path("bundle.pem"), server.roots().unwrap()).unwrap();
    desk.set("AWS_CA_BUNDLE", desk.path("bundle.pem").to_str().unwrap());
    let contents = sealed(&desk);
    assert!(!contents.resources.is_empty());
    assert!(
        contents.routes.iter().filter(asked).all(|route| route.authorities == [authority]),
        "{:?}",
        contents.routes
    );
}

#[test]
fn authorities_that_cannot_be_read_are_named_where_nobody_is_trusted() {
    let server = Server::https(fake());
    let mut desk = aws(Some(&server.url()));
    desk.set("SSL_CERT_FILE", "/not/there.pem");
    let contents = sealed(&desk);
    assert!(contents.resources.iter().all(|one| one.target == "declaration"));
    assert!(contents.routes.iter().all(|route| route.authorities.is_empty()), "{:?}", contents.routes);
    let untrusted: Vec<_> =
        contents.gaps.iter().filter(|gap| gap.target != "joined" && gap.reason == GapReason::Unreachable).collect();
    assert!(!untrusted.is_empty(), "{:?}", contents.gaps);
    for gap in untrusted {
        for words in ["no certificate authority by `SSL_CERT_FILE`", "/not/there.pem"] {
            assert!(gap.detail.contains(words), "{words}: {}", gap.detail);
        }
    }
}

#[test]
fn a_proxy_of_the_environment_is_sealed_without_its_password() {
    // What answers has the names of AWS and GitHub: only their authority and the proxy tell that it is neither.
    let source =
        Server::https_as(fake(), &["*.eu-west-1.amazonaws.com", "*.us-east-1.amazonaws.com", "iam.amazonaws.com"]);
    let proxy = Tunnel::to(source.address());
    let mut desk = aws(None);
    fs::write(desk.path("bundle.pem"), source.roots().unwrap()).unwrap();
    desk.set("AWS_CA_BUNDLE", desk.path("bundle.pem").to_str().unwrap());
    desk.set("HTTPS_PROXY", &format!("http://somebody:canary-of-the-proxy@{}", proxy.address()));
    let contents = sealed(&desk);
    assert!(!contents.resources.is_empty(), "{:?} {:?}", contents.gaps, proxy.asked());
    let authority = digest_of(source.roots().unwrap());
    for route in contents.routes.iter().filter(asked) {
        assert!(route.endpoints.is_empty(), "{route:?}");
        assert_eq!(route.proxies, [format!("http://{}", proxy.address())], "{route:?}");
        assert_eq!(route.authorities, [authority], "{route:?}");
    }
    assert!(proxy.asked().iter().all(|head| head.to_ascii_lowercase().contains("proxy-authorization: basic ")));
    assert!(contents.run[0].overrides.is_empty(), "it is for the reader of the route to say what this is worth");
    assert_eq!(accepted_as_evidence(&desk), 0);
    let everything: Vec<u8> = desk.seal().1.files.into_values().flatten().collect();
    assert!(!String::from_utf8_lossy(&everything).contains("canary-of-the-proxy"));

    // Loopback is asked directly.
    let organization = Server::http(GithubFake::new(organisations::World::small(TOKEN)));
    let mut github = Desk::new(&github::declaration(&organization.url(), ""));
    github.set("GITHUB_TOKEN", TOKEN);
    github.set("ALL_PROXY", &format!("http://{}", proxy.address()));
    let before = proxy.asked().len();
    let contents = sealed(&github);
    assert!(contents.routes.iter().all(|route| route.proxies.is_empty()), "{:?}", contents.routes);
    assert_eq!(proxy.asked().len(), before);
}
