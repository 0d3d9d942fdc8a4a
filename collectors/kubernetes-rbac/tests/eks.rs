//! A cluster of EKS: whom AWS lets in, as which user, with which access policies.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use collector_kubernetes_rbac::KubernetesRbac;
use fakes::aws::{EksCluster, EksEntry};
use fakes::eks::EksFake;
use fakes::kubernetes::UID;
use sdk::{GapNote, GapReason};
use serde_json::{Value, json};
use testkit::{Changed, Reply, Request, Seen, collect};

const ENTRY: &str = "kubernetes-rbac/access-entry";
const SUBJECT: &str = "kubernetes-rbac/subject";

fn read_with(cluster: EksCluster, change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> Seen {
    let eks = json!({"cluster": "signing", "region": "eu-west-1", "account": "111122223333"});
    collect(&KubernetesRbac, Changed(EksFake::new(cluster), change), json!({"uid": UID, "eks": eks}))
}

fn read(cluster: EksCluster) -> Seen {
    read_with(cluster, |_, reply| reply)
}

fn subject<'a>(seen: &'a Seen, id: &str) -> &'a Value {
    &seen.derived.iter().find(|one| one.id == id).unwrap_or_else(|| panic!("no {id}: {:?}", seen.derived)).facts
}

/// Rights and namespaces that an entry's policies give.
fn given(subject: &Value) -> Vec<(String, Option<String>)> {
    let grants = subject["grants"].as_array().unwrap().iter();
    let by_policy = grants.filter(|grant| grant["role"]["kind"] == "AccessPolicy");
    by_policy
        .map(|grant| (grant["right"].as_str().unwrap().to_owned(), grant["namespace"].as_str().map(str::to_owned)))
        .collect()
}

fn gaps<'a>(seen: &'a Seen, kind: &str) -> Vec<&'a GapNote> {
    seen.gaps.iter().filter(|gap| gap.population.as_deref() == Some(kind)).collect()
}

fn is_complete(seen: &Seen, population: &str) -> bool {
    seen.coverage.iter().find(|one| one.population == population).unwrap().complete
}

/// Gaps but for the one that says of the nodes that the Node authorizer decides for them.
fn unexpected(seen: &Seen) -> Vec<&GapNote> {
    let of_nodes = |gap: &&GapNote| !gap.detail.contains("Node authorizer");
    seen.gaps.iter().filter(of_nodes).collect()
}

/// What `AmazonEKSEditPolicy` gives where it is given.
const EDITS: [&str; 9] = [
    "change-pods",
    "create-pods",
    "exec",
    "impersonate",
    "mint-tokens",
    "port-forward",
    "proxy",
    "read-secrets",
    "write-secrets",
];

fn role(name: &str) -> String {
    format!("User/arn:aws:sts::111122223333:assumed-role/{name}/{{{{SessionName}}}}")
}

#[test]
fn whom_eks_lets_in_is_a_subject_with_the_rights_of_its_policies_and_groups() {
    let mut cluster = EksCluster::small("signing");
    cluster.entries[1].groups.push("system:serviceaccounts:team-0".to_owned());
    let seen = read(cluster);
    assert!(unexpected(&seen).is_empty(), "{:?}", seen.gaps);
    let entries: Vec<&Value> = seen.resources.iter().filter(|one| one.kind == ENTRY).map(|one| &one.facts).collect();
    assert_eq!(entries.len(), 3);

    let platform = subject(&seen, &role("platform"));
    let all = given(platform);
    assert!(
        all.contains(&("all-powerful".to_owned(), None)) && all.contains(&("node-proxy".to_owned(), None)),
        "{all:?}"
    );
    assert_eq!(platform["access_entries"], json!(["arn:aws:iam::111122223333:role/platform"]));
    assert_eq!(platform["authorizers"], json!(["Node", "RBAC", "EKS"]));

    let viewers = subject(&seen, &role("viewers"));
    let edits =
        ["team-0", "staging-*"].map(|namespace| EDITS.map(|right| (right.to_owned(), Some(namespace.to_owned()))));
    let mut expected = edits.concat();
    let mut found = given(viewers);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(viewers["groups"].as_array().unwrap().contains(&json!("viewers")), "{viewers}");

    let nodes = subject(&seen, "User/system:node:{{EC2PrivateDNSName}}");
    assert_eq!(given(nodes), []);
    assert_eq!(nodes["groups"], json!(["system:authenticated", "system:nodes"]));
    let said: Vec<&GapNote> = seen.gaps.iter().filter(|gap| gap.detail.contains("Node authorizer")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].subject.as_ref().unwrap().id, "User/system:node:{{EC2PrivateDNSName}}");
    let cluster = seen.resources.iter().find(|one| one.kind == "kubernetes-rbac/cluster").unwrap();
    assert_eq!(cluster.facts["eks"]["creator_is_admin"], true);
    assert_eq!(cluster.facts["eks"]["authentication_mode"], "API_AND_CONFIG_MAP");
    let issuer = cluster.facts["eks"]["issuer"].as_str().unwrap();
    assert!(issuer.starts_with("https://oidc.eks.") && issuer.ends_with("/id/signing"), "{issuer}");
}

