//! A cluster of 20,000 bindings and 5,000 roles: each is read once, in as many calls as its pages, and what every one of 4,000 people may do
//! is what counting says. What the same costs on a real API server is in docs/performance.md.

use std::collections::BTreeMap;

use collector_kubernetes_rbac::KubernetesRbac;
use fakes::kubernetes::{K8sFake, UID};
use serde_json::{Value, json};
use testkit::collect;

const NAMESPACES: usize = 50;
const ROLES: usize = 5_000;
const BINDINGS: usize = 20_000;
const PEOPLE: usize = 4_000;
const PAGE: usize = 500;

/// Each third role lets nobody do what is watched; the others let people into pods.
const fn gets_in(role: usize) -> bool {
    !role.is_multiple_of(3)
}

fn role_of(binding: usize) -> usize {
    (binding * 7) % ROLES
}

fn cluster() -> K8sFake {
    let namespace = |at: usize| format!("team-{}", at % NAMESPACES);
    let mut objects = vec![json!({"kind": "Namespace", "metadata": {"name": "kube-system"}})];
    objects.extend((0..NAMESPACES).map(|at| json!({"kind": "Namespace", "metadata": {"name": namespace(at)}})));
    objects.extend((0..ROLES).map(|at| {
        let (resource, verbs) = if gets_in(at) { ("pods/exec", ["create", "get"]) } else { ("pods", ["get", "list"]) };
        json!({"kind": "Role", "metadata": {"name": format!("role-{at}"), "namespace": namespace(at)},
            "rules": [{"apiGroups": [""], "resources": [resource], "verbs": verbs}]})
    }));
    objects.extend((0..BINDINGS).map(|at| {
        let role = role_of(at);
        json!({"kind": "RoleBinding", "metadata": {"name": format!("binding-{at}"), "namespace": namespace(role)},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": format!("role-{role}")},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": format!("person-{}", at % PEOPLE)}]})
    }));
    K8sFake::new(objects, PAGE)
}

#[test]
fn a_large_cluster_is_read_whole_and_everybodys_rights_are_counted_right() {
    let seen = collect(&KubernetesRbac, cluster(), json!({"uid": UID, "authorizers": ["Node", "RBAC"]}));
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    for (population, items) in [("role@namespaces", ROLES), ("binding@namespaces", BINDINGS)] {
        let name = format!("kubernetes-rbac/{population}");
        let coverage = seen.coverage.iter().find(|one| one.population == name).unwrap();
        let pages = u64::try_from(items.div_ceil(PAGE)).unwrap();
        assert!(coverage.complete);
        assert_eq!(
            (coverage.items, coverage.pages, coverage.calls),
            (u64::try_from(items).unwrap(), pages, pages),
            "{name}"
        );
        assert_eq!(
            coverage.total.as_ref().map(|total| total.count),
            u64::try_from(items).ok(),
            "the server's own count"
        );
    }
    let bindings = seen.resources.iter().filter(|one| one.kind == "kubernetes-rbac/binding");
    assert!(bindings.clone().all(|one| one.facts.get("role_exists") == Some(&json!(true))));
    assert_eq!(bindings.count(), BINDINGS);

    // By hand: who is bound how often, and in which namespaces that lets them into pods.
    let mut bound: BTreeMap<String, usize> = BTreeMap::new();
    let mut inside: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for at in 0..BINDINGS {
        let person = format!("User/person-{}", at % PEOPLE);
        *bound.entry(person.clone()).or_default() += 1;
        if gets_in(role_of(at)) {
            inside.entry(person).or_default().push(format!("team-{}", role_of(at) % NAMESPACES));
        }
    }
    let people: Vec<&Value> =
        seen.derived.iter().filter(|one| one.kind == "kubernetes-rbac/subject").map(|one| &one.facts).collect();
    assert_eq!(people.len(), PEOPLE);
    for person in people {
        let id = person.get("id").and_then(Value::as_str).unwrap();
        let list = |name: &str| person.get(name).and_then(Value::as_array).unwrap();
        assert_eq!(Some(&list("bindings").len()), bound.get(id), "{id}");
        let mut granted: Vec<&str> =
            list("grants").iter().map(|one| one.get("namespace").and_then(Value::as_str).unwrap()).collect();
        granted.sort_unstable();
        granted.dedup();
        let mut expected: Vec<&str> = inside.get(id).into_iter().flatten().map(String::as_str).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(granted, expected, "{id}");
        assert!(list("grants").iter().all(|one| one.get("right").is_some_and(|right| right == "exec")), "{id}");
    }
}
