//! What this collector makes of what an API server answers when it is not as usual.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "helpers of tests may stop at the first surprise, and take what a caller writes in place"
)]

use std::sync::atomic::{AtomicUsize, Ordering};

use collector_kubernetes_rbac::KubernetesRbac;
use fakes::kubernetes::{K8sFake, UID};
use rbac::built_in::BuiltIn;
use rbac::effective::{Claimed, Effective, Known};
use rbac::sealed::Sealed;
use rbac::ways::Version;
use sdk::GapReason;
use serde_json::{Value, json};
use testkit::{Changed, Reply, Request, Seen, collect};

const CLUSTER_ROLES: &str = "list clusterroles.rbac.authorization.k8s.io";
const ROLES: &str = "list roles.rbac.authorization.k8s.io";
const BINDINGS: &str = "list rolebindings.rbac.authorization.k8s.io";

fn read(settings: Value, change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> Seen {
    let mut all = json!({"uid": UID, "authorizers": ["Node", "RBAC"]});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    collect(&KubernetesRbac, Changed(K8sFake::small(), change), all)
}

fn refused(code: u16, reason: &str) -> Reply {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": reason,
        "reason": reason, "code": code});
    Reply::new(code, "application/json", body.to_string())
}

/// The first member of a list, changed.
fn first_member(mut reply: Reply, change: impl Fn(&mut Value)) -> Reply {
    let mut page: Value = serde_json::from_slice(&reply.body).unwrap();
    change(page.pointer_mut("/items/0").unwrap());
    reply.body = page.to_string().into();
    reply
}

fn complete(seen: &Seen, population: &str) -> Vec<bool> {
    seen.coverage.iter().filter(|one| one.population == population).map(|one| one.complete).collect()
}

/// Population and reason of the gaps of lists.
fn gaps_of_lists(seen: &Seen, kind: &str) -> Vec<(String, GapReason)> {
    let lists = seen.gaps.iter().filter(|gap| gap.part.is_none());
    lists
        .filter_map(|gap| Some((gap.population.clone()?, gap.reason)))
        .filter(|(population, _)| population.split('@').next() == Some(kind))
        .collect()
}

fn ids(seen: &Seen, kind: &str) -> Vec<String> {
    let mut ids: Vec<String> = seen.resources.iter().filter(|one| one.kind == kind).map(|one| one.id.clone()).collect();
    ids.sort();
    ids
}

#[test]
fn a_list_that_is_gone_in_the_middle_is_read_once_more() {
    let undisturbed = read(json!({}), |_, reply| reply);
    assert!(undisturbed.gaps.is_empty(), "{:?}", undisturbed.gaps);
    let times = AtomicUsize::new(0);
    let seen = read(json!({}), move |request, reply| {
        let middle = request.operation == CLUSTER_ROLES && request.parameter("continue").is_some();
        if middle && times.fetch_add(1, Ordering::Relaxed) == 0 { refused(410, "Expired") } else { reply }
    });
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert_eq!(ids(&seen, "kubernetes-rbac/role"), ids(&undisturbed, "kubernetes-rbac/role"), "each once");
}

#[test]
fn a_list_that_is_gone_again_is_a_gap() {
    let seen = read(json!({}), |request, reply| {
        let middle = request.operation == CLUSTER_ROLES && request.parameter("continue").is_some();
        if middle { refused(410, "Expired") } else { reply }
    });
    assert_eq!(complete(&seen, "kubernetes-rbac/role@cluster"), [false]);
    let found = gaps_of_lists(&seen, "kubernetes-rbac/role");
    assert_eq!(found, [("kubernetes-rbac/role@cluster".to_owned(), GapReason::Truncated)]);
}

#[test]
fn where_the_whole_is_refused_each_declared_namespace_is_read_by_itself() {
    let seen = read(json!({"namespaces": ["team-0", "team-1"]}), |request, reply| {
        let where_ = request.parameter("namespace");
        if request.operation == ROLES && where_ != Some("team-0") { refused(403, "Forbidden") } else { reply }
    });
    assert_eq!(complete(&seen, "kubernetes-rbac/role@namespaces"), [false]);
    assert_eq!(complete(&seen, "kubernetes-rbac/role@namespace:team-0"), [true]);
    assert_eq!(complete(&seen, "kubernetes-rbac/role@namespace:team-1"), [false]);
    assert!(ids(&seen, "kubernetes-rbac/role").iter().any(|id| id.starts_with("Role/team-0/")));
    assert!(!ids(&seen, "kubernetes-rbac/role").iter().any(|id| id.starts_with("Role/team-1/")));
    let found = gaps_of_lists(&seen, "kubernetes-rbac/role");
    let denied = |population: &str| (population.to_owned(), GapReason::Denied);
    assert_eq!(found, [denied("kubernetes-rbac/role@namespaces"), denied("kubernetes-rbac/role@namespace:team-1")]);
    // What a binding to a Role grants is not known where Roles are missing, and that is said.
    assert!(seen.gaps.iter().any(|gap| gap.part.as_deref() == Some("grants")));
}

