//! Who holds which sensitive right, by which binding and rule. Computed from bindings and roles; no input or output.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::{AccessEntry, AssociatedPolicy};
use crate::access_policies;
use crate::rbac::{Named, Rbac, RoleKey, RoleRef, Rule};

/// A right worth watching: verbs on one resource that each give it.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    pub right: &'static str,
    pub verbs: &'static [&'static str],
    pub group: &'static str,
    pub resource: &'static str,
    pub subresource: &'static str,
}

const fn sign(
    right: &'static str,
    verbs: &'static [&'static str],
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
) -> Sign {
    Sign { right, verbs, group, resource, subresource }
}

const WRITE: &[&str] = &["create", "update", "patch"];
const CHANGE: &[&str] = &["create", "update", "patch", "delete"];
const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";
/// Constrained impersonation, the second form: these verbs escape a search for `impersonate`.
/// <https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/>
const AS_USER: &[&str] = &["impersonate:user-info"];

/// All of them, but for `all-powerful`. `list` and `watch` of secrets return their contents as `get` does.
pub const SIGNS: &[Sign] = &[
    sign("read-secrets", &["get", "list", "watch"], "", "secrets", ""),
    sign("exec", &["create", "get"], "", "pods", "exec"),
    sign("exec", &["create", "get"], "", "pods", "attach"),
    sign("exec", &["update", "patch"], "", "pods", "ephemeralcontainers"),
    sign("create-pods", &["create"], "", "pods", ""),
    sign("create-pods", WRITE, "", "replicationcontrollers", ""),
    sign("create-pods", WRITE, "apps", "deployments", ""),
    sign("create-pods", WRITE, "apps", "daemonsets", ""),
    sign("create-pods", WRITE, "apps", "statefulsets", ""),
    sign("create-pods", WRITE, "apps", "replicasets", ""),
    sign("create-pods", WRITE, "batch", "jobs", ""),
    sign("create-pods", WRITE, "batch", "cronjobs", ""),
    sign("mint-tokens", &["create"], "", "serviceaccounts", "token"),
    sign("impersonate", &["impersonate"], "", "users", ""),
    sign("impersonate", &["impersonate"], "", "groups", ""),
    sign("impersonate", &["impersonate"], "", "serviceaccounts", ""),
    sign("impersonate", &["impersonate"], AUTHENTICATION, "uids", ""),
    sign("impersonate", AS_USER, AUTHENTICATION, "users", ""),
    sign("impersonate", AS_USER, AUTHENTICATION, "groups", ""),
    sign("impersonate", AS_USER, AUTHENTICATION, "uids", ""),
    sign("impersonate", &["impersonate:serviceaccount"], AUTHENTICATION, "serviceaccounts", ""),
    sign("impersonate", &["impersonate:arbitrary-node", "impersonate:associated-node"], AUTHENTICATION, "nodes", ""),
    sign("escalate", &["escalate", "bind"], RBAC, "clusterroles", ""),
    sign("escalate", &["escalate", "bind"], RBAC, "roles", ""),
    sign("node-proxy", &["get", "create", "update", "patch", "delete"], "", "nodes", "proxy"),
    sign("approve-csrs", &["update", "patch"], CERTIFICATES, "certificatesigningrequests", "approval"),
    sign("approve-csrs", &["approve", "sign"], CERTIFICATES, "signers", ""),
    sign("control-admission", CHANGE, ADMISSION, "validatingwebhookconfigurations", ""),
    sign("control-admission", CHANGE, ADMISSION, "mutatingwebhookconfigurations", ""),
    sign("control-admission", CHANGE, ADMISSION, "validatingadmissionpolicies", ""),
    sign("control-admission", CHANGE, ADMISSION, "validatingadmissionpolicybindings", ""),
    sign("control-admission", CHANGE, ADMISSION, "mutatingadmissionpolicies", ""),
    sign("control-admission", CHANGE, ADMISSION, "mutatingadmissionpolicybindings", ""),
];

/// Resources that belong to no namespace: a RoleBinding gives no right to them.
pub const OF_THE_CLUSTER: &[&str] = &["node-proxy", "approve-csrs", "control-admission"];

