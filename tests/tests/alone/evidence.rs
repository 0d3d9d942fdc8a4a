//! Which answers are evidence, end to end: of AWS' own endpoints, of servers whose authority the declaration pins, and of each target by
//! itself. The programs are run as they are shipped; servers on loopback stand for those of the outside.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle::trust::Trust;
use fakes::aws::{AwsFake, Size, World};
use fakes::github::{self as organisations, GithubFake};
use fakes::kubernetes::{K8sFake, UID};
use model::Digest;
use model::origin::Unproven;
use model::record::{Override, Rehearsed};
use testkit::{Server, Tunnel};
use workspace_tests::contents::Contents;
use workspace_tests::desk::{Answer, Desk, template};
use workspace_tests::github;

const TOKEN: &str = "ghp_tokenOfTheEnvironment000000000000000";

fn digest_of(pem: &str) -> Digest {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    Digest::of(&STANDARD.decode(text).unwrap())
}

fn organization() -> GithubFake {
    GithubFake::new(organisations::World::small(TOKEN))
}

fn ran(desk: &Desk) -> Answer {
    desk.plainly(&["run", "--quiet", "--format", "json"])
}

/// The newest bundle, and what an auditor's program says of it who allows no rehearsal.
fn sealed(desk: &Desk, ran: &Answer) -> (Contents, Answer) {
    let index = ran.json()["index"].as_u64().unwrap();
    let trust = Trust::parse(&fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    let (number, name) = (index.to_string(), format!("b{index}.tar"));
    let exported = desk.witnessmark(&["export", "--bundle", &number, "--out", &name]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let verified = desk.verify(&[&name, "--trust", "keys/trust.json", "--format", "json"]);
    (Contents::of_store(&desk.path("evidence"), index, &trust), verified)
}

/// A run that is evidence, all of it.
fn evidence(desk: &Desk) -> Contents {
    let ran = ran(desk);
    assert!([0, 3, 10, 11, 12].contains(&ran.code), "{ran:?}");
    assert_eq!(ran.json()["rehearsal"], serde_json::json!([]), "{ran:?}");
    let (contents, verified) = sealed(desk, &ran);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(contents.routes.iter().all(|route| route.rehearsal.is_empty()), "{:?}", contents.routes);
    assert!(!contents.resources.is_empty(), "{:?}", contents.gaps);
    contents
}

/// A run of which nothing is evidence, and why.
fn rehearsal(desk: &Desk, because: Unproven) -> Contents {
    let ran = ran(desk);
    assert_eq!((ran.code, &ran.json()["rehearsal"]), (4, &serde_json::json!(["endpoint"])), "{ran:?}");
    assert!(ran.stderr.contains(because.words()), "{ran:?}");
    let (contents, verified) = sealed(desk, &ran);
    assert_eq!(verified.code, 21, "{verified:?}");
    assert!(verified.stdout.contains(because.words()), "{verified:?}");
    assert!(contents.routes.iter().all(|one| one.rehearsal.iter().all(|one| one.because == because)), "{contents:?}");
    contents
}

/// A cluster behind this server. `path`: what stands before the API, as Rancher has it.
fn cluster(server: &Server, path: &str, pinned: Option<Digest>) -> Desk {
    let ca = pinned.map(|digest| format!(", ca: [{digest}]")).unwrap_or_default();
    let desk = Desk::new(&format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: signing, collector: kubernetes-rbac, uid: {UID}, kubeconfig: kubeconfig{ca}}}\n\
         controls:\n  - id: K8S\n    title: No role may do everything\n    observe: {{every: 1d}}\n    checks: [{{use: kubernetes-rbac/no-wildcard-roles}}]\n"
    ));
    let roots = STANDARD.encode(server.roots().unwrap());
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: signing\ncontexts: [{{name: signing, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: \"{}{path}\", certificate-authority-data: {roots}}}}}]\nusers: [{{name: u, user: {{token: canary}}}}]\n",
        server.url()
    );
    fs::write(desk.path("kubeconfig"), kubeconfig).unwrap();
    desk
}

#[test]
fn a_cluster_behind_a_tunnel_is_known_by_its_authority() {
    let server = Server::https(K8sFake::small());
    let authority = digest_of(server.roots().unwrap());
    for path in ["", "/", "/k8s/clusters/c-m-4x7k2"] {
        let contents = evidence(&cluster(&server, path, Some(authority)));
        assert_eq!(contents.routes[0].pinned, [authority]);
        assert!(contents.exchanges.iter().any(|one| one.operation == "list namespaces"), "{path}");
    }
    let unpinned = cluster(&server, "", None);
    rehearsal(&unpinned, Unproven::ThisMachine);
    let asked = unpinned.plainly(&["preflight", "--format", "json"]);
    assert_eq!(asked.json()["targets"][0]["rehearsal"][0]["because"], "this-machine", "{asked:?}");
    let asked = unpinned.plainly(&["preflight"]);
    assert!(asked.stdout.contains("a run would be a rehearsal of this target") && asked.stdout.contains(&server.url()));
    // Another authority than the pinned one: nothing is asked.
    let other = ran(&cluster(&server, "", Some(Digest::of(b"another authority"))));
    assert_eq!(other.code, 11, "{other:?}");
}

#[test]
fn an_enterprise_server_is_known_by_its_authority() {
    let server = Server::https(organization());
    let authority = digest_of(server.roots().unwrap());
    let desk = |more: &str| {
        let url = format!("{}/api/v3", server.url());
        let mut desk = Desk::new(&github::declaration(&url, &format!("    ca_file: ca.pem\n{more}")));
        fs::write(desk.path("ca.pem"), server.roots().unwrap()).unwrap();
        desk.set("GITHUB_TOKEN", TOKEN);
        desk
    };
    let contents = evidence(&desk(&format!("    ca: [{authority}]\n")));
    assert_eq!(
        (contents.routes[0].pinned.as_slice(), contents.routes[0].authorities.as_slice()),
        (&[authority][..], &[authority][..])
    );
    rehearsal(&desk(""), Unproven::ThisMachine);
    let other = ran(&desk(&format!("    ca: [{}]\n", Digest::of(b"another authority"))));
    assert_eq!(other.code, 11, "{other:?}");
    assert!(other.stdout.contains("pins the certificate authority"), "{other:?}");
}

#[test]
fn an_enterprise_of_github_with_a_host_of_its_own_is_github() {
    let source = Server::https_as(organization(), &["api.octo.ghe.com", "ghe.example"]);
    let proxy = Tunnel::to(source.address());
    let desk = |url: &str| {
        let mut desk = Desk::new(&github::declaration(url, "    ca_file: ca.pem\n"));
        fs::write(desk.path("ca.pem"), source.roots().unwrap()).unwrap();
        desk.set("GITHUB_TOKEN", TOKEN);
        desk.set("HTTPS_PROXY", &format!("http://{}", proxy.address()));
        desk
    };
    let contents = evidence(&desk("https://api.octo.ghe.com"));
    assert_eq!(contents.routes[0].endpoints, ["https://api.octo.ghe.com"]);
    rehearsal(&desk("https://ghe.example"), Unproven::OtherName);
}

#[test]
fn what_anybody_may_answer_under_a_domain_of_aws_is_not_aws() {
    let names = ["abc123.execute-api.eu-west-1.amazonaws.com", "*.eu-west-1.amazonaws.com", "iam.amazonaws.com"];
    let source =
        Server::https_as(AwsFake::new(World::new(Size::SMALL)), &[&names[..], &["*.us-east-1.amazonaws.com"]].concat());
    let proxy = Tunnel::to(source.address());
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    fs::write(desk.path("bundle.pem"), source.roots().unwrap()).unwrap();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "an example of a secret key"),
        ("AWS_REGION", "eu-west-1"),
        ("HTTPS_PROXY", &format!("http://{}", proxy.address())),
        ("AWS_CA_BUNDLE", "bundle.pem"),
    ] {
        desk.set(name, value);
    }
    evidence(&desk);
    desk.set("AWS_ENDPOINT_URL", "https://abc123.execute-api.eu-west-1.amazonaws.com");
    rehearsal(&desk, Unproven::OtherName);
}

