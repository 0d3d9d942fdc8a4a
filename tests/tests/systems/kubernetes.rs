//! What the collector computes, held against a real API server's own answers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "helpers of tests may stop at the first surprise, and take what a caller writes in place"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use collector_kubernetes_rbac::wire;
use futures_util::stream::{self, StreamExt as _};
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use rbac::answer::{Answer, Verdict, World};
use rbac::built_in::BuiltIn;
use rbac::effective::Claimed;
use rbac::question::Question as Ask;
use rbac::rules::{Asked, Binding, Rbac, Rule, Who};
use rbac::sealed::Sealed;
use rbac::sensitive::{Holders, Subject};
use rbac::ways::{self, Limit, Named, Place, Step, Version};
use serde_json::{Value, json};
use workspace_tests::cluster::Cluster;

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
/// Features of RBAC that must each have decided at least this many questions.
const EACH: usize = 500;

async fn admin(cluster: &Cluster) -> Client {
    let read = Kubeconfig::read_from(cluster.admin()).unwrap();
    let config = kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Result<Value, kube::Error> {
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(bytes)
        .unwrap();
    client.request(request).await
}

fn folder(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap();
    let plural = format!("{}s", kind.to_lowercase());
    let (api, namespace) =
        (if kind == "ServiceAccount" { "/api/v1" } else { RBAC }, object["metadata"]["namespace"].as_str());
    match namespace {
        Some(namespace) => format!("{api}/namespaces/{namespace}/{plural}"),
        None => format!("{api}/{plural}"),
    }
}

async fn create(client: &Client, objects: &[Value]) {
    let namespaces: BTreeSet<&str> = objects.iter().filter_map(|one| one["metadata"]["namespace"].as_str()).collect();
    for name in namespaces {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        // `default` and `kube-system` are there already.
        let _ = send(client, "POST", "/api/v1/namespaces", &body).await;
    }
    stream::iter(objects)
        .map(|object| async move {
            if let Err(error) = send(client, "POST", &folder(object), object).await {
                assert!(error.to_string().contains("already exists"), "{object}: {error}");
            }
        })
        .buffer_unordered(16)
        .collect::<Vec<_>>()
        .await;
}

/// The cluster's RBAC as the server stores it, and which ClusterRoles are aggregated.
async fn stored(client: &Client) -> (Rbac, BTreeSet<String>) {
    let (mut rbac, mut aggregated) = (Rbac::default(), BTreeSet::new());
    for plural in ["clusterroles", "roles", "clusterrolebindings", "rolebindings"] {
        let list = send(client, "GET", &format!("{RBAC}/{plural}"), &Value::Null).await.unwrap();
        for item in list["items"].as_array().unwrap() {
            let object: wire::Object = serde_json::from_value(item.clone()).unwrap();
            let (namespace, name) = (object.metadata.namespace, object.metadata.name);
            match object.role_ref {
                Some(role) => {
                    let subjects = object.subjects.unwrap_or_default();
                    rbac.bindings.push(Binding { namespace, name, role, subjects });
                }
                None => {
                    if object.aggregation_rule.is_some() {
                        aggregated.insert(name.clone());
                    }
                    rbac.roles.insert((namespace, name), object.rules.unwrap_or_default());
                }
            }
        }
    }
    (rbac, aggregated)
}

fn role(kind: &str, namespace: Option<&str>, name: &str, rules: Value) -> Value {
    let mut object =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "rules": rules});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn binding(namespace: Option<&str>, name: &str, role: (&str, &str), subject: Value) -> Value {
    let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    let mut object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role.0, "name": role.1}, "subjects": [subject]});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn user(name: &str) -> Value {
    json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name})
}

fn group(name: &str) -> Value {
    json!({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name})
}

