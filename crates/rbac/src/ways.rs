//! Which requests give which sensitive right, by the version of the API server that answers them.
//!
//! Each row was taken from the server's own sources or tried on a server (`docs/adr/0069-rights-by-version.md`). Names in `resourceNames`
//! limit a request only where it has a name: a creation has none, and a list has one only where it asks for one by a field selector.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::rules::Rule;

/// The oldest minor version whose answers are known here; what is older is taken for this one.
pub const OLDEST: u32 = 30;
/// The newest one.
pub const NEWEST: u32 = 36;

/// The minor version of the API server; nothing where it was not read or is newer than what is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(Option<u32>);

impl Version {
    /// Not known: only what every version does is certain.
    pub const UNKNOWN: Self = Self(None);

    /// Of `gitVersion`: `v1.36.3`, `v1.30.4-eks-a18cd3a`, `v1.32.1+k3s1`.
    #[must_use]
    pub fn of(git_version: &str) -> Self {
        let minor = git_version.strip_prefix("v1.").and_then(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().ok()
        });
        Self(minor.filter(|minor| *minor <= NEWEST).map(|minor| minor.max(OLDEST)))
    }

    /// The minor version that counts, between [`OLDEST`] and [`NEWEST`].
    #[must_use]
    pub const fn minor(self) -> Option<u32> {
        self.0
    }
}

/// How a request is named, which decides whether `resourceNames` can limit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// By its path, always.
    Always,
    /// Never: its name is empty.
    Never,
    /// A list, which may ask for one name or for none.
    Maybe,
    /// By `*`, which stands for itself.
    Star,
}

/// The names for which a rule allows something; `None`: all.
pub type Names = Option<Vec<String>>;

/// One kind of request: any of the verbs, on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub verbs: Vec<String>,
    pub group: String,
    pub resource: String,
    pub subresource: String,
    /// It belongs to no namespace: a RoleBinding gives no right to it.
    pub cluster: bool,
    /// Asked about while something is created, and so without a name.
    pub while_creating: bool,
    /// Whatever verb begins so, on whatever resource.
    pub beginning: bool,
    /// Only the object of this namespace and name counts.
    pub only: Option<(&'static str, &'static str)>,
}

/// Where the second half of a right has to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the namespace of the first.
    Same,
    /// Anywhere.
    Any,
}

/// Which names limit a right of two halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Those of the first half.
    First,
    /// Those of both.
    Both,
    /// None: what is reached is not what is named.
    Nothing,
}

/// A second kind of request without which the first is worth nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Second {
    pub step: Step,
    pub place: Place,
    pub limit: Limit,
}

/// One way to a sensitive right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub right: String,
    pub first: Step,
    pub second: Option<Second>,
    /// Minor versions that answer so: from the first, before the last.
    pub from: u32,
    pub before: u32,
}

impl Step {
    fn new(verbs: &[&str], group: &str, path: &str) -> Self {
        let (resource, subresource) = path.split_once('/').unwrap_or((path, ""));
        Self {
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            cluster: false,
            while_creating: false,
            beginning: false,
            only: None,
        }
    }

    fn of_object(self, namespace: &'static str, name: &'static str) -> Self {
        Self { only: Some((namespace, name)), ..self }
    }

    fn of_cluster(self) -> Self {
        Self { cluster: true, ..self }
    }

    /// How a request of this verb is named.
    #[must_use]
    pub fn named(&self, verb: &str) -> Named {
        match verb {
            "impersonate:associated-node" => Named::Star,
            _ if self.while_creating => Named::Never,
            _ if !self.subresource.is_empty() => Named::Always,
            "create" => Named::Never,
            "list" | "watch" | "deletecollection" => Named::Maybe,
            _ => Named::Always,
        }
    }

    /// The names for which the rule allows one of the requests; `None`: it allows none.
    #[must_use]
    pub fn allowed_by(&self, rule: &Rule) -> Option<Names> {
        let found = self.names_by(rule)?;
        let Some((_, name)) = self.only else { return Some(found) };
        let reached = found.is_none_or(|names| names.iter().any(|one| one == name));
        reached.then(|| Some(vec![name.to_owned()]))
    }

    fn names_by(&self, rule: &Rule) -> Option<Names> {
        if self.beginning {
            let begins = |verb: &String| verb == "*" || self.verbs.iter().any(|start| verb.starts_with(start));
            return rule.verbs.iter().any(begins).then_some(None);
        }
        let mut found: Option<Names> = None;
        for verb in &self.verbs {
            if rule.covers(verb, &self.group, &self.resource, &self.subresource) {
                match names(rule, self.named(verb)) {
                    Some(None) => return Some(None),
                    Some(some) => found = Some(some),
                    None => {}
                }
            }
        }
        found
    }
}

