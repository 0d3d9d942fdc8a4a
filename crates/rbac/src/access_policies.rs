//! What the access policies of EKS give, as far as it is a right worth watching. Their rules are in no API: AWS publishes them in
//! <https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html>.
//!
//! Only the policies for people and programs of all kinds are known here; AWS' policies for its own services are not.

use crate::rules::Rule;

const READ: &[&str] = &["get", "list", "watch"];
const CHANGE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const ALL: &[&str] = &["*"];

/// The rules of a policy that touch rights worth watching; `None`: a policy that is not known.
#[must_use]
pub fn rules(policy: &str) -> Option<Vec<Rule>> {
    match policy {
        "AmazonEKSClusterAdminPolicy" => Some(vec![rule(ALL, "*", ALL)]),
        // They differ in roles and bindings, which only the first may change within what it holds itself.
        "AmazonEKSAdminPolicy" | "AmazonEKSEditPolicy" => Some(vec![
            rule(CHANGE, "apps", &["daemonsets", "deployments", "replicasets", "statefulsets"]),
            rule(CHANGE, "batch", &["cronjobs", "jobs"]),
            rule(
                READ,
                "",
                &["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"],
            ),
            rule(CHANGE, "", &["replicationcontrollers", "secrets", "services/proxy"]),
            rule(CHANGE, "", &["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"]),
            rule(&["impersonate"], "", &["serviceaccounts"]),
        ]),
        "AmazonEKSAdminViewPolicy" => Some(vec![rule(READ, "*", ALL)]),
        "AmazonEKSViewPolicy" => Some(Vec::new()),
        _ => None,
    }
}

fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Rule {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Rule { verbs: owned(verbs), api_groups: owned(&[group]), resources: owned(resources), ..Rule::default() }
}
