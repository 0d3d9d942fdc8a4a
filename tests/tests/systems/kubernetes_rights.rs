//! Rights in a real cluster: exactly those that are printed are enough, one that is missing is exactly the gap that the table
//! says, and the API server's own log knows of no other call.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use sdk::{Descriptor, Right};
use serde_json::{Map, Value, json};
use workspace_tests::cluster::Cluster;
use workspace_tests::desk::{Desk, Sealed};

const ACCOUNT: &str = "system:serviceaccount:witnessmark:witnessmark";

fn descriptor() -> Descriptor {
    // Of a target that names no cluster of EKS.
    collectors::find("kubernetes-rbac").unwrap().descriptor().for_target(&Map::new())
}

fn deniable() -> Vec<Right> {
    descriptor().rights.into_iter().filter(|right| right.deniable).collect()
}

/// Verb, group and resource of a right: `list roles.rbac.authorization.k8s.io`.
fn parts(right: &str) -> (&str, &str, &str) {
    let (verb, what) = right.split_once(' ').unwrap();
    let (resource, group) = what.split_once('.').unwrap_or((what, ""));
    (verb, group, resource)
}

/// A desk whose declaration names the cluster, read by a service account that has the printed ClusterRole and nothing else.
fn desk(cluster: &Cluster) -> Desk {
    let uid = cluster.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
    let desk = Desk::new("witnessmark: 1\n");
    let declared = |kubeconfig: &str| {
        format!(
            "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: signing, collector: kubernetes-rbac, \
             uid: {uid}, kubeconfig: \"{kubeconfig}\", authorizers: [Node, RBAC]}}\ncontrols:\n  - id: K8S-REACH\n    title: Bindings lead somewhere, and nobody is bound to everyone\n    \
             checks: [{{use: kubernetes-rbac/no-dangling-bindings}}, {{use: kubernetes-rbac/no-binding-to-everyone}}]\n"
        )
    };
    fs::write(desk.path("witnessmark.yaml"), declared("not-yet")).unwrap();
    let printed = desk.witnessmark(&["rights", "--format", "cluster-role"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    // What `deploy/` holds is what is printed, and a real API server takes it.
    let deployed =
        |name: &str| fs::read_to_string(workspace_tests::root().join("deploy/kubernetes").join(name)).unwrap();
    assert_eq!(printed.stdout, deployed("cluster-role.yaml"), "deploy/kubernetes/cluster-role.yaml");
    let _ = cluster.kubectl(&["create", "namespace", "witnessmark"], "");
    let _ = cluster.kubectl(&["apply", "-f", "-"], &deployed("cronjob.yaml"));
    let _ = cluster.kubectl(&["apply", "-f", "-"], &printed.stdout);
    let job = cluster.kubectl(
        &["get", "cronjob", "witnessmark", "-n", "witnessmark", "-o", "jsonpath={.spec.concurrencyPolicy}"],
        "",
    );
    assert_eq!(job, "Forbid");
    let kubeconfig = cluster.service_account("witnessmark", "witnessmark");
    fs::write(desk.path("witnessmark.yaml"), declared(kubeconfig.to_str().unwrap())).unwrap();
    desk
}

/// Leaves the service account with the printed rights but for one; `None`: with all of them.
fn leave_out(cluster: &Cluster, whole: &Value, right: Option<&str>) {
    let mut role = whole.clone();
    role["metadata"].as_object_mut().unwrap().retain(|name, _| name == "name");
    if let Some(right) = right {
        let (verb, group, resource) = parts(right);
        let rules = role["rules"].as_array_mut().unwrap();
        let before = rules.len();
        rules.retain(|rule| {
            (&rule["verbs"][0], &rule["apiGroups"][0], &rule["resources"][0])
                != (&verb.into(), &group.into(), &resource.into())
        });
        assert_eq!(rules.len(), before - 1, "{right}");
    }
    let _ = cluster.kubectl(&["replace", "-f", "-"], &role.to_string());
    // The authorizer learns of it a moment later.
    for wanted in deniable() {
        let expected = right != Some(wanted.name.as_str());
        let learnt = (0..100).any(|_| {
            let same = allowed(cluster, &wanted.name) == expected;
            if !same {
                std::thread::sleep(Duration::from_millis(100));
            }
            same
        });
        assert!(learnt, "the API server does not learn that {} is {expected}", wanted.name);
    }
}

/// The API server's own word on whether the service account has a right.
fn allowed(cluster: &Cluster, right: &str) -> bool {
    let (verb, group, resource) = parts(right);
    let mut asked = json!({"verb": verb, "group": group, "resource": resource});
    if verb == "get" {
        asked["name"] = "kube-system".into();
        asked["namespace"] = "kube-system".into();
    }
    let groups = ["system:serviceaccounts", "system:serviceaccounts:witnessmark", "system:authenticated"];
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": ACCOUNT, "groups": groups, "resourceAttributes": asked}});
    let answer = cluster.kubectl(&["create", "-f", "-", "-o", "json"], &review.to_string());
    serde_json::from_str::<Value>(&answer).unwrap()["status"]["allowed"].as_bool().unwrap()
}

/// Rights that gaps name.
fn missed(sealed: &Sealed) -> BTreeSet<String> {
    sealed.of("gap").filter_map(|gap| gap["right"].as_str().map(str::to_owned)).collect()
}

/// What the audit log says of our service account: the rights that its calls needed, and the ids of the calls.
fn audited(cluster: &Cluster) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut rights, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let log = fs::read_to_string(cluster.file("audit.log")).unwrap();
    for event in log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if event["user"]["username"] != ACCOUNT || event["stage"] != "ResponseComplete" {
            continue;
        }
        let verb = event["verb"].as_str().unwrap();
        let text = |name: &str| event["objectRef"][name].as_str().unwrap_or_default();
        rights.insert(match (text("resource"), text("apiGroup")) {
            ("", _) => format!("{verb} {}", event["requestURI"].as_str().unwrap().split('?').next().unwrap()),
            (resource, "") => format!("{verb} {resource}"),
            (resource, group) => format!("{verb} {resource}.{group}"),
        });
        ids.insert(event["auditID"].as_str().unwrap().to_owned());
    }
    (rights, ids)
}