/// The names that a rule's `resourceNames` leave of a request.
fn names(rule: &Rule, named: Named) -> Option<Names> {
    let written = &rule.resource_names;
    if written.is_empty() {
        return Some(None);
    }
    let empty = written.iter().any(String::is_empty);
    let others: Vec<String> = written.iter().filter(|name| !name.is_empty()).cloned().collect();
    match named {
        Named::Never => empty.then_some(None),
        Named::Maybe if empty => Some(None),
        Named::Maybe | Named::Always => (!others.is_empty()).then_some(Some(others)),
        Named::Star => others.iter().any(|name| name == "*").then_some(None),
    }
}

impl Way {
    fn new(right: &str, first: Step) -> Self {
        Self { right: right.to_owned(), first, second: None, from: 0, before: u32::MAX }
    }

    fn and(self, step: Step, place: Place, limit: Limit) -> Self {
        Self { second: Some(Second { step, place, limit }), ..self }
    }

    /// Whether that version answers so. Of an unknown one, only what all do.
    fn holds(&self, version: Version) -> bool {
        match version.minor() {
            Some(minor) => (self.from..self.before).contains(&minor),
            None => self.from <= OLDEST && self.before > NEWEST,
        }
    }
}

/// A right that is worth watching here: any of the verbs on the resource.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnRight {
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    pub name: String,
    #[schemars(length(min = 1))]
    pub verbs: Vec<String>,
    /// The API group; empty, as it is without this, the core group.
    #[serde(default)]
    pub group: String,
    /// `certificates`, or with its subresource `pods/exec`.
    #[schemars(length(min = 1))]
    pub resource: String,
    /// `false`: it belongs to no namespace, and a RoleBinding gives no right to it.
    #[serde(default = "yes")]
    pub namespaced: bool,
}

const fn yes() -> bool {
    true
}

/// What stands before the name of a right that a declaration names itself.
pub const OWN: &str = "own:";

/// Their answers hold the object: a patch that changes nothing, a deletion that waits for what depends on it, each as a rehearsal too.
const SHOWN: &[&str] = &["get", "list", "watch", "patch", "delete", "deletecollection"];
const WRITE: &[&str] = &["create", "update", "patch"];
const CHANGE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];
const EDIT: &[&str] = &["update", "patch"];
const ANY: &[&str] = &["get", "create", "update", "patch", "delete"];
const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";

/// Kinds of the server that end in pods.
const WORKLOADS: &[(&str, &str)] = &[
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "daemonsets"),
    ("apps", "statefulsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
];

/// Kinds of widely used operators that end in pods whose image or command the writer chooses. Others can be declared as rights of one's own.
const WORKLOADS_OF_OPERATORS: &[(&str, &str)] = &[
    ("argoproj.io", "applications"),
    ("argoproj.io", "applicationsets"),
    ("argoproj.io", "rollouts"),
    ("argoproj.io", "workflows"),
    ("argoproj.io", "cronworkflows"),
    ("argoproj.io", "workflowtemplates"),
    ("argoproj.io", "clusterworkflowtemplates"),
    ("argoproj.io", "sensors"),
    ("argoproj.io", "eventsources"),
    ("actions.github.com", "autoscalingrunnersets"),
    ("actions.summerwind.dev", "runnerdeployments"),
    ("apps.kruise.io", "clonesets"),
    ("apps.kruise.io", "daemonsets"),
    ("apps.kruise.io", "statefulsets"),
    ("apps.openshift.io", "deploymentconfigs"),
    ("batch.volcano.sh", "jobs"),
    ("build.openshift.io", "buildconfigs"),
    ("core.oam.dev", "applications"),
    ("flink.apache.org", "flinkdeployments"),
    ("helm.cattle.io", "helmcharts"),
    ("helm.toolkit.fluxcd.io", "helmreleases"),
    ("jobset.x-k8s.io", "jobsets"),
    ("kustomize.toolkit.fluxcd.io", "kustomizations"),
    ("kubeflow.org", "mpijobs"),
    ("kubeflow.org", "notebooks"),
    ("kubeflow.org", "pytorchjobs"),
    ("kubeflow.org", "tfjobs"),
    ("kubevirt.io", "virtualmachines"),
    ("kubevirt.io", "virtualmachineinstances"),
    ("leaderworkerset.x-k8s.io", "leaderworkersets"),
    ("monitoring.coreos.com", "alertmanagers"),
    ("monitoring.coreos.com", "prometheusagents"),
    ("monitoring.coreos.com", "prometheuses"),
    ("monitoring.coreos.com", "thanosrulers"),
    ("ray.io", "rayclusters"),
    ("ray.io", "rayjobs"),
    ("ray.io", "rayservices"),
    ("serving.knative.dev", "services"),
    ("serving.knative.dev", "configurations"),
    ("sparkoperator.k8s.io", "sparkapplications"),
    ("sparkoperator.k8s.io", "scheduledsparkapplications"),
    ("tekton.dev", "pipelineruns"),
    ("tekton.dev", "pipelines"),
    ("tekton.dev", "taskruns"),
    ("tekton.dev", "tasks"),
];

