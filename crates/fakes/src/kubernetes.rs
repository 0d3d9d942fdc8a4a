//! A fake of the part of a Kubernetes API server that lists RBAC: chunks with continue tokens, reviews, refusals in the
//! server's own words. The form of its answers is that of a real server of version 1.36.

use std::collections::BTreeMap;

use async_trait::async_trait;
use http::request::Parts;
use serde_json::{Map, Value, json};
use testkit::{Handler, Reply, Request, Understood, Wording, query};

/// The UID of this cluster's `kube-system`.
pub const UID: &str = "5f3c1a52-7c1b-4c1e-9a57-0d8f0f6a2b11";

/// A cluster that answers.
#[derive(Clone, Debug)]
pub struct K8sFake {
    /// By the name under which they are listed: `rolebindings`.
    objects: BTreeMap<String, Vec<Value>>,
    /// Objects in one answer, whatever limit is asked for.
    chunk: usize,
}

impl K8sFake {
    /// `objects` as in a manifest, with their `kind`; namespaces are those that are named by them.
    #[must_use]
    pub fn new(objects: Vec<Value>, chunk: usize) -> Self {
        let mut listed: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for object in objects {
            let resource = format!("{}s", object["kind"].as_str().unwrap_or("").to_lowercase());
            listed.entry(resource).or_default().push(stored(object));
        }
        Self { objects: listed, chunk }
    }

