//! What is made of a cluster that changes while it is read, that is read namespace by namespace, or whose objects are not what their names say.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "helpers of tests may stop at the first surprise, and take what a caller writes in place"
)]

use std::sync::atomic::{AtomicUsize, Ordering};

use collector_kubernetes_rbac::KubernetesRbac;
use fakes::kubernetes::{K8sFake, UID};
use sdk::{GapNote, GapReason, RightState};
use serde_json::{Value, json};
use testkit::{Changed, Reply, Request, Seen, collect, preflight};

const BINDING: &str = "kubernetes-rbac/binding";
const ROLE: &str = "kubernetes-rbac/role";
const SUBJECT: &str = "kubernetes-rbac/subject";
const LIST_BINDINGS: &str = "list clusterrolebindings.rbac.authorization.k8s.io";
const LIST_ROLES: &str = "list clusterroles.rbac.authorization.k8s.io";

fn read(
    objects: Vec<Value>,
    settings: Value,
    change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static,
) -> Seen {
    let mut all = json!({"uid": UID, "authorizers": ["Node", "RBAC"]});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let mut objects = objects;
    objects.push(json!({"kind": "Namespace", "metadata": {"name": "kube-system"}}));
    collect(&KubernetesRbac, Changed(K8sFake::new(objects, 500), change), all)
}

fn plain(objects: Vec<Value>) -> Seen {
    read(objects, json!({}), |_, reply| reply)
}

fn role(name: &str, rules: Value) -> Value {
    json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
}

fn binding(name: &str, role: &str, kind: &str, subject: &str) -> Value {
    json!({"kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": subject}]})
}

fn secrets() -> Value {
    json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}])
}

fn facts<'a>(seen: &'a Seen, kind: &str, id: &str) -> &'a Value {
    let resource = seen.resources.iter().find(|one| one.kind == kind && one.id == id).map(|one| &one.facts);
    let derived = || seen.derived.iter().find(|one| one.kind == kind && one.id == id).map(|one| &one.facts);
    resource.or_else(derived).unwrap_or_else(|| panic!("no {kind} {id}"))
}

/// A list without the member of that name.
fn without(mut reply: Reply, name: &str) -> Reply {
    let mut page: Value = serde_json::from_slice(&reply.body).unwrap();
    page["items"].as_array_mut().unwrap().retain(|item| item["metadata"]["name"] != name);
    reply.body = page.to_string().into();
    reply
}

fn gaps<'a>(seen: &'a Seen, id: &str) -> Vec<&'a GapNote> {
    seen.gaps.iter().filter(|gap| gap.subject.as_ref().is_some_and(|subject| subject.id == id)).collect()
}

/// K2: what the Node authorizer gives stands in no object.
#[test]
fn what_a_node_may_do_is_not_known_where_the_node_authorizer_decides() {
    let objects = || {
        vec![
            role("view", json!([])),
            binding("nodes", "view", "Group", "system:nodes"),
            binding("node", "view", "User", "system:node:one"),
            binding("other", "view", "User", "ann"),
        ]
    };
    let seen = plain(objects());
    for id in ["Group/system:nodes", "User/system:node:one"] {
        let found = gaps(&seen, id);
        assert_eq!(found.len(), 1, "{:?}", seen.gaps);
        assert_eq!((found[0].part.as_deref(), found[0].reason), (Some("grants"), GapReason::Unsupported));
        assert!(found[0].detail.contains("Node authorizer"), "{}", found[0].detail);
    }
    assert_eq!(seen.gaps.len(), 2, "nobody else is touched: {:?}", seen.gaps);
    let alone = read(objects(), json!({"authorizers": ["RBAC"]}), |_, reply| reply);
    assert!(alone.gaps.is_empty(), "{:?}", alone.gaps);
}

/// K4: a role and its binding made while the cluster is read: the binding list that holds the one was asked before.
#[test]
fn a_role_made_together_with_its_binding_is_read() {
    let objects = vec![role("deployed", secrets()), binding("deployed", "deployed", "User", "ann")];
    let bindings = AtomicUsize::new(0);
    let seen = read(objects, json!({}), move |request, reply| match request.operation.as_str() {
        LIST_BINDINGS => {
            bindings.fetch_add(1, Ordering::SeqCst);
            reply
        }
        // The deploy comes between the first list and the second.
        LIST_ROLES if bindings.load(Ordering::SeqCst) == 0 => without(reply, "deployed"),
        _ => reply,
    });
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert_eq!(facts(&seen, BINDING, "ClusterRoleBinding/deployed")["role_exists"], true);
    assert_eq!(facts(&seen, SUBJECT, "User/ann")["grants"][0]["right"], "read-secrets");
}