#[test]
fn one_targets_rehearsal_does_not_stain_the_others() {
    let (server, emulator) = (Server::https(organization()), Server::http(AwsFake::new(World::new(Size::SMALL))));
    let authority = digest_of(server.roots().unwrap());
    let of_github = github::declaration(&server.url(), &format!("    ca_file: ca.pem\n    ca: [{authority}]\n"));
    let aws = "targets:\n  - {id: aws-prod, collector: aws-kms, account: \"111122223333\", regions: [eu-west-1]}\n";
    let control =
        "  - id: KMS\n    title: Keys rotate\n    observe: {every: 1d}\n    checks: [{use: aws-kms/key-rotates}]\n";
    let mut desk = Desk::new(&format!("{}{control}", of_github.replace("targets:\n", aws)));
    fs::write(desk.path("ca.pem"), server.roots().unwrap()).unwrap();
    desk.set("GITHUB_TOKEN", TOKEN);
    desk.aws(&emulator.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let first = ran(&desk);
    assert_eq!((first.code, &first.json()["rehearsal"]), (4, &serde_json::json!(["target"])), "{first:?}");
    let from = Rehearsed { endpoint: emulator.url(), because: Unproven::PlainHttp };
    assert_eq!(first.json()["rehearsal_targets"], serde_json::json!({"aws-prod": [from]}), "{first:?}");
    assert!(
        first.stderr.contains(&format!(
            "a rehearsal in part, and what it says of these targets is not evidence: `aws-prod` ({from})"
        )),
        "{first:?}"
    );
    let (contents, verified) = sealed(&desk, &first);
    assert_eq!(contents.run[0].overrides, [Override::Target]);
    for route in &contents.routes {
        assert_eq!(route.rehearsal.is_empty(), route.target == "github", "{route:?}");
    }
    assert_eq!(
        (verified.code, &verified.json()["rehearsal_targets"]),
        (21, &first.json()["rehearsal_targets"]),
        "{verified:?}"
    );
    let allowed = desk.verify(&["b0.tar", "--trust", "keys/trust.json", "--allow-rehearsal"]);
    assert_eq!(allowed.code, 0, "{allowed:?}");
    let shown = desk.plainly(&["show", "--store", "evidence", "--all"]).stdout;
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains(" · ")).collect();
    for line in &lines {
        assert_eq!(line.contains("(rehearsal)"), line.contains("aws-prod"), "{line}");
    }
    assert!(lines.iter().any(|line| line.contains("github")) && lines.iter().any(|line| line.contains("aws-prod")));

    // The schedule is kept by what is evidence of some targets. What looks at the rehearsed one was not observed.
    let audited = desk.verify(&["audit", "evidence", "--trust", "keys/trust.json", "--format", "json"]);
    let report = audited.json();
    assert_eq!((&report["rehearsals_in_all"], &report["rehearsals_in_part"]), (&0.into(), &1.into()), "{report}");
    assert_eq!((audited.code, &report["accepted"]), (23, &true.into()), "{report}");
    let controls = report["operation"]["controls"].as_array().unwrap();
    let rehearsed = |id: &str| controls.iter().find(|one| one["control"] == id).unwrap()["rehearsed"].as_u64();
    assert_eq!((rehearsed("KMS"), rehearsed("GH-1")), (Some(1), Some(0)), "{report}");
    let schedule = &report["schedule"];
    assert_eq!((&schedule["due"], &schedule["observed"]), (&1.into(), &1.into()), "{report}");
    assert!(!schedule["first"].is_null(), "{report}");

    // What is new is asked of each target by itself: nothing is.
    let again = desk.plainly(&["run", "--quiet", "--fail-on", "new", "--allow-rehearsal"]);
    assert!([0, 3].contains(&again.code), "{again:?}");
    // A run of the cluster's own, without the emulator: what was a rehearsal of the account said nothing of it.
    desk.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    desk.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let without = desk.plainly(&["run", "--quiet", "--format", "json", "--fail-on", "new"]);
    assert_eq!(without.json()["rehearsal"], serde_json::json!([]), "{without:?}");
    assert_eq!(without.code, 11, "that nothing of the account is known is new: {without:?}");
}