/// A Role without its namespace would pass for a ClusterRole, a binding without its role for one that dangles.
#[test]
fn an_object_without_what_its_kind_has_is_malformed() {
    let without = |path: &'static str| {
        move |object: &mut Value| {
            let (parent, name) = path.rsplit_once('/').unwrap();
            object.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        }
    };
    for (list, population, path) in [
        (ROLES, "kubernetes-rbac/role@namespaces", "/metadata/namespace"),
        (BINDINGS, "kubernetes-rbac/binding@namespaces", "/roleRef"),
        ("list serviceaccounts", "kubernetes-rbac/service-account", "/metadata/namespace"),
        (CLUSTER_ROLES, "kubernetes-rbac/role@cluster", "/metadata/uid"),
    ] {
        let seen = read(
            json!({}),
            move |request, reply| {
                if request.operation == list { first_member(reply, without(path)) } else { reply }
            },
        );
        assert_eq!(complete(&seen, population), [false], "{list} without {path}");
        let found = gaps_of_lists(&seen, population.split('@').next().unwrap());
        assert_eq!(found, [(population.to_owned(), GapReason::Malformed)], "{list} without {path}");
    }
    let seen = read(json!({}), |request, reply| {
        let strange = |object: &mut Value| object["metadata"]["namespace"] = "team-0".into();
        if request.operation == CLUSTER_ROLES { first_member(reply, strange) } else { reply }
    });
    assert_eq!(complete(&seen, "kubernetes-rbac/role@cluster"), [false]);
}

#[test]
fn what_decides_beside_rbac_is_not_known_unless_it_is_declared_to_be_nothing() {
    for authorizers in [Value::Null, json!(["Node", "RBAC", "Webhook"])] {
        let seen = read(json!({"authorizers": authorizers}), |_, reply| reply);
        let gaps: Vec<_> = seen.gaps.iter().map(|gap| (gap.part.as_deref(), gap.reason)).collect();
        assert_eq!(gaps, [(Some("authorizers"), GapReason::Unsupported)], "{authorizers}");
    }
}

/// What follows from the resources alone, in another order than they were listed in.
fn computed_again(seen: &Seen, claimed: &Claimed) -> Vec<(String, Value)> {
    let mut sealed = Sealed::default();
    for one in seen.resources.iter().rev() {
        sealed.take(&one.kind, &one.id, &one.facts.to_string());
    }
    assert!(sealed.unread.is_empty(), "{:?}", sealed.unread);
    let version = sealed.version.as_deref().map_or(Version::UNKNOWN, Version::of);
    let known = Known {
        rbac: &sealed.rbac,
        accounts: &sealed.accounts,
        entries: &sealed.entries,
        described: sealed.described.as_ref(),
        version,
        claimed,
    };
    let effective = Effective::of(known, &BuiltIn::of(version).unwrap());
    let facts = effective.subjects().iter().map(|subject| effective.facts(subject));
    facts.map(|facts| (facts.id.clone(), serde_json::to_value(facts).unwrap())).collect()
}

#[test]
fn what_is_derived_follows_from_the_resources_whatever_their_order() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/kubernetes-rbac.json")).unwrap();
    let mut objects: Vec<Value> = serde_json::from_str(&text).unwrap();
    objects.push(json!({"kind": "Namespace", "metadata": {"name": "kube-system"}}));
    let settings = json!({"uid": UID, "authorizers": ["Node", "RBAC"], "rights": [
        {"name": "certificates", "verbs": ["get"], "group": "cert-manager.io", "resource": "certificates"}]});
    let claimed: Claimed = serde_json::from_value(settings.clone()).unwrap();
    for source in [K8sFake::new(objects, 50), K8sFake::small()] {
        let seen = collect(&KubernetesRbac, source, settings.clone());
        let mut derived: Vec<(String, Value)> =
            seen.derived.iter().map(|one| (one.id.clone(), one.facts.clone())).collect();
        derived.sort_by(|one, other| one.0.cmp(&other.0));
        let mut again = computed_again(&seen, &claimed);
        again.sort_by(|one, other| one.0.cmp(&other.0));
        assert!(derived.len() > 4, "{}", derived.len());
        assert_eq!(again, derived);
    }
}