#[test]
fn pods_get_their_roles_by_associations() {
    const PODS: &str = "kubernetes-rbac/pod-identity";
    // Whatever decides about access.
    for mode in ["API_AND_CONFIG_MAP", "CONFIG_MAP"] {
        let seen = read(EksCluster { mode: mode.to_owned(), ..EksCluster::small("signing") });
        assert!(is_complete(&seen, PODS) && gaps(&seen, PODS).is_empty(), "{mode}: {:?}", seen.gaps);
        let pods: Vec<&Value> = seen.resources.iter().filter(|one| one.kind == PODS).map(|one| &one.facts).collect();
        assert_eq!(pods.len(), 3, "{mode}: on two pages");
        let of = |account: &str| *pods.iter().find(|one| one["service_account"] == account).unwrap();
        let role = |name: &str| json!(format!("arn:aws:iam::111122223333:role/{name}"));
        assert_eq!(
            *of("deployer"),
            json!({"namespace": "team-0", "service_account": "deployer", "owner": null, "role": role("of-deployer"),
                "target_role": null, "limited": false, "session_tags": true})
        );
        let chained = of("ci");
        assert_eq!(chained["target_role"], json!("arn:aws:iam::444455556666:role/far"));
        let addon = of("addon");
        assert_eq!((&addon["limited"], &addon["session_tags"]), (&json!(true), &json!(false)));
        assert!(addon["owner"].as_str().unwrap().contains(":addon/signing/"), "{addon}");
    }
    // An association that another answer is of, and one that is gone.
    let changed = |change: fn(&Request, Reply) -> Reply| read_with(EksCluster::small("signing"), change);
    let other = changed(|request, reply| {
        if request.operation != "eks:DescribePodIdentityAssociation" {
            return reply;
        }
        let body = String::from_utf8(reply.body.to_vec()).unwrap().replace("/signing/a-", "/signing/b-");
        Reply { body: body.into(), ..reply }
    });
    let gone = changed(|request, reply| {
        if request.parameter("associationId") != Some("a-00000000000000002") {
            return reply;
        }
        let body = json!({"message": "The specified association could not be found."}).to_string();
        Reply::new(404, "application/json", body).with_header("x-amzn-errortype", "ResourceNotFoundException")
    });
    for (seen, reason, unread) in [(other, GapReason::Malformed, 3), (gone, GapReason::Vanished, 1)] {
        let found = gaps(&seen, PODS).iter().filter(|gap| gap.reason == reason).count();
        assert_eq!(found, 4 * unread, "{:?}", seen.gaps);
        let open = seen.resources.iter().filter(|one| one.kind == PODS && one.facts.get("role").is_none());
        assert_eq!(open.count(), unread, "the service account is known, and not its role");
    }
}

#[test]
fn a_scope_of_every_namespace_is_everywhere_but_for_what_belongs_to_none() {
    let mut cluster = EksCluster::small("signing");
    cluster.entries[0].policies = vec![("AmazonEKSClusterAdminPolicy".to_owned(), Some(vec!["*".to_owned()]))];
    let given = given(subject(&read(cluster), &role("platform")));
    assert!(given.contains(&("read-secrets".to_owned(), None)), "{given:?}");
    assert!(given.iter().all(|(right, namespace)| namespace.is_none() && right != "node-proxy"), "{given:?}");
}

#[test]
fn without_access_entries_rbac_decides_alone_and_none_is_asked_for() {
    let seen = read(EksCluster { mode: "CONFIG_MAP".to_owned(), ..EksCluster::small("signing") });
    assert!(unexpected(&seen).is_empty(), "{:?}", seen.gaps);
    assert!(is_complete(&seen, ENTRY) && is_complete(&seen, SUBJECT));
    assert_eq!(seen.derived[0].facts["authorizers"], json!(["Node", "RBAC"]));
    assert!(seen.exchanges.iter().all(|one| one.exchange.operation != "eks:ListAccessEntries"));
}