/// All ways to a right worth watching, as this version answers.
#[must_use]
pub fn ways(version: Version, own: &[OwnRight]) -> Vec<Way> {
    let mut all = Vec::new();
    reaching_pods(&mut all);
    secrets_and_tokens(&mut all);
    impersonation(&mut all);
    roles_and_certificates(&mut all);
    identities(&mut all);
    of_the_cluster(&mut all);
    for right in own {
        let verbs: Vec<&str> = right.verbs.iter().map(String::as_str).collect();
        let step = Step::new(&verbs, &right.group, &right.resource);
        all.push(Way::new(&format!("{OWN}{}", right.name), Step { cluster: !right.namespaced, ..step }));
    }
    all.retain(|way| way.holds(version));
    all
}

/// The names of all rights that are watched in any version, each once.
#[must_use]
pub fn rights() -> Vec<String> {
    let mut all = Vec::new();
    reaching_pods(&mut all);
    secrets_and_tokens(&mut all);
    impersonation(&mut all);
    roles_and_certificates(&mut all);
    identities(&mut all);
    of_the_cluster(&mut all);
    let mut names: Vec<String> = all.into_iter().map(|way| way.right).collect();
    names.sort();
    names.dedup();
    names
}

fn reaching_pods(all: &mut Vec<Way>) {
    for (right, path) in [("exec", "pods/exec"), ("exec", "pods/attach"), ("port-forward", "pods/portforward")] {
        all.push(Way::new(right, Step::new(&["create"], "", path)));
        // Since 1.35 the way over a web socket, a GET, wants `create` too (AuthorizePodWebsocketUpgradeCreatePermission).
        all.push(Way { before: 35, ..Way::new(right, Step::new(&["get"], "", path)) });
    }
    all.push(Way::new("exec", Step::new(EDIT, "", "pods/ephemeralcontainers")));
    all.push(Way::new("proxy", Step::new(ANY, "", "pods/proxy")));
    all.push(Way::new("proxy", Step::new(ANY, "", "services/proxy")));
    all.push(Way::new("create-pods", Step::new(&["create"], "", "pods")));
    for (group, resource) in WORKLOADS.iter().chain(WORKLOADS_OF_OPERATORS) {
        all.push(Way::new("create-pods", Step::new(WRITE, group, resource)));
    }
    all.push(Way::new("change-pods", Step::new(EDIT, "", "pods")));
}

fn secrets_and_tokens(all: &mut Vec<Way>) {
    all.push(Way::new("read-secrets", Step::new(SHOWN, "", "secrets")));
    all.push(Way::new("write-secrets", Step::new(WRITE, "", "secrets")));
    all.push(Way::new("mint-tokens", Step::new(&["create"], "", "serviceaccounts/token")));
    // A secret of the type `kubernetes.io/service-account-token` is filled with a token of the account that it names.
    let made = Way::new("mint-tokens", Step::new(&["create"], "", "secrets"));
    all.push(made.and(Step::new(SHOWN, "", "secrets"), Place::Same, Limit::Nothing));
}

fn impersonation(all: &mut Vec<Way>) {
    let users = || Step::new(&["impersonate"], "", "users").of_cluster();
    // An account is asked for in its namespace, users and groups in none.
    let accounts = || Step::new(&["impersonate"], "", "serviceaccounts");
    all.push(Way::new("impersonate", users()));
    all.push(Way::new("impersonate", accounts()));
    // A request that names groups has to name a user.
    for user in [users(), accounts()] {
        let groups = Way::new("impersonate", Step::new(&["impersonate"], "", "groups").of_cluster());
        all.push(groups.and(user, Place::Any, Limit::First));
    }
    // The constrained form wants a second permission: for what is done under the other name.
    for (verb, on, resource, cluster) in [
        ("impersonate:user-info", "impersonate-on:user-info:", "users", true),
        ("impersonate:serviceaccount", "impersonate-on:serviceaccount:", "serviceaccounts", false),
        ("impersonate:arbitrary-node", "impersonate-on:arbitrary-node:", "nodes", true),
        ("impersonate:associated-node", "impersonate-on:associated-node:", "nodes", true),
    ] {
        let step = Step { cluster, ..Step::new(&[verb], AUTHENTICATION, resource) };
        let beside = Step { beginning: true, ..Step::new(&[on], "*", "*") };
        let way = Way::new("impersonate", step).and(beside, Place::Any, Limit::First);
        all.push(Way { from: 36, ..way });
    }
    let groups = Way::new("impersonate", Step::new(&["impersonate:user-info"], AUTHENTICATION, "groups").of_cluster());
    let user = Step::new(&["impersonate:user-info"], AUTHENTICATION, "users").of_cluster();
    all.push(Way { from: 36, ..groups.and(user, Place::Any, Limit::First) });
}