    /// A few of everything, enough for several chunks.
    #[must_use]
    pub fn small() -> Self {
        let mut objects = vec![json!({"kind": "Namespace", "metadata": {"name": "kube-system"}})];
        for at in 0..5 {
            let (namespace, name) = (format!("team-{}", at % 2), format!("app-{at}"));
            let rules = json!([{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets", "pods/exec"]}]);
            let account = json!([{"kind": "ServiceAccount", "name": name, "namespace": namespace}]);
            let of = |kind: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
            objects.push(json!({"kind": "Namespace", "metadata": {"name": format!("team-{at}")}}));
            objects.push(json!({"kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}));
            objects.push(json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}));
            objects.push(json!({"kind": "Role", "metadata": {"name": name, "namespace": namespace}, "rules": rules}));
            objects.push(json!({"kind": "ClusterRoleBinding", "metadata": {"name": name}, "roleRef": of("ClusterRole"), "subjects": account}));
            objects.push(json!({"kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace}, "roleRef": of("Role"), "subjects": account}));
        }
        Self::new(objects, 2)
    }

    fn list(&self, request: &Request, resource: &str) -> Reply {
        let namespace = request.parameter("namespace");
        let all = self.objects.get(resource).into_iter().flatten();
        let members: Vec<&Value> =
            all.filter(|one| namespace.is_none_or(|namespace| one["metadata"]["namespace"] == namespace)).collect();
        let start = match request.parameter("continue") {
            None => 0,
            Some(token) => match token.strip_prefix("after-").and_then(|at| at.parse().ok()) {
                Some(at) => at,
                None => return status(400, "BadRequest", "continue key is not valid"),
            },
        };
        let end = (start + self.chunk).min(members.len());
        let mut metadata = json!({"resourceVersion": "4711"});
        if end < members.len() {
            metadata["continue"] = format!("after-{end}").into();
            metadata["remainingItemCount"] = (members.len() - end).into();
        }
        answer(&json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": members.get(start..end)}))
    }
}

/// An object as the server stores it: with a UID, and without the kind it is listed under.
fn stored(mut object: Value) -> Value {
    let uid = match object["metadata"]["name"].as_str() {
        Some("kube-system") => UID.to_owned(),
        _ => format!("uid-{}-{}-{}", object["kind"], object["metadata"]["namespace"], object["metadata"]["name"])
            .replace('"', ""),
    };
    object["metadata"]["uid"] = uid.into();
    if let Some(members) = object.as_object_mut() {
        members.remove("kind");
    }
    object
}

fn answer(body: &Value) -> Reply {
    Reply::new(200, "application/json", body.to_string())
}

fn status(code: u16, reason: &str, message: &str) -> Reply {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "code": code});
    Reply::new(code, "application/json", body.to_string())
}

#[async_trait]
impl Handler for K8sFake {
    async fn answer(&self, request: &Request) -> Reply {
        let reply = match request.operation.split_once(' ') {
            Some(("list", what)) => self.list(request, what.split('.').next().unwrap_or(what)),
            Some(("get", "namespaces")) => {
                let name = request.parameter("name").unwrap_or("");
                let mut namespaces = self.objects.get("namespaces").into_iter().flatten();
                match namespaces.find(|one| one["metadata"]["name"] == name) {
                    Some(namespace) => answer(namespace),
                    None => status(404, "NotFound", &format!("namespaces \"{name}\" not found")),
                }
            }
            Some(("get", "/version")) => answer(&json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3"})),
            Some(("create", "selfsubjectreviews.authentication.k8s.io")) => {
                answer(&json!({"kind": "SelfSubjectReview",
                "status": {"userInfo": {"username": "collector", "groups": ["auditors", "system:authenticated"]}}}))
            }
            Some(("create", "selfsubjectrulesreviews.authorization.k8s.io")) => {
                answer(&json!({"kind": "SelfSubjectRulesReview",
                "status": {"resourceRules": [], "nonResourceRules": [], "incomplete": false}}))
            }
            Some(("create", "selfsubjectaccessreviews.authorization.k8s.io")) => answer(
                &json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": true, "reason": "RBAC: allowed"}}),
            ),
            _ => K8sWording.unknown(request),
        };
        // The same request has the same id, in whatever order requests come.
        let sum = request
            .path
            .bytes()
            .chain(request.body.iter().copied())
            .fold(7u64, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte));
        reply.with_header("audit-id", format!("{sum:016x}"))
    }

    fn wording(&self) -> &dyn Wording {
        &K8sWording
    }
}

fn understood(operation: Option<String>, parameters: Map<String, Value>) -> Understood {
    Understood { operation, parameters: Value::Object(parameters), region: None }
}

/// The path at the API server itself: what Rancher puts before it is seen through.
fn below_the_base(path: &str) -> &str {
    let cluster = path.strip_prefix("/k8s/clusters/").and_then(|rest| rest.find('/').map(|end| rest.split_at(end).1));
    cluster.unwrap_or(path)
}

/// How an API server speaks.
#[derive(Clone, Copy, Debug, Default)]
pub struct K8sWording;

impl Wording for K8sWording {
    /// Operations are named as `kubectl auth can-i` takes them: `list roles.rbac.authorization.k8s.io`.
    fn understand(&self, head: &Parts, _body: &[u8]) -> Understood {
        let mut parameters = query(head);
        let path = below_the_base(head.uri.path());
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, rest) = match parts.as_slice() {
            ["api", _, rest @ ..] => ("", rest),
            ["apis", group, _, rest @ ..] => (*group, rest),
            _ => {
                let operation = format!("{} {path}", head.method.as_str().to_lowercase());
                return understood(Some(operation), parameters);
            }
        };
        let rest = match rest {
            ["namespaces", namespace, resource, more @ ..] => {
                parameters.insert("namespace".to_owned(), (*namespace).into());
                [&[*resource], more].concat()
            }
            rest => rest.to_vec(),
        };
        let verb = match (head.method.as_str(), rest.as_slice()) {
            ("GET", [_]) => "list",
            ("GET", [_, name]) => {
                parameters.insert("name".to_owned(), (*name).into());
                "get"
            }
            ("POST", [_]) => "create",
            _ => return understood(None, parameters),
        };
        let dot = if group.is_empty() { "" } else { "." };
        let resource = rest.first().copied().unwrap_or("");
        understood(Some(format!("{verb} {resource}{dot}{group}")), parameters)
    }

    fn secrets(&self) -> &[&str] {
        &[]
    }

    fn denied(&self, request: &Request) -> Reply {
        status(403, "Forbidden", &format!("User \"collector\" cannot {} at the cluster scope", request.operation))
    }

    fn denied_by_organization(&self, _: &Request) -> Option<Reply> {
        None
    }

    fn expired(&self, _: &Request) -> Reply {
        status(401, "Unauthorized", "Unauthorized")
    }

    fn throttled(&self, _: &Request) -> Reply {
        status(429, "TooManyRequests", "Too many requests, please try again later.")
    }

    fn internal(&self, _: &Request) -> Reply {
        status(500, "InternalError", "Internal error occurred: etcdserver: request timed out")
    }

    fn unknown(&self, _: &Request) -> Reply {
        status(404, "NotFound", "the server could not find the requested resource")
    }

    fn wrong_shape(&self, _: &Request) -> Reply {
        answer(&json!({"kind": "Unexpected", "values": [4711]}))
    }

    fn is_page(&self, body: &[u8], _without_marker: bool) -> bool {
        String::from_utf8_lossy(body).contains("\"resourceVersion\":\"4711\"")
    }

    fn more(&self, _: &Request, reply: Reply, marker: Option<&str>) -> Reply {
        let mut value: Value = serde_json::from_slice(&reply.body).expect("the inner handler answers JSON");
        value["metadata"]["remainingItemCount"] = 5.into();
        let metadata = value["metadata"].as_object_mut().expect("a list has metadata");
        match marker {
            Some(marker) => metadata.insert("continue".to_owned(), marker.into()),
            None => metadata.remove("continue"),
        };
        reply.with_body(value.to_string())
    }

    fn first_page(&self, request: &mut Request) {
        if let Some(parameters) = request.parameters.as_object_mut() {
            parameters.remove("continue");
        }
    }

    fn with_member(&self, _: &Request, body: &[u8], text: &str) -> Vec<u8> {
        let mut value: Value = serde_json::from_slice(body).expect("the inner handler answers JSON");
        value["note"] = text.into();
        value.to_string().into_bytes()
    }
}
