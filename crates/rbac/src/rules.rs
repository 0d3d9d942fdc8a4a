//! What RBAC decides, and why: the API server's own rules for matching, over roles and bindings as it stored them.
//!
//! No input or output, no judgement. The rules of an aggregated ClusterRole are those that the server stored; its
//! selectors are never evaluated here, because the authorizer does not either.
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// One rule of a role: verbs on resources, or on paths that are no resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Rule {
    #[serde(deserialize_with = "list")]
    pub verbs: Vec<String>,
    #[serde(alias = "apiGroups", deserialize_with = "list")]
    pub api_groups: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub resources: Vec<String>,
    /// Empty: all names. A request without a name has the name "", which an empty string in this list matches.
    #[serde(alias = "resourceNames", deserialize_with = "list")]
    pub resource_names: Vec<String>,
    #[serde(alias = "nonResourceURLs", deserialize_with = "list")]
    pub non_resource_urls: Vec<String>,
}

/// The role a binding grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RoleRef {
    pub kind: String,
    pub name: String,
}

/// One subject of a binding, as it is written there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Named {
    pub kind: String,
    pub name: String,
    #[serde(default)]
    pub namespace: Option<String>,
}

/// A RoleBinding, or with no namespace a ClusterRoleBinding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    pub namespace: Option<String>,
    pub name: String,
    pub role: RoleRef,
    pub subjects: Vec<Named>,
}

/// Where a role stands: its namespace, or none for a ClusterRole, and its name.
pub type RoleKey = (Option<String>, String);

/// Roles and bindings of one cluster.
#[derive(Clone, Debug, Default)]
pub struct Rbac {
    pub roles: BTreeMap<RoleKey, Vec<Rule>>,
    pub bindings: Vec<Binding>,
}

/// Who asks: the name and all groups that authentication gave.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    pub user: &'a str,
    pub groups: &'a [String],
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Resource {
        verb: String,
        group: String,
        resource: String,
        /// Empty: the resource itself.
        subresource: String,
        /// Empty: no name in the request, as in lists and creations.
        name: String,
        /// Empty: a resource of the cluster, or of all namespaces.
        namespace: String,
    },
    Path {
        verb: String,
        path: String,
    },
}

/// The binding and rule that allow something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    pub binding: &'a Binding,
    pub rule: usize,
}

impl Rbac {
    /// The rules a binding grants; `None` where its role does not exist.
    #[must_use]
    pub fn rules(&self, binding: &Binding) -> Option<&[Rule]> {
        self.roles.get(&binding.role_key()).map(Vec::as_slice)
    }

    /// The first binding and rule that allow it; `None`: RBAC does not allow it.
    #[must_use]
    pub fn allows(&self, who: Who<'_>, asked: &Asked) -> Option<Reason<'_>> {
        self.bindings.iter().filter(|binding| binding.reaches(asked) && binding.names(who)).find_map(|binding| {
            let rule = self.rules(binding)?.iter().position(|rule| rule.allows(asked))?;
            Some(Reason { binding, rule })
        })
    }
}

impl Binding {
    /// The role it grants: one of its own namespace, or a ClusterRole.
    #[must_use]
    pub fn role_key(&self) -> RoleKey {
        let namespace = if self.role.kind == "Role" { self.namespace.clone() } else { None };
        (namespace, self.role.name.clone())
    }

    /// `ClusterRoleBinding/name` or `RoleBinding/namespace/name`.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("RoleBinding/{namespace}/{}", self.name),
            None => format!("ClusterRoleBinding/{}", self.name),
        }
    }

    /// Whether it reaches to where is asked about.
    pub(crate) fn reaches(&self, asked: &Asked) -> bool {
        match (&self.namespace, asked) {
            (None, _) => true,
            (Some(own), Asked::Resource { namespace, .. }) => own == namespace,
            (Some(_), Asked::Path { .. }) => false,
        }
    }

    fn names(&self, who: Who<'_>) -> bool {
        self.subjects.iter().any(|subject| self.means(subject, who))
    }

    /// Whether one of its subjects is who asks.
    pub(crate) fn means(&self, subject: &Named, who: Who<'_>) -> bool {
        match subject.kind.as_str() {
            "User" => subject.name == who.user,
            "Group" => who.groups.contains(&subject.name),
            "ServiceAccount" => match self.namespace_of(subject) {
                Some(namespace) => {
                    who.user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
                        == Some((namespace, subject.name.as_str()))
                }
                None => false,
            },
            _ => false,
        }
    }

    /// The namespace of a service account named here; where it names none, that of the binding.
    #[must_use]
    pub fn namespace_of<'a>(&'a self, subject: &'a Named) -> Option<&'a str> {
        subject.namespace.as_deref().filter(|namespace| !namespace.is_empty()).or(self.namespace.as_deref())
    }
}

impl Rule {
    /// Whether this rule allows it, wherever the binding reaches.
    #[must_use]
    pub fn allows(&self, asked: &Asked) -> bool {
        match asked {
            Asked::Resource { verb, group, resource, subresource, name, .. } => {
                self.covers(verb, group, resource, subresource)
                    && (self.resource_names.is_empty() || self.resource_names.contains(name))
            }
            Asked::Path { verb, path } => {
                any(&self.verbs, verb) && self.non_resource_urls.iter().any(|url| url_matches(url, path))
            }
        }
    }

    /// Whether it allows the verb on some name of the resource.
    #[must_use]
    pub fn covers(&self, verb: &str, group: &str, resource: &str, subresource: &str) -> bool {
        any(&self.verbs, verb)
            && any(&self.api_groups, group)
            && self.resources.iter().any(|known| resource_matches(known, resource, subresource))
    }
}

fn any(list: &[String], wanted: &str) -> bool {
    list.iter().any(|one| one == "*" || one == wanted)
}

/// `*` is every resource and subresource, `*/scale` that subresource of every resource; `pods/*` is nothing.
pub(crate) fn resource_matches(known: &str, resource: &str, subresource: &str) -> bool {
    if known == "*" {
        return true;
    }
    if subresource.is_empty() {
        return known == resource;
    }
    known.strip_prefix("*/") == Some(subresource)
        || known.strip_prefix(resource).and_then(|rest| rest.strip_prefix('/')) == Some(subresource)
}

/// A `*` at the end stands for any rest; anywhere else for itself.
fn url_matches(known: &str, path: &str) -> bool {
    known == "*" || known == path || (known.ends_with('*') && path.starts_with(known.trim_end_matches('*')))
}

/// The API server writes an empty list as `null`.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::<Vec<String>>::deserialize(deserializer)?.unwrap_or_default())
}
