//! Every call this collector makes, named as `kubectl auth can-i` takes it.

use sdk::{Feed, Right};

use rbac::resource::{ACCESS_ENTRY, BINDING, CLUSTER, EKS, NAMESPACE, POD_IDENTITY, ROLE, SERVICE_ACCOUNT, SUBJECT};

pub const GET_KUBE_SYSTEM: &str = "get namespaces";
pub const WHO_AM_I: &str = "create selfsubjectreviews.authentication.k8s.io";
pub const MY_RULES: &str = "create selfsubjectrulesreviews.authorization.k8s.io";
pub const MAY_I: &str = "create selfsubjectaccessreviews.authorization.k8s.io";
pub const VERSION: &str = "get /version";
pub const NAMESPACES: &str = "list namespaces";
pub const SERVICE_ACCOUNTS: &str = "list serviceaccounts";
pub const ROLES: &str = "list roles.rbac.authorization.k8s.io";
pub const CLUSTER_ROLES: &str = "list clusterroles.rbac.authorization.k8s.io";
pub const ROLE_BINDINGS: &str = "list rolebindings.rbac.authorization.k8s.io";
pub const CLUSTER_ROLE_BINDINGS: &str = "list clusterrolebindings.rbac.authorization.k8s.io";
pub const DESCRIBE_CLUSTER: &str = "eks:DescribeCluster";
pub const LIST_ENTRIES: &str = "eks:ListAccessEntries";
pub const DESCRIBE_ENTRY: &str = "eks:DescribeAccessEntry";
pub const LIST_POLICIES: &str = "eks:ListAssociatedAccessPolicies";
pub const LIST_POD_IDENTITIES: &str = "eks:ListPodIdentityAssociations";
pub const DESCRIBE_POD_IDENTITY: &str = "eks:DescribePodIdentityAssociation";

/// Those that can be given namespace by namespace.
pub const NAMESPACED: [&str; 3] = [SERVICE_ACCOUNTS, ROLES, ROLE_BINDINGS];

fn right(name: &str, feeds: Vec<Feed>, deniable: bool, note: &str) -> Right {
    Right { name: name.to_owned(), feeds, deniable, note: note.to_owned() }
}

/// What is asked of AWS where the target names an EKS cluster.
pub fn of_eks() -> Vec<Right> {
    let entry = |part: &str| Feed::part(ACCESS_ENTRY, part);
    let pods = |part: &str| Feed::part(POD_IDENTITY, part);
    vec![
        aws::caller_identity_right(),
        right(
            DESCRIBE_CLUSTER,
            vec![
                Feed::part(CLUSTER, EKS),
                Feed::list(ACCESS_ENTRY),
                Feed::list(POD_IDENTITY),
                Feed::list(SUBJECT),
                Feed::part(SUBJECT, "authorizers"),
            ],
            true,
            "Only where the target names an EKS cluster: that it is this one, and whether EKS decides besides RBAC.",
        ),
        right(
            LIST_ENTRIES,
            vec![Feed::list(ACCESS_ENTRY), Feed::list(SUBJECT)],
            true,
            "Only for EKS: which IAM principals have access.",
        ),
        right(
            DESCRIBE_ENTRY,
            vec![entry("kind"), entry("username"), entry("groups"), Feed::list(SUBJECT)],
            true,
            "Only for EKS: who each of them is in the cluster.",
        ),
        right(
            LIST_POLICIES,
            vec![entry("policies"), Feed::part(SUBJECT, "grants")],
            true,
            "Only for EKS: what each of them may do by EKS access policies.",
        ),
        right(
            LIST_POD_IDENTITIES,
            vec![Feed::list(POD_IDENTITY)],
            true,
            "Only for EKS: which service accounts have IAM roles by EKS Pod Identity.",
        ),
        right(
            DESCRIBE_POD_IDENTITY,
            vec![pods("role"), pods("target_role"), pods("limited"), pods("session_tags")],
            true,
            "Only for EKS: which role each of these service accounts has.",
        ),
    ]
}