/// One sensitive right of one subject, and what gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Grant {
    /// `read-secrets`, `exec`, `create-pods`, `mint-tokens`, `impersonate`, `escalate`, `node-proxy`, `approve-csrs`,
    /// `control-admission` or `all-powerful`.
    pub right: String,
    /// `null`: everywhere. Where EKS gives it, a `*` in it stands for any characters.
    pub namespace: Option<String>,
    /// The names it is limited to; `null`: all.
    pub names: Option<Vec<String>>,
    /// The subject that the binding names: this one, or a group it is a member of.
    pub via: String,
    /// `ClusterRoleBinding/name` or `RoleBinding/namespace/name`; `AccessEntry/` and an ARN where EKS gives it.
    pub binding: String,
    pub role: Role,
    /// The rule's place in the role.
    pub rule: usize,
    /// Further bindings and rules that give the same.
    pub more: usize,
}

/// What is in a grant's `binding` before the principal that EKS lets in.
pub const ENTRY: &str = "AccessEntry";
/// The kind of a grant's `role` that is an access policy of EKS.
pub const POLICY: &str = "AccessPolicy";

/// The role behind a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Role {
    pub kind: String,
    pub name: String,
}

/// A subject, named so that the same one has the same name in every binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    User(String),
    Group(String),
    ServiceAccount { namespace: String, name: String },
}

impl Subject {
    /// The subject that a binding of this namespace means; `None` where it means no one.
    #[must_use]
    pub fn of(named: &Named, namespace: Option<&str>) -> Option<Self> {
        match named.kind.as_str() {
            "User" => {
                Some(match named.name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
                    Some((namespace, name)) => {
                        Self::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() }
                    }
                    None => Self::User(named.name.clone()),
                })
            }
            "Group" => Some(Self::Group(named.name.clone())),
            "ServiceAccount" => {
                Some(Self::ServiceAccount { namespace: namespace?.to_owned(), name: named.name.clone() })
            }
            _ => None,
        }
    }

    /// The subject that a user's name is.
    #[must_use]
    pub fn user(name: &str) -> Option<Self> {
        Self::of(&Named { kind: "User".to_owned(), name: name.to_owned(), namespace: None }, None)
    }

    /// `User/name`, `Group/name`, `ServiceAccount/namespace/name`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::User(name) => format!("User/{name}"),
            Self::Group(name) => format!("Group/{name}"),
            Self::ServiceAccount { namespace, name } => format!("ServiceAccount/{namespace}/{name}"),
        }
    }

    /// The groups every such subject is in. What else authentication adds, no object of the cluster shows.
    #[must_use]
    pub fn groups(&self) -> Vec<String> {
        match self {
            Self::User(name) if name == "system:anonymous" => vec!["system:unauthenticated".to_owned()],
            Self::User(_) => vec!["system:authenticated".to_owned()],
            Self::Group(_) => Vec::new(),
            Self::ServiceAccount { namespace, .. } => vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ],
        }
    }
}

/// What is known of the holders of sensitive rights.
#[derive(Debug)]
pub struct Holders {
    direct: BTreeMap<Subject, Vec<Grant>>,
    bindings: BTreeMap<Subject, Vec<String>>,
    /// Groups that access entries put a subject in.
    groups: BTreeMap<Subject, Vec<String>>,
    /// The access entries that are a subject.
    entries: BTreeMap<Subject, Vec<String>>,
}