#[test]
fn exactly_the_printed_rights_are_enough_and_each_that_is_missing_shows() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let desk = desk(&cluster);
    let whole: Value =
        serde_json::from_str(&cluster.kubectl(&["get", "clusterrole", "witnessmark", "-o", "json"], "")).unwrap();
    leave_out(&cluster, &whole, None);
    let mut ids = BTreeSet::new();
    let mut keep = |sealed: &Sealed| {
        ids.extend(sealed.of("exchange").filter_map(|one| one["request_id"].as_str().map(str::to_owned)));
    };

    let preflight = desk.witnessmark(&["preflight", "--format", "json"]);
    assert_eq!(preflight.code, 0, "{preflight:?}");
    let (answer, sealed) = desk.seal();
    keep(&sealed);
    assert_eq!(sealed.of("gap").count(), 0, "{answer:?}\n{:#?}", sealed.of("gap").collect::<Vec<_>>());
    assert!(sealed.of("derived").any(|one| one["kind"] == "kubernetes-rbac/subject"), "{answer:?}");
    let undisturbed: BTreeSet<String> = sealed.findings().into_iter().map(|finding| finding.key).collect();
    assert!(sealed.findings().iter().all(|finding| finding.outcome != "undetermined"), "{:#?}", sealed.findings());
    assert!(!undisturbed.is_empty());

    for right in deniable() {
        leave_out(&cluster, &whole, Some(&right.name));
        let (answer, sealed) = desk.seal();
        keep(&sealed);
        assert_eq!(missed(&sealed), BTreeSet::from([right.name.clone()]), "{answer:?}");
        assert!(sealed.of("gap").any(|gap| gap["reason"] == "denied"), "{answer:?}");
        // What depends on it is not known: each kind that the right lists has a list that did not come to its end.
        for feed in right.feeds.iter().filter(|feed| feed.part.is_none() && feed.kind != "kubernetes-rbac/subject") {
            let lists: Vec<&Value> = sealed
                .of("coverage")
                .filter(|one| one["population"].as_str().is_some_and(|name| name.split('@').next() == Some(&feed.kind)))
                .collect();
            assert!(lists.iter().any(|one| one["complete"] == false), "{}: {lists:?}", right.name);
        }
        assert!([3, 11].contains(&answer.code), "{}: {answer:?}", right.name);
    }

    // No call outside the declared rights, and each call that is sealed is one that the API server knows.
    let declared: BTreeSet<String> = descriptor().rights.into_iter().map(|right| right.name).collect();
    let (used, known) = audited(&cluster);
    let undeclared: Vec<&String> = used.difference(&declared).collect();
    assert!(undeclared.is_empty(), "{undeclared:?}");
    assert_eq!(used, declared, "every declared right is used");
    let unknown: Vec<&String> = ids.difference(&known).collect();
    assert!(unknown.is_empty(), "{} of {} ids are not in the audit log: {unknown:?}", unknown.len(), ids.len());
    assert!(ids.len() > 60, "{}", ids.len());
}