/// What is asked of the API server.
pub fn rights() -> Vec<Right> {
    let cluster = |part: &str| Feed::part(CLUSTER, part);
    vec![
        right(
            GET_KUBE_SYSTEM,
            vec![cluster("uid")],
            true,
            "Of `kube-system` alone: its UID is the identity of the cluster. Without it nothing is read.",
        ),
        right(
            WHO_AM_I,
            vec![cluster("caller")],
            false,
            "Who this program is to the API server. Granted to everyone by `system:basic-user`.",
        ),
        right(
            MY_RULES,
            vec![cluster("rules_review_incomplete")],
            false,
            "Whether the API server itself says that it cannot list our permissions. Granted to everyone by `system:basic-user`.",
        ),
        right(
            MAY_I,
            Vec::new(),
            false,
            "Preflight: asks whether each permission is granted. Granted to everyone by `system:basic-user`.",
        ),
        right(
            VERSION,
            vec![
                cluster("version"),
                Feed::part(ROLE, "built_in"),
                Feed::part(BINDING, "built_in"),
                Feed::part(SUBJECT, "grants"),
            ],
            false,
            "The API server's version, by which it answers. Given to everyone by `system:public-info-viewer`.",
        ),
        right(NAMESPACES, vec![Feed::list(NAMESPACE)], true, "Which namespaces there are."),
        right(
            SERVICE_ACCOUNTS,
            vec![Feed::list(SERVICE_ACCOUNT), Feed::part(BINDING, "missing_accounts"), Feed::list(SUBJECT)],
            true,
            "Accounts that programs run as. Not their tokens.",
        ),
        right(
            ROLES,
            vec![
                Feed::list(ROLE),
                Feed::part(BINDING, "role_exists"),
                Feed::part(BINDING, "built_in"),
                Feed::part(SUBJECT, "grants"),
            ],
            true,
            "Roles of namespaces.",
        ),
        right(
            CLUSTER_ROLES,
            vec![
                Feed::list(ROLE),
                Feed::part(ROLE, "aggregates"),
                Feed::part(BINDING, "role_exists"),
                Feed::part(BINDING, "built_in"),
                Feed::part(SUBJECT, "grants"),
            ],
            true,
            "ClusterRoles. Without them almost nothing is known: every subject is bound to some.",
        ),
        right(
            ROLE_BINDINGS,
            vec![Feed::list(BINDING), Feed::list(SUBJECT)],
            true,
            "Who has which role in which namespace.",
        ),
        right(
            CLUSTER_ROLE_BINDINGS,
            vec![Feed::list(BINDING), Feed::list(SUBJECT)],
            true,
            "Who has which ClusterRole everywhere.",
        ),
    ]
}

/// The right that a request needs, from its method and path.
#[must_use]
pub fn right_of(method: &str, path: &str) -> String {
    let mut parts = path.trim_matches('/').split('/');
    let group = match parts.next() {
        Some("api") => {
            parts.next();
            ""
        }
        Some("apis") => {
            let group = parts.next().unwrap_or_default();
            parts.next();
            group
        }
        _ => return format!("{} {path}", method.to_ascii_lowercase()),
    };
    let mut rest: Vec<&str> = parts.collect();
    if let ["namespaces", _, _, ..] = rest.as_slice() {
        rest.drain(..2);
    }
    let (resource, named) = match rest.as_slice() {
        [resource] => (*resource, false),
        [resource, _] => (*resource, true),
        _ => return format!("{} {path}", method.to_ascii_lowercase()),
    };
    let verb = match (method, named) {
        ("GET", false) => "list",
        ("GET", true) => "get",
        ("POST", _) => "create",
        _ => return format!("{} {path}", method.to_ascii_lowercase()),
    };
    if group.is_empty() { format!("{verb} {resource}") } else { format!("{verb} {resource}.{group}") }
}

/// A right taken apart: verb, resource, API group; `None` for a path.
#[must_use]
pub fn parts_of(right: &str) -> Option<(&str, &str, &str)> {
    let (verb, what) = right.split_once(' ')?;
    if what.starts_with('/') {
        return None;
    }
    let (resource, group) = what.split_once('.').unwrap_or((what, ""));
    Some((verb, resource, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_named_by_the_right_they_need() {
        for (method, path, right) in [
            ("GET", "/api/v1/namespaces/kube-system", GET_KUBE_SYSTEM),
            ("GET", "/api/v1/namespaces", NAMESPACES),
            ("GET", "/api/v1/serviceaccounts", SERVICE_ACCOUNTS),
            ("GET", "/api/v1/namespaces/a/serviceaccounts", SERVICE_ACCOUNTS),
            ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles", CLUSTER_ROLES),
            ("GET", "/apis/rbac.authorization.k8s.io/v1/namespaces/a/roles", ROLES),
            ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", WHO_AM_I),
            ("GET", "/version", VERSION),
            ("DELETE", "/api/v1/namespaces/a", "delete /api/v1/namespaces/a"),
        ] {
            assert_eq!(right_of(method, path), right);
        }
        assert_eq!(parts_of(ROLES), Some(("list", "roles", "rbac.authorization.k8s.io")));
        assert_eq!(parts_of(VERSION), None);
    }
}