#[test]
fn a_role_deleted_together_with_its_binding_leaves_nothing_that_dangles() {
    let objects = vec![binding("gone", "gone", "User", "ann"), role("stays", json!([]))];
    let times = AtomicUsize::new(0);
    let seen = read(objects, json!({}), move |request, reply| {
        let again = request.operation == LIST_BINDINGS && times.fetch_add(1, Ordering::SeqCst) > 0;
        if again { without(reply, "gone") } else { reply }
    });
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert!(seen.resources.iter().all(|one| one.kind != BINDING), "it is not there any more");
    let coverage = seen.coverage.iter().find(|one| one.population == format!("{BINDING}@cluster")).unwrap();
    assert_eq!((coverage.items, coverage.calls, coverage.complete), (0, 2, true));
}

#[test]
fn a_binding_that_dangles_twice_does() {
    let seen = plain(vec![binding("dangling", "there-is-none", "User", "ann")]);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert_eq!(facts(&seen, BINDING, "ClusterRoleBinding/dangling")["role_exists"], false);
    let lists = seen.exchanges.iter().filter(|one| one.exchange.operation == LIST_ROLES).count();
    assert_eq!(lists, 2, "asked again, and no third time");
}

#[test]
fn what_never_fits_is_a_gap() {
    let objects = (0..9).map(|at| binding(&format!("new-{at}"), &format!("role-{at}"), "User", "ann")).collect();
    let times = AtomicUsize::new(0);
    let seen = read(objects, json!({}), move |request, mut reply| {
        if request.operation == LIST_BINDINGS {
            // Another one each time.
            let at = times.fetch_add(1, Ordering::SeqCst);
            let mut page: Value = serde_json::from_slice(&reply.body).unwrap();
            page["items"].as_array_mut().unwrap().retain(|item| item["metadata"]["name"] == format!("new-{at}"));
            reply.body = page.to_string().into();
        }
        reply
    });
    let found = gaps(&seen, "ClusterRoleBinding/new-2");
    let parts: Vec<Option<&str>> = found.iter().map(|gap| gap.part.as_deref()).collect();
    assert_eq!(parts, [Some("role_exists"), Some("built_in")], "{:?}", seen.gaps);
    assert!(found.iter().all(|gap| gap.reason == GapReason::Vanished));
    assert!(facts(&seen, BINDING, "ClusterRoleBinding/new-2").get("role_exists").is_none());
    let grants = gaps(&seen, "User/ann");
    assert_eq!(grants.iter().map(|gap| gap.part.as_deref()).collect::<Vec<_>>(), [Some("grants")], "{:?}", seen.gaps);
}

/// K6: a name that Kubernetes uses, and another role behind it.
#[test]
fn a_name_of_kubernetes_makes_nothing_its_own() {
    let discovery = json!([{"verbs": ["get"], "nonResourceURLs":
        ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"]}]);
    let all = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    let seen = plain(vec![
        role("system:discovery", discovery),
        role("cluster-admin", all.clone()),
        role("system:basic-user", all),
        binding("as-it-is", "system:discovery", "Group", "system:authenticated"),
        binding("system:discovery", "cluster-admin", "Group", "system:authenticated"),
        binding("cluster-admin", "cluster-admin", "Group", "system:masters"),
    ]);
    let built_in = |kind: &str, id: &str| facts(&seen, kind, id)["built_in"].as_bool();
    assert_eq!(built_in(BINDING, "ClusterRoleBinding/as-it-is"), Some(true), "what is bound is what everybody has");
    assert_eq!(built_in(BINDING, "ClusterRoleBinding/system:discovery"), Some(false));
    assert_eq!(built_in(BINDING, "ClusterRoleBinding/cluster-admin"), Some(true));
    assert_eq!(built_in(ROLE, "ClusterRole/cluster-admin"), Some(true));
    assert_eq!(built_in(ROLE, "ClusterRole/system:basic-user"), Some(false), "more than this version gives it");
    let everyone = facts(&seen, SUBJECT, "Group/system:authenticated");
    assert!(everyone["grants"].as_array().unwrap().iter().all(|grant| grant["built_in"] == false), "{everyone}");
}

fn refused() -> Reply {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "no", "reason": "Forbidden", "code": 403});
    Reply::new(403, "application/json", body.to_string())
}

fn only_by_namespace(request: &Request, reply: Reply) -> Reply {
    let lists = ["serviceaccounts", "roles.rbac", "rolebindings.rbac"].map(|what| format!("list {what}"));
    let whole =
        request.parameter("namespace").is_none() && lists.iter().any(|list| request.operation.starts_with(list));
    if whole { refused() } else { reply }
}

fn in_two_namespaces() -> Vec<Value> {
    let mut objects = vec![role("view", json!([]))];
    for namespace in ["red", "blue"] {
        objects.push(json!({"kind": "Namespace", "metadata": {"name": namespace}}));
        objects.push(json!({"kind": "ServiceAccount", "metadata": {"name": "app", "namespace": namespace}}));
        objects
            .push(json!({"kind": "Role", "metadata": {"name": "reader", "namespace": namespace}, "rules": secrets()}));
        objects.push(json!({"kind": "RoleBinding", "metadata": {"name": "reader", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "app", "namespace": namespace}]}));
    }
    objects
}