impl Holders {
    /// Looks at every binding once.
    #[must_use]
    pub fn of(rbac: &Rbac) -> Self {
        let mut of_roles: BTreeMap<&RoleKey, Vec<(&'static str, usize)>> = BTreeMap::new();
        for (key, rules) in &rbac.roles {
            of_roles.insert(
                key,
                rules.iter().enumerate().flat_map(|(at, rule)| rights(rule).map(move |right| (right, at))).collect(),
            );
        }
        let mut holders = Self {
            direct: BTreeMap::new(),
            bindings: BTreeMap::new(),
            groups: BTreeMap::new(),
            entries: BTreeMap::new(),
        };
        for binding in &rbac.bindings {
            let key = binding.role_key();
            let found = of_roles.get(&key).map(Vec::as_slice).unwrap_or_default();
            let rules = rbac.roles.get(&key).map(Vec::as_slice).unwrap_or_default();
            for named in &binding.subjects {
                let Some(subject) = Subject::of(named, binding.namespace_of(named)) else {
                    continue;
                };
                holders.bindings.entry(subject.clone()).or_default().push(binding.id());
                let grants = holders.direct.entry(subject.clone()).or_default();
                for (right, at) in found {
                    if binding.namespace.is_some() && OF_THE_CLUSTER.contains(right) {
                        continue;
                    }
                    let limits = rules.get(*at).map(|rule| rule.resource_names.clone()).unwrap_or_default();
                    merge(
                        grants,
                        Grant {
                            right: (*right).to_owned(),
                            namespace: binding.namespace.clone(),
                            names: (!limits.is_empty()).then_some(limits),
                            via: subject.id(),
                            binding: binding.id(),
                            role: Role::of(&binding.role),
                            rule: *at,
                            more: 0,
                        },
                    );
                }
            }
        }
        holders
    }

    /// Adds whom EKS lets in, as which user, in which groups, with which access policies.
    pub fn let_in(&mut self, entries: &[AccessEntry]) {
        for entry in entries {
            let Some(subject) = entry.username.as_deref().and_then(Subject::user) else {
                continue;
            };
            self.entries.entry(subject.clone()).or_default().push(entry.principal.clone());
            let groups = self.groups.entry(subject.clone()).or_default();
            groups.extend(entry.groups.iter().flatten().cloned());
            let grants = self.direct.entry(subject.clone()).or_default();
            for policy in entry.policies.iter().flatten() {
                for grant in of_policy(entry, policy, &subject) {
                    merge(grants, grant);
                }
            }
        }
    }

    /// The access entries that are this subject.
    #[must_use]
    pub fn entries(&self, subject: &Subject) -> &[String] {
        self.entries.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// All groups that the subject is known to be in.
    #[must_use]
    pub fn groups(&self, subject: &Subject) -> Vec<String> {
        let mut groups = subject.groups();
        for group in self.groups.get(subject).into_iter().flatten() {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        groups
    }

    /// Every subject that a binding names, or that is let in by an access entry.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.direct.keys()
    }

    /// The bindings that name it.
    #[must_use]
    pub fn bindings(&self, subject: &Subject) -> &[String] {
        self.bindings.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// All its sensitive rights, its own and those of its groups.
    #[must_use]
    pub fn grants(&self, subject: &Subject) -> Vec<Grant> {
        let mut all: Vec<Grant> = self.direct.get(subject).cloned().unwrap_or_default();
        for group in self.groups(subject) {
            all.extend(self.direct.get(&Subject::Group(group)).into_iter().flatten().cloned());
        }
        all.sort();
        all
    }
}

/// What an access policy of an entry gives: everywhere, or once for each namespace of its scope. A scope of `*` is everywhere too, but
/// for what belongs to no namespace.
fn of_policy(entry: &AccessEntry, policy: &AssociatedPolicy, subject: &Subject) -> Vec<Grant> {
    let scopes: Vec<Option<String>> = match &policy.namespaces {
        None => vec![None],
        Some(namespaces) => namespaces.iter().cloned().map(Some).collect(),
    };
    let rules = access_policies::rules(policy.name()).unwrap_or_default();
    let mut grants = Vec::new();
    for namespace in scopes {
        for (at, rule) in rules.iter().enumerate() {
            let given = rights(rule).filter(|right| namespace.is_none() || !OF_THE_CLUSTER.contains(right));
            grants.extend(given.map(|right| Grant {
                right: right.to_owned(),
                namespace: namespace.clone().filter(|pattern| pattern.is_empty() || pattern.bytes().any(|b| b != b'*')),
                names: None,
                via: subject.id(),
                binding: format!("{ENTRY}/{}", entry.principal),
                role: Role { kind: POLICY.to_owned(), name: policy.name().to_owned() },
                rule: at,
                more: 0,
            }));
        }
    }
    grants
}

impl Role {
    fn of(reference: &RoleRef) -> Self {
        Self { kind: reference.kind.clone(), name: reference.name.clone() }
    }
}

/// One entry for the same right in the same place; the first binding stands for all.
fn merge(grants: &mut Vec<Grant>, grant: Grant) {
    let same = |known: &&mut Grant| {
        known.right == grant.right && known.namespace == grant.namespace && known.names == grant.names
    };
    match grants.iter_mut().find(same) {
        Some(known) => known.more = known.more.saturating_add(1),
        None => grants.push(grant),
    }
}

/// The sensitive rights of one rule, each once.
fn rights(rule: &Rule) -> impl Iterator<Item = &'static str> {
    let mut found: Vec<&'static str> = SIGNS
        .iter()
        .filter(|sign| sign.verbs.iter().any(|verb| rule.covers(verb, sign.group, sign.resource, sign.subresource)))
        .map(|sign| sign.right)
        .collect();
    found.dedup();
    let every = |list: &[String]| list.iter().any(|one| one == "*");
    if every(&rule.verbs) && every(&rule.api_groups) && every(&rule.resources) {
        found.push("all-powerful");
    }
    found.into_iter()
}
