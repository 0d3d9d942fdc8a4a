//! A real API server that AWS says is one of EKS: whom it lets in is judged with what RBAC gives.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::Command;

use async_trait::async_trait;
use base64::Engine as _;
use fakes::aws::{AwsFake, AwsWording, EksCluster, Size, World};
use fakes::emulators;
use serde_json::Value;
use testkit::{Fault, Faulty, Handler, Proxy, Reply, Request, Rule, Server, Wording, system};
use workspace_tests::cluster::Cluster;
use workspace_tests::desk::{Desk, Sealed};

const RIGHTS: [&str; 6] = [
    "eks:DescribeAccessEntry",
    "eks:DescribeCluster",
    "eks:DescribePodIdentityAssociation",
    "eks:ListAccessEntries",
    "eks:ListAssociatedAccessPolicies",
    "eks:ListPodIdentityAssociations",
];

/// A desk that reads the cluster as its administrator, and AWS at this address.
fn desk(cluster: &Cluster, aws: &str, account: &str, key: &str, settings: &str) -> Desk {
    let uid = cluster.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
    let mut desk = Desk::new(&format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - id: signing\n    collector: kubernetes-rbac\n    \
         uid: {uid}\n    kubeconfig: \"{}\"\n    {}\ncontrols:\n  - id: K8S\n    title: Whoever gets in is declared\n    checks:\n      \
         - use: kubernetes-rbac/exec-is-declared\n        with: {{declared: [\"Group/system:masters\", \"ServiceAccount/kube-system/*\"]}}\n",
        cluster.admin().display(),
        settings.replace("ACCOUNT", account),
    ));
    desk.aws(aws, key, "an example of a secret key");
    desk
}

const EKS: &str = "eks: {cluster: signing, region: eu-west-1, account: \"ACCOUNT\"}";

/// Subjects by outcome.
fn found(sealed: &Sealed, outcome: &str) -> BTreeSet<String> {
    let of_it = sealed.findings().into_iter().filter(|finding| finding.outcome == outcome);
    of_it.map(|finding| finding.subject.map_or_else(|| "all".to_owned(), |(_, id)| id)).collect()
}

fn session(account: &str, role: &str) -> String {
    format!("User/arn:aws:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}")
}

/// An account in which AWS describes the cluster by the authority that the kubeconfig trusts, and another address.
fn world(cluster: &Cluster) -> World {
    let mut world = World::new(Size::SMALL);
    world.eks.push(EksCluster {
        endpoint: Some("https://0123456789ABCDEF0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com".to_owned()),
        authority: fs::read_to_string(cluster.file("ca.crt")).unwrap(),
        ..EksCluster::small("signing")
    });
    world
}

#[test]
fn whom_aws_lets_into_a_real_cluster_is_judged_with_everybody_else() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path());
    let account = "111122223333";
    let faulty = Faulty::new(AwsFake::new(world(&cluster)), Vec::new());
    let server = Server::http(faulty.clone());
    let eks = desk(&cluster, &server.url(), account, "AKIAIOSFODNN7EXAMPLE", EKS);

    let printed = eks.witnessmark(&["rights", "--format", "aws-policy"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(printed.json()["Statement"][0]["Action"], serde_json::json!(RIGHTS));
    let preflight = eks.witnessmark(&["preflight", "--format", "json"]);
    assert!(RIGHTS.iter().all(|right| preflight.stdout.contains(right)), "{preflight:?}");

    let (answer, whole) = eks.seal();
    assert_eq!(answer.code, 12, "{answer:?}");
    let gaps: Vec<&Value> = whole.of("gap").collect();
    let nodes = "User/system:node:{{EC2PrivateDNSName}}";
    assert_eq!(gaps.len(), 1, "{answer:?}\n{gaps:#?}");
    assert_eq!((&gaps[0]["subject"]["id"], &gaps[0]["part"]), (&nodes.into(), &"grants".into()), "{gaps:#?}");
    let deviating = found(&whole, "deviates");
    assert_eq!(deviating, BTreeSet::from([session(account, "platform"), session(account, "viewers")]));
    assert_eq!(
        found(&whole, "undetermined"),
        BTreeSet::from([nodes.to_owned()]),
        "the Node authorizer decides for them"
    );

    // Without the name of the cluster at AWS nobody knows who else gets in.
    let (_, claimed) =
        desk(&cluster, &server.url(), account, "AKIAIOSFODNN7EXAMPLE", "authorizers: [Node, RBAC, EKS]").seal();
    assert!(found(&claimed, "conforms").is_empty() && found(&claimed, "deviates").is_empty());

    // One right less is one gap more, and never a clean finding more.
    let clean = found(&whole, "conforms");
    for right in RIGHTS {
        faulty.set(vec![Rule::always(right, Fault::Deny)]);
        let (_, denied) = eks.seal();
        let missed: BTreeSet<String> =
            denied.of("gap").filter_map(|gap| gap["right"].as_str().map(str::to_owned)).collect();
        assert_eq!(missed, BTreeSet::from([right.to_owned()]));
        assert!(found(&denied, "conforms").is_subset(&clean), "{right}");
        let undetermined = found(&denied, "undetermined");
        match right {
            "eks:ListAssociatedAccessPolicies" => {
                assert!(undetermined.contains(&session(account, "viewers")), "{undetermined:?}");
            }
            "eks:DescribeCluster" => assert!(found(&denied, "conforms").is_empty(), "nothing of EKS is known"),
            // Which roles pods get says nothing of who gets in.
            "eks:DescribePodIdentityAssociation" | "eks:ListPodIdentityAssociations" => {
                assert_eq!(undetermined, found(&whole, "undetermined"), "{right}");
            }
            _ => assert!(undetermined.contains("all"), "{right}: {undetermined:?}"),
        }
    }
    faulty.set(Vec::new());

    // Another cluster's authority: it is not this one, whatever its name is.
    let stranger = World {
        eks: vec![EksCluster {
            endpoint: Some("https://elsewhere.example".to_owned()),
            ..EksCluster::small("signing")
        }],
        ..World::new(Size::SMALL)
    };
    let server = Server::http(AwsFake::new(stranger));
    let (_, sealed) = desk(&cluster, &server.url(), account, "AKIAIOSFODNN7EXAMPLE", EKS).seal();
    assert!(sealed.of("gap").all(|gap| gap["reason"] == "wrong-identity") && sealed.of("gap").count() > 0);
    assert!(found(&sealed, "conforms").is_empty());
}

/// AWS that accepts connections and says nothing costs what it alone knows: the cluster's own answers are there.
#[test]
fn aws_that_never_answers_does_not_cost_the_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let desk = desk(&cluster, &address, "111122223333", "AKIAIOSFODNN7EXAMPLE", EKS);
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json", "--deadline", "12"]);
    let sealed = Sealed::read(&desk.path("evidence/bundles"), answer.json()["index"].as_u64().unwrap());
    let reasons: BTreeSet<String> = sealed.of("gap").map(|gap| gap["reason"].as_str().unwrap().to_owned()).collect();
    assert_eq!(reasons, BTreeSet::from(["timed-out".to_owned()]), "{answer:?}");
    assert!(sealed.of("derived").any(|one| one["kind"] == "kubernetes-rbac/subject"), "{answer:?}");
    assert!(found(&sealed, "conforms").is_empty() && found(&sealed, "undetermined").contains("all"));
}