/// K9: every namespace by itself is the whole.
#[test]
fn what_was_listed_in_every_namespace_is_not_missed_as_a_whole() {
    let every = json!({"namespaces": ["red", "blue", "kube-system"]});
    let seen = read(in_two_namespaces(), every, only_by_namespace);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert!(seen.coverage.iter().all(|one| one.complete), "{:?}", seen.coverage);
    let whole = plain(in_two_namespaces());
    for namespace in ["red", "blue"] {
        let id = format!("ServiceAccount/{namespace}/app");
        assert_eq!(facts(&seen, SUBJECT, &id)["grants"], facts(&whole, SUBJECT, &id)["grants"], "{id}");
    }
    // One namespace that is not named, and nobody knows what is bound there.
    let seen = read(in_two_namespaces(), json!({"namespaces": ["red", "kube-system"]}), only_by_namespace);
    let missed = |part: &str| {
        seen.gaps.iter().any(|gap| gap.population.as_deref() == Some(SUBJECT) && gap.part.as_deref() == Some(part))
    };
    assert!(missed("grants"), "{:?}", seen.gaps);
    assert!(seen.coverage.iter().any(|one| one.population == format!("{BINDING}@namespaces") && !one.complete));
}

/// Without its version nobody knows by which rules the server answers: what every version does is known, and the rest is not.
#[test]
fn without_the_version_what_differs_between_versions_is_not_known() {
    let objects = || {
        vec![
            role("execs", json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods/exec", "secrets"]}])),
            binding("execs", "execs", "User", "ann"),
        ]
    };
    let answers = |version: &'static str| {
        move |request: &Request, reply: Reply| match (request.operation.as_str(), version) {
            ("get /version", "") => refused(),
            ("get /version", version) => {
                Reply::new(200, "application/json", json!({"gitVersion": version}).to_string())
            }
            _ => reply,
        }
    };
    let rights = |seen: &Seen| -> Vec<String> {
        let grants = facts(seen, SUBJECT, "User/ann")["grants"].as_array().unwrap().clone();
        grants.iter().map(|grant| grant["right"].as_str().unwrap().to_owned()).collect()
    };
    let old = read(objects(), json!({}), answers("v1.33.2"));
    assert!(old.gaps.is_empty(), "{:?}", old.gaps);
    assert_eq!(rights(&old), ["exec", "read-secrets"]);
    for (version, reason) in [("", GapReason::Denied), ("v1.99.0", GapReason::Unsupported)] {
        let seen = read(objects(), json!({}), answers(version));
        assert_eq!(rights(&seen), ["read-secrets"], "{version}");
        for (population, part) in [(SUBJECT, "grants"), (ROLE, "built_in"), (BINDING, "built_in")] {
            let said = seen.gaps.iter().any(|gap| {
                gap.population.as_deref() == Some(population)
                    && gap.part.as_deref() == Some(part)
                    && gap.reason == reason
            });
            assert!(said, "{version} {population} {part}: {:?}", seen.gaps);
        }
        assert!(facts(&seen, ROLE, "ClusterRole/execs").get("built_in").is_none());
    }
}

/// A right of one's own, and a name given twice.
#[test]
fn rights_of_ones_own_are_computed_for_everybody() {
    let rotations = json!([{"verbs": ["create"], "apiGroups": ["keys.example.com"], "resources": ["rotations"]}]);
    let objects = vec![role("rotates", rotations), binding("rotates", "rotates", "User", "ann")];
    let own = json!({"name": "rotate", "verbs": ["create"], "group": "keys.example.com", "resource": "rotations"});
    let seen = read(objects, json!({"rights": [own]}), |_, reply| reply);
    let ann = facts(&seen, SUBJECT, "User/ann");
    assert_eq!(ann["own_rights"], json!(["own:rotate"]));
    assert_eq!(ann["grants"][0]["right"], "own:rotate");
}

const MAY_I: &str = "create selfsubjectaccessreviews.authorization.k8s.io";

/// State and words of a right, where reviews are answered so.
fn asked(
    settings: Value,
    right: &str,
    change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static,
) -> (RightState, String) {
    let mut all = json!({"uid": UID});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let objects = vec![json!({"kind": "Namespace", "metadata": {"name": "kube-system"}})];
    let statuses = preflight(&KubernetesRbac, Changed(K8sFake::new(objects, 500), change), all);
    let status = statuses.into_iter().find(|one| one.right == right).unwrap();
    (status.state, status.detail)
}