#[test]
fn another_cluster_of_the_account_is_not_taken_for_this_one() {
    let elsewhere = Some("https://0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com".to_owned());
    let seen = read(EksCluster { endpoint: elsewhere, ..EksCluster::small("signing") });
    let parts: Vec<Option<&str>> = gaps(&seen, SUBJECT).iter().map(|gap| gap.part.as_deref()).collect();
    assert_eq!(parts, [None, Some("authorizers")]);
    assert!(unexpected(&seen).iter().all(|gap| gap.reason == GapReason::WrongIdentity), "{:?}", seen.gaps);
    assert!(!is_complete(&seen, ENTRY) && !is_complete(&seen, SUBJECT));
    assert!(seen.derived.iter().all(|one| one.facts.get("authorizers").is_none()));
    assert!(seen.resources.iter().any(|one| one.kind == "kubernetes-rbac/role"), "the cluster itself is read");
}

#[test]
fn a_policy_whose_rules_nobody_here_knows_leaves_its_holder_undecided() {
    let mut cluster = EksCluster::small("signing");
    cluster.entries.push(EksEntry {
        principal: "arn:aws:iam::111122223333:role/auto".to_owned(),
        kind: "EC2".to_owned(),
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        groups: Vec::new(),
        policies: vec![("AmazonEKSAutoNodePolicy".to_owned(), None)],
    });
    let seen = read(cluster);
    assert_eq!(unexpected(&seen).len(), 1, "{:?}", seen.gaps);
    let gap = unexpected(&seen)[0];
    assert_eq!(gap.subject.as_ref().unwrap().id, "User/system:node:{{EC2PrivateDNSName}}");
    assert_eq!((gap.part.as_deref(), gap.reason), (Some("grants"), GapReason::Unsupported));
    assert!(gap.detail.contains("AmazonEKSAutoNodePolicy"), "{}", gap.detail);
    let both = subject(&seen, "User/system:node:{{EC2PrivateDNSName}}");
    assert_eq!(both["access_entries"].as_array().unwrap().len(), 2, "two principals are the same user: {both}");
}

#[test]
fn an_entry_that_is_gone_or_of_another_principal_leaves_the_subjects_incomplete() {
    let platform = "arn:aws:iam::111122223333:role/platform";
    let gone = |request: &Request, reply: Reply| {
        if request.parameter("principalArn") == Some(platform) {
            let body = json!({"message": "The specified principalArn could not be found."}).to_string();
            return Reply::new(404, "application/json", body)
                .with_header("x-amzn-errortype", "ResourceNotFoundException");
        }
        reply
    };
    let other = |request: &Request, reply: Reply| {
        if request.operation == "eks:DescribeAccessEntry" && request.parameter("principalArn") == Some(platform) {
            let body = String::from_utf8(reply.body.to_vec()).unwrap().replace("role/platform", "role/intruder");
            return Reply { body: body.into(), ..reply };
        }
        reply
    };
    let cluster = || EksCluster::small("signing");
    for (seen, reason) in
        [(read_with(cluster(), gone), GapReason::Vanished), (read_with(cluster(), other), GapReason::Malformed)]
    {
        assert!(!is_complete(&seen, SUBJECT), "{reason:?}");
        assert!(gaps(&seen, SUBJECT).iter().any(|gap| gap.part.is_none() && gap.reason == reason), "{:?}", seen.gaps);
        assert!(seen.derived.iter().all(|one| one.id != role("platform")));
        assert_eq!(given(subject(&seen, &role("viewers"))).len(), 2 * EDITS.len(), "the others are known");
    }
}

#[test]
fn a_scope_in_a_form_that_nobody_knows_is_not_the_whole_cluster() {
    let seen = read_with(EksCluster::small("signing"), |_, reply| {
        let body = String::from_utf8(reply.body.to_vec()).unwrap();
        let changed = body.replace(r#""type":"namespace""#, r#""type":"label""#);
        Reply { body: changed.into(), ..reply }
    });
    let lost = unexpected(&seen);
    let lost: Vec<&GapNote> = lost.into_iter().filter(|gap| gap.population.as_deref() == Some(SUBJECT)).collect();
    assert_eq!(lost.len(), 1, "{:?}", seen.gaps);
    assert_eq!((lost[0].part.as_deref(), lost[0].reason), (Some("grants"), GapReason::Malformed));
    assert_eq!(lost[0].subject.as_ref().unwrap().id, role("viewers"));
}