/// Made by hand: what a careless reader of the rules gets wrong.
fn hostile() -> Vec<Value> {
    let rules = [
        (
            "names",
            json!([{"verbs": ["get", "delete"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one", "two"]}]),
        ),
        (
            "no-name",
            json!([{"verbs": ["list", "create", "get"], "apiGroups": [""], "resources": ["secrets", "configmaps"], "resourceNames": [""]}]),
        ),
        (
            "any-subresource",
            json!([{"verbs": ["get", "update"], "apiGroups": ["*"], "resources": ["*/scale", "*/status"]}]),
        ),
        (
            "only-subresource",
            json!([{"verbs": ["create", "get"], "apiGroups": [""], "resources": ["pods/exec", "pods/attach", "nodes/proxy"]}]),
        ),
        ("slash-star", json!([{"verbs": ["create", "get"], "apiGroups": [""], "resources": ["pods/*", "pods"]}])),
        ("all-verbs", json!([{"verbs": ["*"], "apiGroups": ["apps"], "resources": ["deployments"]}])),
        ("all-groups", json!([{"verbs": ["get"], "apiGroups": ["*"], "resources": ["widgets"]}])),
        ("all-resources", json!([{"verbs": ["list"], "apiGroups": ["batch"], "resources": ["*"]}])),
        ("core-only", json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["*"]}])),
        (
            "impersonation",
            json!([{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users", "groups"], "resourceNames": ["dev", "ops"]},
            {"verbs": ["impersonate:user-info"], "apiGroups": ["authentication.k8s.io"], "resources": ["users", "groups", "uids"]},
            {"verbs": ["impersonate-on:user-info:list", "impersonate-on:user-info:get"], "apiGroups": [""], "resources": ["pods"]},
            {"verbs": ["impersonate:serviceaccount"], "apiGroups": ["authentication.k8s.io"], "resources": ["serviceaccounts"]},
            {"verbs": ["impersonate:arbitrary-node"], "apiGroups": ["authentication.k8s.io"], "resources": ["nodes"]}]),
        ),
        ("answers", json!([{"verbs": ["patch", "deletecollection"], "apiGroups": [""], "resources": ["secrets"]}])),
        ("mints", json!([{"verbs": ["create", "watch"], "apiGroups": [""], "resources": ["secrets"]}])),
        (
            "halves",
            json!([{"verbs": ["escalate", "bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "clusterroles"]},
            {"verbs": ["approve"], "apiGroups": ["certificates.k8s.io"], "resources": ["signers"]},
            {"verbs": ["impersonate"], "apiGroups": [""], "resources": ["groups"]}]),
        ),
        (
            "wholes",
            json!([{"verbs": ["escalate", "bind", "update"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"]},
            {"verbs": ["approve"], "apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "resourceNames": ["one"]},
            {"verbs": ["patch"], "apiGroups": ["certificates.k8s.io"], "resources": ["certificatesigningrequests/approval"]},
            {"verbs": ["impersonate"], "apiGroups": [""], "resources": ["groups", "serviceaccounts"]}]),
        ),
        (
            "watched",
            json!([{"verbs": ["get", "create", "patch"], "apiGroups": [""], "resources": ["nodes/log", "nodes/checkpoint", "namespaces",
                "persistentvolumes", "pods", "pods/portforward", "services/proxy", "serviceaccounts/token"]},
            {"verbs": ["update"], "apiGroups": ["apiregistration.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io"],
                "resources": ["apiservices", "customresourcedefinitions", "mutatingwebhookconfigurations"]},
            {"verbs": ["create"], "apiGroups": ["tekton.dev"], "resources": ["taskruns"]}]),
        ),
        ("all", json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])),
        ("paths", json!([{"verbs": ["get", "post"], "nonResourceURLs": ["/metrics", "/logs/*", "/debug*", "/a/*/b"]}])),
        (
            "split",
            json!([{"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]}, {"verbs": ["delete"], "apiGroups": [""], "resources": ["pods"]}]),
        ),
    ];
    let mut objects = Vec::new();
    for (name, rules) in rules {
        let name = format!("hostile-{name}");
        objects.push(role("ClusterRole", None, &name, rules.clone()));
        let mut crowd = binding(None, &format!("{name}-user"), ("ClusterRole", &name), user(&format!("{name}-user")));
        crowd["subjects"] = (0..60).map(|at| user(&format!("{name}-user-{at}"))).collect();
        objects.push(crowd);
        for namespace in ["red", "blue"] {
            let inside = format!("{name}-in-{namespace}");
            objects.push(binding(Some(namespace), &inside, ("ClusterRole", &name), group(&format!("{name}-group"))));
            // Paths have no place in a Role, and the server refuses them there.
            if name != "hostile-paths" {
                objects.push(role("Role", Some(namespace), &name, rules.clone()));
                let account = json!({"kind": "ServiceAccount", "name": "worker", "namespace": namespace});
                objects.push(binding(Some(namespace), &format!("{inside}-account"), ("Role", &name), account));
            }
        }
        for (at, members) in
            ["system:serviceaccounts", "system:serviceaccounts:red", "system:authenticated"].iter().enumerate()
        {
            let through = format!("{name}-everyone-{at}");
            let rules = json!([{"verbs": ["get", "list", "watch"], "apiGroups": ["example.com"], "resources": [format!("{name}-things-{at}")]}]);
            objects.push(role("ClusterRole", None, &through, rules));
            objects.push(binding(None, &through, ("ClusterRole", &through), group(members)));
            // Hundreds of rules each: two times is enough.
            if ["hostile-names", "hostile-paths"].contains(&name.as_str()) {
                objects.push(binding(
                    Some("blue"),
                    &format!("{through}-in-blue"),
                    ("ClusterRole", "view"),
                    group(members),
                ));
            }
        }
    }
    // Its selector matches nothing: the rules written by hand stay, and count.
    let mut lonely = role(
        "ClusterRole",
        None,
        "hostile-lonely",
        json!([{"verbs": ["get", "list"], "apiGroups": ["example.com"], "resources": ["lonely"]}]),
    );
    lonely["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"matches": "nothing"}}]});
    objects.push(lonely);
    objects.push(binding(None, "hostile-lonely", ("ClusterRole", "hostile-lonely"), user("lonely")));
    for (at, name) in ["admin", "edit", "view"].iter().enumerate() {
        objects.push(binding(
            Some("red"),
            &format!("hostile-{name}"),
            ("ClusterRole", name),
            user(&format!("person-{at}")),
        ));
    }
    objects.push(binding(None, "hostile-dangling", ("ClusterRole", "there-is-none"), user("hostile-names-user-0")));
    // A service account named as a user.
    objects.push(binding(
        None,
        "hostile-as-user",
        ("ClusterRole", "hostile-all-verbs"),
        user("system:serviceaccount:blue:other"),
    ));
    objects
}

/// One question, who asks it, and the features that its answer hangs on.
#[derive(Clone, Debug)]
struct Question {
    user: String,
    groups: Vec<String>,
    asked: Asked,
    features: Vec<&'static str>,
}

/// Users and groups that a subject of a binding stands for.
fn people(binding: &Binding, subject: &rbac::rules::Named) -> Vec<(String, Vec<String>)> {
    let account = |namespace: &str, name: &str| {
        let groups = [
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
        ];
        (format!("system:serviceaccount:{namespace}:{name}"), groups.to_vec())
    };
    match subject.kind.as_str() {
        "User" => vec![(subject.name.clone(), vec!["system:authenticated".to_owned()])],
        "ServiceAccount" => {
            binding.namespace_of(subject).map(|namespace| account(namespace, &subject.name)).into_iter().collect()
        }
        _ => match subject.name.as_str() {
            // Let through before RBAC is asked, or decided by the Node authorizer too.
            "system:masters" | "system:nodes" => Vec::new(),
            "system:serviceaccounts" => vec![account("green", "one"), account("red", "two")],
            name => match name.strip_prefix("system:serviceaccounts:") {
                Some(namespace) => vec![account(namespace, "one"), account(namespace, "two")],
                None => vec![("somebody".to_owned(), vec![name.to_owned()])],
            },
        },
    }
}

fn first<'a>(list: &'a [String], star: &'a str) -> &'a str {
    match list.first().map(String::as_str) {
        None | Some("*") => star,
        Some(one) => one,
    }
}

/// What a rule allows, item by item, and what is only just outside.
fn around(binding: &Binding, rule: &Rule, count: &mut usize) -> Vec<(Asked, &'static str)> {
    let mut all = Vec::new();
    let namespace = binding.namespace.clone().unwrap_or_default();
    for url in rule.non_resource_urls.iter().filter(|_| binding.namespace.is_none()) {
        for verb in rule.verbs.iter().take(3) {
            let verb = if verb == "*" { "get" } else { verb };
            let path = |path: &str| Asked::Path { verb: verb.to_owned(), path: path.to_owned() };
            let exact = url.trim_end_matches('*').to_owned();
            for end in ["", "x", "/x/y", "1", "/2"] {
                all.push((path(&format!("{exact}{end}")), "paths"));
            }
            all.push((path(url), "paths"));
            all.push((path(&format!("/other{exact}")), "paths"));
            all.push((Asked::Path { verb: "head".to_owned(), path: exact }, "paths"));
        }
    }
    for resource in rule.resources.iter().take(6) {
        for verb in rule.verbs.iter().take(4) {
            let group = first(&rule.api_groups, "any.example.com");
            let (plain, sub) = match resource.as_str() {
                "*" => ("anything", if count.is_multiple_of(2) { "" } else { "deep" }),
                one => one.split_once('/').unwrap_or((one, "")),
            };
            let plain = if plain == "*" { "gadgets" } else { plain };
            let verb = if verb == "*" { "whatever" } else { verb };
            let names: Vec<&str> = if rule.resource_names.is_empty() {
                vec!["", "some"]
            } else {
                rule.resource_names.iter().map(String::as_str).collect()
            };
            for name in names.into_iter().take(3) {
                let ask =
                    |verb: &str, group: &str, resource: &str, sub: &str, name: &str, namespace: &str| Asked::Resource {
                        verb: verb.to_owned(),
                        group: group.to_owned(),
                        resource: resource.to_owned(),
                        subresource: sub.to_owned(),
                        name: name.to_owned(),
                        namespace: namespace.to_owned(),
                    };
                all.push((ask(verb, group, plain, sub, name, &namespace), "rule"));
                *count += 1;
                all.push(match *count % 7 {
                    0 => (ask("deletecollection", group, plain, sub, name, &namespace), "verb"),
                    1 => (ask(verb, "other.example.com", plain, sub, name, &namespace), "group"),
                    2 => (ask(verb, group, "otherthings", sub, name, &namespace), "resource"),
                    3 => (
                        ask(verb, group, plain, if sub.is_empty() { "status" } else { "" }, name, &namespace),
                        "subresource",
                    ),
                    4 => (ask(verb, group, plain, sub, "elsewhere", &namespace), "name"),
                    5 => (ask(verb, group, plain, sub, "", &namespace), "name"),
                    _ => (
                        ask(verb, group, plain, sub, name, if namespace.is_empty() { "red" } else { "nowhere" }),
                        "namespace",
                    ),
                });
            }
        }
    }
    all
}

/// The features that stand between a question and its answer.
fn features(
    binding: &Binding,
    subject: &str,
    rule: &Rule,
    aggregated: &BTreeSet<String>,
    varied: &'static str,
) -> Vec<&'static str> {
    let star = |list: &[String]| list.iter().any(|one| one == "*");
    let mut found = Vec::new();
    let mut note = |holds: bool, feature| {
        if holds {
            found.push(feature);
        }
    };
    note(subject == "system:serviceaccounts", "group of all service accounts");
    note(subject.starts_with("system:serviceaccounts:"), "group of a namespace's service accounts");
    note(subject == "system:authenticated", "group of everyone");
    note(binding.namespace.is_some() && binding.role.kind == "ClusterRole", "ClusterRole through RoleBinding");
    note(rule.resource_names.iter().any(|name| !name.is_empty()), "resource names");
    note(rule.resource_names.iter().any(String::is_empty), "the empty resource name");
    note(varied == "subresource" || rule.resources.iter().any(|one| one.contains('/')), "subresources");
    note(varied == "paths", "paths");
    note(star(&rule.verbs) || star(&rule.api_groups) || star(&rule.resources), "wildcards");
    note(
        rule.verbs.iter().any(|verb| verb.starts_with("impersonate") && verb.contains(':')),
        "constrained impersonation",
    );
    note(binding.role.kind == "ClusterRole" && aggregated.contains(&binding.role.name), "aggregated roles");
    found
}

fn questions(rbac: &Rbac, aggregated: &BTreeSet<String>) -> Vec<Question> {
    let (mut all, mut count) = (Vec::new(), 0);
    for binding in &rbac.bindings {
        let Some(rules) = rbac.rules(binding) else { continue };
        for subject in &binding.subjects {
            for (user, groups) in people(binding, subject) {
                for rule in rules {
                    for (asked, varied) in around(binding, rule, &mut count) {
                        let features = features(binding, &subject.name, rule, aggregated, varied);
                        all.push(Question { user: user.clone(), groups: groups.clone(), asked, features });
                    }
                }
                // The same asked by somebody who is not meant.
                if let Some(rule) = rules.first() {
                    for (asked, _) in around(binding, rule, &mut count).into_iter().take(4) {
                        all.push(Question {
                            user: format!("{user}-not"),
                            groups: vec!["nobody-else".to_owned()],
                            asked,
                            features: Vec::new(),
                        });
                    }
                }
            }
        }
    }
    all
}

fn review(question: &Question) -> Value {
    let mut spec = json!({"user": question.user, "groups": question.groups});
    match &question.asked {
        Asked::Path { verb, path } => spec["nonResourceAttributes"] = json!({"verb": verb, "path": path}),
        Asked::Resource { verb, group, resource, subresource, name, namespace } => {
            spec["resourceAttributes"] = json!({"verb": verb, "group": group, "resource": resource,
                "subresource": subresource, "name": name, "namespace": namespace});
        }
    }
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})
}

/// The API server's own answer to each question, and ours.
#[test]
fn effective_access_is_the_api_servers_own_answer() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let client = admin(&cluster).await;
        let text = std::fs::read_to_string(workspace_tests::root().join("tests/data/kubernetes-rbac.json")).unwrap();
        let mut objects: Vec<Value> = serde_json::from_str(&text).unwrap();
        objects.extend(hostile());
        create(&client, &objects).await;
        let (rbac, mut questions) = settled(&client).await;
        // Questions as `ask` puts them: with the groups that a subject is known to be in.
        let world = world(&rbac);
        let asked: Vec<_> = questions.iter_mut().map(|question| as_asked(&world, question)).collect();

        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let answers: Vec<(usize, bool)> = stream::iter(questions.iter().enumerate())
            .map(|(at, question)| {
                let client = client.clone();
                async move {
                    let answer = send(&client, "POST", path, &review(question)).await.unwrap();
                    (at, answer["status"]["allowed"].as_bool().unwrap())
                }
            })
            .buffer_unordered(48)
            .collect()
            .await;
        let (mut allowed, mut different) = (0, Vec::new());
        let mut decided: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, theirs) in answers {
            let question = &questions[at];
            let ours = rbac.allows(Who { user: &question.user, groups: &question.groups }, &question.asked).is_some();
            allowed += usize::from(theirs);
            let said = asked[at].verdict;
            if ours != theirs || said != (if theirs { Verdict::Yes } else { Verdict::No }) {
                different.push(format!("{question:?}: the server says {theirs}, `ask` {said:?}"));
            }
            for feature in &question.features {
                *decided.entry(feature).or_default() += 1;
            }
        }
        say(&format!(
            "SubjectAccessReview: {} questions, {allowed} allowed, {} differences; decided by {decided:?}",
            questions.len(),
            different.len()
        ));
        assert!(different.is_empty(), "{:#?}", &different[..different.len().min(20)]);
        assert!(questions.len() >= 20_000, "{} questions", questions.len());
        assert!(allowed * 100 >= questions.len() * 40, "{allowed} of {} allowed", questions.len());
        assert_eq!(decided.len(), 11, "{decided:?}");
        assert!(decided.values().all(|count| *count >= EACH), "{decided:?}");
        sensitive_rights_are_the_servers_own(&client, &rbac).await;
    });
}

/// All of a cluster that was read to the end.
fn world(rbac: &Rbac) -> World {
    let lists = ["binding@cluster", "binding@namespaces", "role@cluster", "role@namespaces"];
    World {
        sealed: Sealed { rbac: rbac.clone(), ..Sealed::default() },
        claimed: Ok(Claimed { authorizers: Some(vec!["RBAC".to_owned()]), ..Claimed::default() }),
        lists: lists.iter().map(|list| (format!("kubernetes-rbac/{list}"), None)).collect(),
    }
}

/// What `ask` answers, read back from how the question is written; the question then has the groups that were asked with.
fn as_asked(world: &World, question: &mut Question) -> Answer {
    let subject = Subject::user(&question.user).unwrap();
    let ask = Ask { subject, with: question.groups.clone(), asked: question.asked.clone() };
    let text = ask.to_string();
    // A path that begins otherwise cannot be written down, and no server is asked for it.
    if !matches!(&ask.asked, Asked::Path { path, .. } if !path.starts_with('/')) {
        assert_eq!(rbac::question::question(&text).as_ref(), Ok(&ask), "{text}");
    }
    let answer = world.answer(&ask);
    question.groups.clone_from(&answer.groups);
    answer
}

/// The version of the server that the tests run.
fn version() -> Version {
    Version::of("v1.36.3")
}

/// Whether a subject has a sensitive right somewhere.
struct Claim {
    subject: Subject,
    right: String,
    namespace: &'static str,
    ours: bool,
}

/// The object that is asked about.
const OBJECT: &str = "one";

/// Every sensitive right of subjects that differ in their rights: everywhere, in a namespace with bindings, in one without.
fn claims(rbac: &Rbac) -> Vec<Claim> {
    let holders = Holders::of(rbac, ways::ways(version(), &[]), &BuiltIn::of(version()).unwrap());
    let mut unlike = BTreeSet::new();
    let mut claims = Vec::new();
    for subject in holders.subjects() {
        // Let through before RBAC is asked, or decided by the Node authorizer too.
        if matches!(subject, Subject::Group(name) if ["system:masters", "system:nodes"].contains(&name.as_str())) {
            continue;
        }
        let grants = holders.grants(subject);
        let of = match subject {
            Subject::User(_) => "user",
            Subject::Group(_) => "group",
            Subject::ServiceAccount { .. } => "account",
        };
        let rights: BTreeSet<_> = grants.iter().map(|one| (&one.right, &one.namespace, &one.names)).collect();
        if !unlike.insert(format!("{of} {rights:?}")) {
            continue;
        }
        for right in ways::rights() {
            // What is about objects of one namespace and name is asked about them.
            let whole = right == "write-identities";
            for &namespace in if whole { &["kube-system"][..] } else { &["", "red", "nowhere"] } {
                let ours = grants.iter().any(|grant| {
                    grant.right == right
                        && grant.namespace.as_deref().is_none_or(|here| here == namespace)
                        && (whole || grant.names.as_ref().is_none_or(|names| names.iter().any(|one| one == OBJECT)))
                });
                claims.push(Claim { subject: subject.clone(), right: right.clone(), namespace, ours });
            }
        }
    }
    claims
}

/// The requests of a step in a namespace, about one of these objects.
fn calls(step: &Step, rbac: &Rbac, namespace: &str, names: &BTreeSet<String>) -> Vec<Asked> {
    let namespace = if step.cluster { "" } else { namespace };
    let only = step.only.map(|(_, name)| BTreeSet::from([name.to_owned()]));
    let names = only.as_ref().unwrap_or(names);
    if step.only.is_some_and(|(within, _)| within != namespace) {
        return Vec::new();
    }
    let ask = |verb: &str, group: &str, resource: &str, name: &str| Asked::Resource {
        verb: verb.to_owned(),
        group: group.to_owned(),
        resource: resource.to_owned(),
        subresource: step.subresource.clone(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    };
    let mut all = Vec::new();
    if step.beginning {
        // A verb of the constrained form stands beside what is done: those that some role names.
        for rule in rbac.roles.values().flatten() {
            for verb in rule.verbs.iter().filter(|verb| step.verbs.iter().any(|start| verb.starts_with(start))) {
                let (group, resource) = (first(&rule.api_groups, ""), first(&rule.resources, "pods"));
                all.push(ask(verb, group, resource, ""));
            }
        }
        let verb = format!("{}get", step.verbs[0]);
        all.push(ask(&verb, "", "pods", ""));
        return all;
    }
    for verb in &step.verbs {
        // What stands for all stands for what nobody names.
        let heard = |text: &str| if text == "*" { "unheard-of".to_owned() } else { text.to_owned() };
        let mut add = |name: &str| all.push(ask(&heard(verb), &heard(&step.group), &heard(&step.resource), name));
        match step.named(verb) {
            Named::Never => add(""),
            Named::Star => add("*"),
            Named::Always => names.iter().for_each(|name| add(name)),
            Named::Maybe => {
                add("");
                names.iter().for_each(|name| add(name));
            }
        }
    }
    all
}

/// Asks the server until one of the calls is allowed.
async fn allowed(client: &Client, subject: &Subject, calls: &[Asked], asked: &mut usize) -> bool {
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    let (user, groups) = match subject {
        Subject::User(name) => (name.clone(), subject.groups()),
        Subject::Group(name) => ("somebody".to_owned(), [vec![name.clone()], subject.groups()].concat()),
        Subject::ServiceAccount { namespace, name } => {
            (format!("system:serviceaccount:{namespace}:{name}"), subject.groups())
        }
    };
    for call in calls {
        let question =
            Question { user: user.clone(), groups: groups.clone(), asked: call.clone(), features: Vec::new() };
        *asked += 1;
        let answer = send(client, "POST", path, &review(&question)).await.unwrap();
        if answer["status"]["allowed"].as_bool().unwrap() {
            return true;
        }
    }
    false
}

/// What the server itself says: whether one of the ways to the right is open, both halves of it.
async fn holds(client: &Client, rbac: &Rbac, claim: &Claim) -> (bool, usize) {
    let one = BTreeSet::from([OBJECT.to_owned()]);
    let every: BTreeSet<String> = rbac.roles.values().flatten().flat_map(|rule| rule.resource_names.clone()).collect();
    let every: BTreeSet<String> = every.into_iter().filter(|name| !name.is_empty()).chain(one.clone()).collect();
    let everywhere: BTreeSet<&str> =
        rbac.bindings.iter().filter_map(|one| one.namespace.as_deref()).chain([""]).collect();
    let mut asked = 0;
    for way in ways::ways(version(), &[]).iter().filter(|way| way.right == claim.right) {
        let names =
            if way.second.as_ref().is_some_and(|second| second.limit == Limit::Nothing) { &every } else { &one };
        let first = calls(&way.first, rbac, claim.namespace, names);
        if !allowed(client, &claim.subject, &first, &mut asked).await {
            continue;
        }
        let Some(second) = &way.second else { return (true, asked) };
        let names = if second.limit == Limit::Both { &one } else { &every };
        let places: Vec<&str> = match second.place {
            Place::Same => vec![claim.namespace],
            Place::Any => everywhere.iter().copied().collect(),
        };
        for place in places {
            let calls = calls(&second.step, rbac, place, names);
            if allowed(client, &claim.subject, &calls, &mut asked).await {
                return (true, asked);
            }
        }
    }
    (false, asked)
}

/// What is sealed is not a matching of rules but who holds which sensitive right: that too has to be the server's own answer.
async fn sensitive_rights_are_the_servers_own(client: &Client, rbac: &Rbac) {
    let claims = claims(rbac);
    let answers: Vec<(usize, bool, usize)> = stream::iter(claims.iter().enumerate())
        .map(|(at, claim)| async move {
            let (theirs, asked) = holds(client, rbac, claim).await;
            (at, theirs, asked)
        })
        .buffer_unordered(48)
        .collect()
        .await;
    let (mut asked, mut different) = (0, Vec::new());
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, theirs, questions) in answers {
        let claim = &claims[at];
        asked += questions;
        *held.entry(claim.right.as_str()).or_default() += usize::from(theirs);
        if claim.ours != theirs {
            let Claim { subject, right, namespace, .. } = claim;
            different.push(format!("{} {right} in `{namespace}`: the server says {theirs}", subject.id()));
        }
    }
    say(&format!(
        "sensitive rights: {} claims by {asked} questions, {} differences; held {held:?}",
        claims.len(),
        different.len()
    ));
    assert!(different.is_empty(), "{:#?}", &different[..different.len().min(20)]);
    assert!(held.values().all(|count| *count > 0), "a right that nobody holds is not compared: {held:?}");
}

/// Not `println!`: what a passing test says must be seen too.
fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// The controllers write aggregated roles; what is compared is read when they have come to rest.
async fn settled(client: &Client) -> (Rbac, Vec<Question>) {
    let mut last = None;
    for _ in 0..100 {
        let (rbac, aggregated) = stored(client).await;
        let now = format!("{:?}", rbac.roles);
        if last.as_ref() == Some(&now) {
            let questions = questions(&rbac, &aggregated);
            return (rbac, questions);
        }
        last = Some(now);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    panic!("the cluster does not come to rest");
}