fn reviewed(request: &Request, reply: Reply, status: Value) -> Reply {
    if request.operation != MAY_I {
        return reply;
    }
    let body = json!({"kind": "SelfSubjectAccessReview", "status": status});
    Reply::new(201, "application/json", body.to_string())
}

/// C5: an authorizer that could not be asked has denied nothing.
#[test]
fn an_authorizer_that_is_down_leaves_a_right_undecided() {
    let down = "webhook: Post \"https://127.0.0.1:9/authorize\": connection refused";
    for (status, state, words) in [
        (json!({"allowed": true, "reason": "RBAC: allowed"}), RightState::Granted, "RBAC: allowed"),
        (json!({"allowed": true, "evaluationError": down, "reason": "RBAC: allowed"}), RightState::Granted, "RBAC"),
        (json!({"allowed": false}), RightState::Denied, "no authorizer allows it"),
        (json!({"allowed": false, "denied": true, "reason": "not you"}), RightState::Denied, "not you"),
        (json!({"allowed": false, "evaluationError": down}), RightState::Undecided, "connection refused"),
        (
            json!({"allowed": false, "denied": true, "evaluationError": down}),
            RightState::Undecided,
            "connection refused",
        ),
    ] {
        let answer = status.clone();
        let found = asked(json!({}), LIST_ROLES, move |request, reply| reviewed(request, reply, answer.clone()));
        assert_eq!(found.0, state, "{status}");
        assert!(found.1.contains(words), "{status}: {}", found.1);
    }
    // The calls themselves end in plain text then, and its first line is the reason.
    let seen = read(vec![role("view", json!([]))], json!({}), move |request, reply| match request.operation.as_str() {
        LIST_ROLES => {
            Reply::new(500, "text/plain", format!("Internal Server Error: \"/apis\": {down}\n\ngoroutine 1\n"))
        }
        _ => reply,
    });
    let said: Vec<&str> = seen.gaps.iter().map(|gap| gap.detail.as_str()).collect();
    assert!(
        said.iter().any(|said| said.contains("Internal Server Error") && said.contains("connection refused")),
        "{said:?}"
    );
    assert!(said.iter().all(|said| !said.contains("goroutine")), "{said:?}");
}

/// K9: what is listed namespace by namespace is asked about namespace by namespace.
#[test]
fn rights_in_each_declared_namespace_are_enough() {
    const ROLES: &str = "list roles.rbac.authorization.k8s.io";
    let only_in = |granted: &'static [&'static str]| {
        move |request: &Request, reply: Reply| {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let namespace = body["spec"]["resourceAttributes"]["namespace"].as_str().unwrap_or_default().to_owned();
            reviewed(request, reply, json!({"allowed": granted.contains(&namespace.as_str())}))
        }
    };
    let both = json!({"namespaces": ["red", "blue"]});
    let (state, words) = asked(both.clone(), ROLES, only_in(&["red", "blue"]));
    assert_eq!((state, words.as_str()), (RightState::Granted, "in each declared namespace: red, blue"));
    let (state, words) = asked(both.clone(), ROLES, only_in(&["red"]));
    assert_eq!(state, RightState::Denied);
    assert!(words.contains("in blue") && !words.contains("in red"), "{words}");
    assert_eq!(asked(json!({}), ROLES, only_in(&["red", "blue"])).0, RightState::Denied);
    // A ClusterRole is in no namespace.
    assert_eq!(asked(both, LIST_ROLES, only_in(&["red", "blue"])).0, RightState::Denied);
}

/// C7: rules that somebody typed into an aggregated role count, and it is said that they are such.
#[test]
fn an_aggregated_role_says_what_it_is_made_of() {
    let aggregated = |name: &str, label: &str, rules: Value| {
        json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules,
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": label}}]}})
    };
    let mut labelled = role("labelled", secrets());
    labelled["metadata"]["labels"] = json!({"to": "view"});
    let seen = plain(vec![
        aggregated("made", "view", secrets()),
        aggregated("typed", "nobody", secrets()),
        labelled,
        binding("typed", "typed", "User", "ann"),
    ]);
    let of = |name: &str| &facts(&seen, ROLE, &format!("ClusterRole/{name}"))["aggregates"];
    assert_eq!(of("made"), &json!(["labelled"]));
    assert_eq!(of("typed"), &json!([]));
    assert_eq!(of("labelled"), &Value::Null);
    let grants = facts(&seen, SUBJECT, "User/ann")["grants"].to_string();
    assert!(grants.contains("read-secrets"), "they count: {grants}");
}