/// ministack runs no cluster here and has no authority to show: the real one's is put in its place.
struct WithAuthority(Proxy, String);

#[async_trait]
impl Handler for WithAuthority {
    async fn answer(&self, request: &Request) -> Reply {
        let reply = self.0.answer(request).await;
        let none = r#""certificateAuthority": {"data": ""}"#;
        match std::str::from_utf8(&reply.body) {
            Ok(text) if text.contains(none) => {
                let shown = format!(r#""certificateAuthority": {{"data": "{}"}}"#, self.1);
                Reply { body: text.replace(none, &shown).into(), ..reply }
            }
            _ => reply,
        }
    }

    fn wording(&self) -> &dyn Wording {
        self.0.wording()
    }
}

#[test]
fn an_emulator_of_eks_is_read_the_same_way() {
    const ACCOUNT: &str = "123456789012";
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(folder.path());
    let ministack = emulators::ministack(folder.path(), false);
    let seeded = Command::new(system("WITNESSMARK_TEST_MOTO_PYTHON"))
        .arg(workspace_tests::root().join("testenv/seed.py"))
        .args([ministack.url(), ACCOUNT, "eks"])
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .output()
        .unwrap();
    assert!(seeded.status.success(), "{seeded:?}");
    let authority = fs::read(cluster.file("ca.crt")).unwrap();
    let authority = base64::engine::general_purpose::STANDARD.encode(authority);
    let server = Server::http(WithAuthority(Proxy::to(ministack.url(), &AwsWording), authority));
    let (answer, sealed) = desk(&cluster, &server.url(), ACCOUNT, ACCOUNT, EKS).seal();
    let gaps: Vec<&Value> = sealed.of("gap").collect();
    assert!(gaps.is_empty(), "{answer:?}\n{gaps:#?}");
    let let_in = ["platform", "viewers"].map(|name| format!("User/{name}:{{{{SessionName}}}}"));
    assert_eq!(found(&sealed, "deviates"), BTreeSet::from(let_in));
    let facts = sealed.facts();
    let entry = facts.iter().find(|((kind, id), _)| kind == "kubernetes-rbac/access-entry" && id.ends_with("/viewers"));
    let entry = &entry.unwrap().1;
    assert_eq!((&entry["kind"], &entry["groups"]), (&"STANDARD".into(), &serde_json::json!(["viewers"])), "{entry}");
    assert_eq!(entry["policies"].as_array().unwrap().len(), 2);
    let pods: Vec<&Value> =
        facts.iter().filter(|((kind, _), _)| kind == "kubernetes-rbac/pod-identity").map(|(_, facts)| facts).collect();
    assert_eq!(pods.len(), 1, "{pods:?}");
    assert_eq!((&pods[0]["namespace"], &pods[0]["service_account"]), (&"pay".into(), &"signer".into()), "{pods:?}");
    assert!(pods[0]["role"].as_str().unwrap().ends_with(":role/signer"), "{pods:?}");
}