fn roles_and_certificates(all: &mut Vec<Way>) {
    // `escalate` and `bind` lift a limit; what is written still has to be allowed.
    for (resource, cluster) in [("roles", false), ("clusterroles", true)] {
        let step = |verbs: &[&str]| Step { cluster, ..Step::new(verbs, RBAC, resource) };
        let new = Step { while_creating: true, ..step(&["escalate"]) };
        all.push(Way::new("escalate", new).and(step(&["create"]), Place::Same, Limit::Nothing));
        all.push(Way::new("escalate", step(&["escalate"])).and(step(EDIT), Place::Same, Limit::Both));
    }
    for role in ["roles", "clusterroles"] {
        let bind = Way::new("escalate", Step::new(&["bind"], RBAC, role));
        all.push(bind.and(Step::new(WRITE, RBAC, "rolebindings"), Place::Same, Limit::First));
    }
    let everywhere = Way::new("escalate", Step::new(&["bind"], RBAC, "clusterroles").of_cluster());
    all.push(everywhere.and(Step::new(WRITE, RBAC, "clusterrolebindings").of_cluster(), Place::Same, Limit::First));
    for (verb, subresource) in [("approve", "approval"), ("sign", "status")] {
        let signer = Way::new("approve-csrs", Step::new(&[verb], CERTIFICATES, "signers").of_cluster());
        let path = format!("certificatesigningrequests/{subresource}");
        all.push(signer.and(Step::new(EDIT, CERTIFICATES, &path).of_cluster(), Place::Any, Limit::First));
    }
    // The controller manager approves a request for the certificate of any node, if whoever makes it may create this; it asks without a name.
    // `selfnodeclient` is no way: a node gets its own name again.
    let path = "certificatesigningrequests/nodeclient";
    let approved = Step { while_creating: true, ..Step::new(&["create"], CERTIFICATES, path).of_cluster() };
    let asked = Step::new(&["create"], CERTIFICATES, "certificatesigningrequests").of_cluster();
    all.push(Way::new("approve-csrs", approved).and(asked, Place::Any, Limit::Nothing));
}

/// Objects by which a server takes somebody for somebody: whoever writes one becomes whom they like.
fn identities(all: &mut Vec<Way>) {
    const SYSTEM: &str = "kube-system";
    // What IAM's principals are called in the cluster, on EKS and wherever aws-iam-authenticator runs.
    // What aggregated API servers take for the front proxy's authority, and for that of clients.
    for name in ["aws-auth", "extension-apiserver-authentication"] {
        all.push(Way::new("write-identities", Step::new(WRITE, "", "configmaps").of_object(SYSTEM, name)));
    }
    let mapped = Step::new(WRITE, "iamauthenticator.k8s.aws", "iamidentitymappings").of_cluster();
    all.push(Way::new("write-identities", mapped));
}

fn of_the_cluster(all: &mut Vec<Way>) {
    let mut cluster = |right: &str, verbs: &[&str], group: &str, path: &str| {
        all.push(Way::new(right, Step::new(verbs, group, path).of_cluster()));
    };
    cluster("node-proxy", ANY, "", "nodes/proxy");
    cluster("node-data", &["get"], "", "nodes/log");
    cluster("node-data", &["create"], "", "nodes/checkpoint");
    // Asked for by name where the kubelet authorizes in parts (KubeletFineGrainedAuthz): off in 1.32, on since 1.33.
    for path in ["nodes/pods", "nodes/configz"] {
        all.push(Way { from: 33, ..Way::new("node-data", Step::new(&["get"], "", path).of_cluster()) });
    }
    let mut cluster = |right: &str, verbs: &[&str], group: &str, path: &str| {
        all.push(Way::new(right, Step::new(verbs, group, path).of_cluster()));
    };
    cluster("write-volumes", WRITE, "", "persistentvolumes");
    cluster("write-apis", CHANGE, "apiregistration.k8s.io", "apiservices");
    cluster("write-crds", CHANGE, "apiextensions.k8s.io", "customresourcedefinitions");
    for resource in [
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ] {
        cluster("control-admission", CHANGE, ADMISSION, resource);
    }
    // A namespace is asked for inside itself: a RoleBinding in it is enough. Its subresources take labels too.
    for path in ["namespaces", "namespaces/status", "namespaces/finalize"] {
        all.push(Way::new("label-namespaces", Step::new(EDIT, "", path)));
    }
    all.push(Way::new("all-powerful", Step::new(&["*"], "*", "*")));
}
