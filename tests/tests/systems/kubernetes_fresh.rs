//! A cluster that nobody has touched: what Kubernetes makes by itself is known for what it is.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use workspace_tests::cluster::Cluster;
use workspace_tests::desk::{Desk, Sealed};

/// All controls of the template, over this cluster as its administrator reads it.
fn desk(cluster: &Cluster) -> Desk {
    let uid = cluster.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
    let template = fs::read_to_string(workspace_tests::root().join("policies/templates/kubernetes.yaml")).unwrap();
    let kubeconfig = format!("    kubeconfig: \"{}\"\n", cluster.admin().display());
    let lines = template.lines().map(|line| {
        if line.trim_start().starts_with("uid:") {
            format!("    uid: {uid}\n{kubeconfig}")
        } else {
            format!("{line}\n")
        }
    });
    Desk::new(&lines.collect::<String>())
}

fn of(sealed: &Sealed, outcome: &str) -> BTreeSet<(String, String)> {
    let of_cluster = sealed.findings().into_iter().filter(|finding| finding.check.starts_with("kubernetes-rbac/"));
    let found = of_cluster.filter(|finding| finding.outcome == outcome);
    found.map(|finding| (finding.check, finding.subject.map_or_else(|| "all".to_owned(), |(_, id)| id))).collect()
}

#[test]
fn a_new_cluster_has_no_deviation_and_one_binding_to_everybody_has_one_for_each_right() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let desk = desk(&cluster);
    let (answer, fresh) = desk.seal();
    assert_eq!(of(&fresh, "deviates"), BTreeSet::new(), "{answer:?}");
    // The group of nodes is named by no binding: the Node authorizer is no matter here.
    assert_eq!(of(&fresh, "undetermined"), BTreeSet::new(), "{answer:?}");
    assert!(of(&fresh, "conforms").len() > 500, "{}", of(&fresh, "conforms").len());

    // K15: as many findings as there are bindings, not as there are accounts.
    let wide = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "wide"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:serviceaccounts"}]});
    let _ = cluster.kubectl(&["apply", "-f", "-"], &wide.to_string());
    let (answer, sealed) = desk.seal();
    let deviating = of(&sealed, "deviates");
    // What Kubernetes' own accounts may read themselves makes of the right to create secrets one to get tokens.
    let combined = |(check, subject): &&(String, String)| {
        check == "kubernetes-rbac/token-minting-is-declared" && subject.starts_with("ServiceAccount/kube-system/")
    };
    assert!(deviating.iter().any(|finding| combined(&finding)), "{deviating:#?}");
    let subjects: BTreeSet<&str> =
        deviating.iter().filter(|finding| !combined(finding)).map(|(_, subject)| subject.as_str()).collect();
    assert_eq!(
        subjects,
        BTreeSet::from(["ClusterRoleBinding/wide", "Group/system:serviceaccounts"]),
        "{answer:?}\n{deviating:#?}"
    );
    let secrets = of(&sealed, "not-applicable");
    assert!(secrets.iter().any(|(check, subject)| {
        check == "kubernetes-rbac/secrets-readers-are-declared" && subject == "ServiceAccount/default/default"
    }));

    // K6: a name of Kubernetes, made anew.
    let _ = cluster.kubectl(&["delete", "clusterrolebinding", "wide", "system:discovery"], "");
    let mut renewed = wide;
    if let Some(object) = renewed.as_object_mut() {
        object.insert("metadata".to_owned(), json!({"name": "system:discovery"}));
        object.insert(
            "roleRef".to_owned(),
            json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}),
        );
        object.insert(
            "subjects".to_owned(),
            json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"}]),
        );
    }
    let _ = cluster.kubectl(&["apply", "-f", "-"], &renewed.to_string());
    let (answer, sealed) = desk.seal();
    let deviating = of(&sealed, "deviates");
    for finding in [
        ("kubernetes-rbac/no-binding-to-everyone", "ClusterRoleBinding/system:discovery"),
        ("kubernetes-rbac/all-powerful-is-declared", "Group/system:authenticated"),
    ] {
        assert!(deviating.contains(&(finding.0.to_owned(), finding.1.to_owned())), "{answer:?}\n{deviating:#?}");
    }
}
