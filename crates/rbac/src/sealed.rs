//! What a bundle holds of one cluster, taken resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

use crate::access::{AccessEntry, Described};
use crate::resource::{ACCESS_ENTRY, BINDING, CLUSTER, ROLE, SERVICE_ACCOUNT};
use crate::rules::{Binding, Named, Rbac, RoleKey, RoleRef, Rule};

/// The RBAC of one cluster, as its resources say it.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    pub rbac: Rbac,
    /// `namespace/name` of every service account.
    pub accounts: BTreeSet<String>,
    pub entries: Vec<AccessEntry>,
    pub described: Option<Described>,
    /// `gitVersion` of the API server.
    pub version: Option<String>,
    /// Resources that could not be taken, by kind and id, with the reason: a part of them was not read, or is of another form.
    pub unread: BTreeMap<(String, String), String>,
    /// Those of them that say of themselves that they are another object: nobody can tell what they are.
    pub astray: BTreeSet<(String, String)>,
    /// Whether the cluster itself was taken: there is one.
    pub described_once: bool,
}

/// Why a resource cannot be taken.
enum Problem {
    Form(serde_json::Error),
    /// Another object, by its facts.
    Is(String),
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::Form(error)
    }
}

impl Problem {
    /// That an object is the one under whose id it is sealed.
    fn unless(id: &str, is: &str) -> Result<(), Self> {
        if id == is { Ok(()) } else { Err(Self::Is(is.to_owned())) }
    }
}

#[derive(Deserialize)]
struct RoleFacts {
    #[serde(deserialize_with = "or_null")]
    namespace: Option<String>,
    name: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct BindingFacts {
    #[serde(deserialize_with = "or_null")]
    namespace: Option<String>,
    name: String,
    role: RoleRef,
    subjects: Vec<Named>,
}

#[derive(Deserialize)]
struct AccountFacts {
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
struct ClusterFacts {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    eks: Option<Described>,
}

impl Sealed {
    /// The kinds that are taken.
    pub const KINDS: [&'static str; 5] = [CLUSTER, SERVICE_ACCOUNT, ROLE, BINDING, ACCESS_ENTRY];

    /// A resource; `facts` is its JSON object.
    pub fn take(&mut self, kind: &str, id: &str, facts: &str) {
        let key = || (kind.to_owned(), id.to_owned());
        match self.taken(kind, id, facts) {
            Ok(()) => {}
            Err(Problem::Form(problem)) => drop(self.unread.insert(key(), problem.to_string())),
            Err(Problem::Is(other)) => {
                self.unread.insert(key(), format!("its facts are those of {other}"));
                self.astray.insert(key());
            }
        }
    }

    fn taken(&mut self, kind: &str, id: &str, facts: &str) -> Result<(), Problem> {
        match kind {
            ROLE => {
                let RoleFacts { namespace, name, rules } = serde_json::from_str(facts)?;
                let key = (namespace, name);
                Problem::unless(id, &role_id(&key))?;
                self.rbac.roles.insert(key, rules);
            }
            BINDING => {
                let BindingFacts { namespace, name, role, subjects } = serde_json::from_str(facts)?;
                let binding = Binding { namespace, name, role, subjects };
                Problem::unless(id, &binding.id())?;
                self.rbac.bindings.push(binding);
            }
            SERVICE_ACCOUNT => {
                let AccountFacts { namespace, name } = serde_json::from_str(facts)?;
                let account = format!("{namespace}/{name}");
                Problem::unless(id, &account)?;
                self.accounts.insert(account);
            }
            CLUSTER => {
                let ClusterFacts { version, eks } = serde_json::from_str(facts)?;
                if self.described_once {
                    return Err(Problem::Is("a second cluster".to_owned()));
                }
                (self.version, self.described, self.described_once) = (version, eks, true);
            }
            ACCESS_ENTRY => {
                let entry: AccessEntry = serde_json::from_str(facts)?;
                Problem::unless(id, &entry.principal)?;
                self.entries.push(entry);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The id under which a role is sealed.
#[must_use]
pub fn role_id((namespace, name): &RoleKey) -> String {
    match namespace {
        Some(namespace) => format!("Role/{namespace}/{name}"),
        None => format!("ClusterRole/{name}"),
    }
}

/// A member that has to be there, and may be `null`.
fn or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_what_its_id_says() {
        let role = |name: &str, rules: &str| format!(r#"{{"namespace":"red","name":"{name}","rules":{rules}}}"#);
        let mut sealed = Sealed::default();
        sealed.take(ROLE, "Role/red/reader", &role("reader", r#"[{"verbs":["get"]}]"#));
        // Sealed after it, it would take all that the first one gives.
        sealed.take(ROLE, "Role/red/zzz", &role("reader", "[]"));
        let binding = r#"{"namespace":"red","name":"b","role":{"kind":"Role","name":"reader"},"subjects":[]}"#;
        sealed.take(BINDING, "RoleBinding/blue/b", binding);
        sealed.take(SERVICE_ACCOUNT, "red/app", r#"{"namespace":"blue","name":"app"}"#);
        sealed.take(ACCESS_ENTRY, "arn:a", r#"{"principal":"arn:b"}"#);
        sealed.take(CLUSTER, "1", r#"{"version":"v1.34.1"}"#);
        sealed.take(CLUSTER, "2", r#"{"version":"v1.20.0"}"#);
        assert_eq!(sealed.rbac.roles.len(), 1);
        assert!(sealed.rbac.roles.values().all(|rules| rules.len() == 1));
        assert!(sealed.rbac.bindings.is_empty() && sealed.accounts.is_empty() && sealed.entries.is_empty());
        assert_eq!(sealed.version.as_deref(), Some("v1.34.1"));
        let ids: Vec<&str> = sealed.astray.iter().map(|(_, id)| id.as_str()).collect();
        assert_eq!(ids, ["arn:a", "RoleBinding/blue/b", "2", "Role/red/zzz", "red/app"]);
        assert!(sealed.astray.iter().all(|key| sealed.unread.contains_key(key)));
    }
}
